"""What a landed result is, as the JSON beside its parts says it; pure data.

It is written in :mod:`.landing` and read in :mod:`.reading`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from airflow_provider_veza.async_query.deadline import utc_from_iso
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.layout import ColumnType
from airflow_provider_veza.exceptions import ManifestError

MANIFEST_NAME = "manifest.json"
SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Column:
    """A column of a landed table."""

    name: str
    type: ColumnType


Columns = tuple[Column, ...]


@dataclass(frozen=True)
class Part:
    """One file of a landed result.

    :param name: in the folder of the manifest.
    :param bytes: size of the file.
    :param sha256: of the file, in hexadecimal.
    """

    name: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """One landed result: which query, which parts, how much. Written last, so that where it is, all of it is.

    :param format: one of :data:`~.formats.known_formats.FORMATS`.
    :param compression: ``gzip``, ``zstd`` or None.
    :param select: names of the columns that were asked for; None for all.
    :param columns: of a table; empty for ``jsonl``, whose rows are as the service sent them.
    :param started_at: when the first page was asked for (UTC), in the first attempt.
    :param pages: read from the service, for all parts.
    :param retries: requests for pages that had to be sent again.
    :param resumed: how often an attempt went on with the parts of the one before.
    :param row_count: as the service counted; None where it does not say.
    :param partial: the service says that these rows are not all.
    """

    handle: QueryHandle
    format: str
    compression: str | None
    select: tuple[str, ...] | None
    columns: Columns
    parts: tuple[Part, ...]
    started_at: datetime
    finished_at: datetime
    pages: int
    retries: int = 0
    resumed: int = 0
    row_count: int | None = None
    partial: bool = False
    warnings: tuple[str, ...] = ()
    schema_version: int = SCHEMA_VERSION

    @property
    def rows(self) -> int:
        """Rows of all parts."""
        return sum(part.rows for part in self.parts)

    @property
    def bytes(self) -> int:
        """Size of all parts."""
        return sum(part.bytes for part in self.parts)

    def summary(self, folder: str) -> dict[str, Any]:
        """Return what XCom gets: how much there is, and where all else is said."""
        return {
            "manifest": f"{folder}/{MANIFEST_NAME}",
            "query_id": self.handle.id,
            "format": self.format,
            "rows": self.rows,
            "bytes": self.bytes,
            "parts": len(self.parts),
            "partial": self.partial,
            "finished_at": self.finished_at.isoformat(),
        }

    def to_json(self) -> dict[str, Any]:
        """Return the manifest as plain JSON types."""
        return {
            "schema_version": self.schema_version,
            "handle": self.handle.to_json(),
            "fingerprint": self.handle.fingerprint,
            "tenant": self.handle.tenant,
            "conn_id": self.handle.conn_id,
            "cache_id": self.handle.cache_id,
            "format": self.format,
            "compression": self.compression,
            "select": None if self.select is None else list(self.select),
            "columns": [asdict(column) for column in self.columns],
            "parts": [asdict(part) for part in self.parts],
            "rows": self.rows,
            "bytes": self.bytes,
            "started_at": self.started_at.isoformat(),
            "finished_at": self.finished_at.isoformat(),
            "pages": self.pages,
            "retries": self.retries,
            "resumed": self.resumed,
            "row_count": self.row_count,
            "partial": self.partial,
            "warnings": list(self.warnings),
        }

    @classmethod
    def from_json(cls, data: Any, place: str) -> Manifest:
        """Read a manifest; unknown keys are ignored.

        :param place: where it was read, for the message.
        :raises ManifestError: when it is none, or its totals are not those of its parts.
        """
        try:
            manifest = cls._read(data)
        except Exception as e:
            raise ManifestError(
                f"The file is no manifest of a landed result ({type(e).__name__}: {e}).", about=place
            ) from e
        for total in ("rows", "bytes"):
            if data[total] != getattr(manifest, total):
                raise ManifestError(
                    f"The manifest says {data[total]} {total}, but its parts have {getattr(manifest, total)}: it was edited or "
                    "damaged. Land the result again.",
                    about=place,
                )
        return manifest

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Manifest:
        if data["schema_version"] != SCHEMA_VERSION:
            raise ValueError(f"schema_version {data['schema_version']} is not {SCHEMA_VERSION}")
        return cls(
            handle=QueryHandle.from_json(data["handle"]),
            format=data["format"],
            compression=data["compression"],
            select=None if data["select"] is None else tuple(data["select"]),
            columns=columns_from_json(data["columns"]),
            parts=parts_from_json(data["parts"]),
            started_at=utc_from_iso(data["started_at"]),
            finished_at=utc_from_iso(data["finished_at"]),
            pages=data["pages"],
            retries=data["retries"],
            resumed=data["resumed"],
            row_count=data["row_count"],
            partial=data["partial"],
            warnings=tuple(data["warnings"]),
        )


def columns_from_json(data: list[Mapping[str, Any]]) -> Columns:
    """Read columns."""
    return tuple(Column(column["name"], ColumnType(column["type"])) for column in data)


def parts_from_json(data: list[Mapping[str, Any]]) -> tuple[Part, ...]:
    """Read parts; unknown keys are ignored."""
    return tuple(Part(**{f.name: part[f.name] for f in fields(Part)}) for part in data)
