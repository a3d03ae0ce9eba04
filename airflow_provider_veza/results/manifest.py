"""What a landed result is, as the JSON beside its parts says it; pure data.

It is written in :mod:`.landing` and read in :mod:`.reading`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, get_type_hints

import msgspec

from airflow_provider_veza.async_query.deadline import utc_from_iso
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.layout import ColumnType
from airflow_provider_veza.exceptions import ManifestError
from airflow_provider_veza.results.part_names import PART_NAME, number_of
from airflow_provider_veza.results.table_options import NO_OPTIONS, TableOptions

MANIFEST_NAME = "_manifest.json"
"""Engines that read a whole folder leave out names that begin so."""
OLD_MANIFEST_NAME = "manifest.json"
"""Until this name was found to be read as rows; folders that have it are read all the same."""
SCHEMA_VERSION = 1


def manifest_place(folder: object) -> str:
    """Return where the manifest of a landed folder is.

    >>> manifest_place("s3://lake/access")
    's3://lake/access/_manifest.json'
    """
    return f"{folder}/{MANIFEST_NAME}"


PartName = Annotated[str, msgspec.Meta(pattern=rf"\A{PART_NAME}\Z")]
Count = Annotated[int, msgspec.Meta(ge=0)]
Sha256 = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]


@dataclass(frozen=True)
class Column:
    """A column of a landed table.

    :param field: its name by the rule of columns, such as ``properties.name``, where a task has chosen another; else empty.
    """

    name: str
    type: ColumnType
    field: str = ""

    @property
    def dotted_name(self) -> str:
        """Its name by the rule of columns."""
        return self.field or self.name

    def to_json(self) -> dict[str, str]:
        """Return the column as plain JSON types."""
        return {"name": self.name, "type": self.type.value} | ({"field": self.field} if self.field else {})


Columns = tuple[Column, ...]


@dataclass(frozen=True)
class Part:
    """One file of a landed result.

    :param name: in the folder of the manifest.
    :param bytes: size of the file.
    :param sha256: of the file, in hexadecimal.
    """

    name: PartName
    rows: Count
    bytes: Count
    sha256: Sha256

    def to_json(self) -> dict[str, Any]:
        """Return the part as plain JSON types."""
        return {"name": self.name, "rows": self.rows, "bytes": self.bytes, "sha256": self.sha256}


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
    :param marks: of all attempts that wrote files of this landing, see :mod:`.part_names`.
    :param options: what else was chosen of the table.
    :param run_at: when the run that landed it was due (UTC), by which results are in order whatever a clock did; None where
        no run did.
    """

    handle: QueryHandle
    format: str
    compression: str | None
    select: tuple[str, ...] | None
    columns: Columns
    parts: tuple[Part, ...]
    started_at: datetime
    finished_at: datetime
    pages: Count
    retries: Count = 0
    resumed: Count = 0
    row_count: Count | None = None
    partial: bool = False
    warnings: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    options: TableOptions = NO_OPTIONS
    run_at: datetime | None = None
    schema_version: int = SCHEMA_VERSION

    @property
    def rows(self) -> int:
        """Rows of all parts."""
        return sum(part.rows for part in self.parts)

    @property
    def bytes(self) -> int:
        """Size of all parts."""
        return sum(part.bytes for part in self.parts)

    @property
    def when(self) -> tuple[datetime, datetime]:
        """Its place among the results of one query: by its run, and where it knows none, by the clock of its worker."""
        return self.run_at or self.finished_at, self.finished_at

    def is_earlier_than(self, other: Manifest) -> bool:
        """Whether it is of an earlier run; where a run is not known, or both are of one, whether it was finished earlier."""
        if self.run_at is not None and other.run_at is not None:
            return self.when < other.when
        return self.finished_at < other.finished_at

    def summary(self, folder: str) -> dict[str, Any]:
        """Return what XCom gets: how much there is, and where all else is said."""
        return {
            "manifest": manifest_place(folder),
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
            "columns": [column.to_json() for column in self.columns],
            "options": self.options.to_json(),
            "parts": [part.to_json() for part in self.parts],
            "rows": self.rows,
            "bytes": self.bytes,
            "started_at": self.started_at.isoformat(),
            "finished_at": self.finished_at.isoformat(),
            "run_at": None if self.run_at is None else self.run_at.isoformat(),
            "pages": self.pages,
            "retries": self.retries,
            "resumed": self.resumed,
            "row_count": self.row_count,
            "partial": self.partial,
            "warnings": list(self.warnings),
            "marks": list(self.marks),
        }

    @classmethod
    def from_json(cls, data: Any, place: str) -> Manifest:
        """Read a manifest; unknown keys are ignored.

        :param place: where it was read, for the message.
        :raises ManifestError: when it is none, or its totals are not those of its parts.
        """
        try:
            _require_known_version(data["schema_version"])
            manifest = cls._read(data)
            totals = {
                total: (msgspec.convert(data[total], Count), getattr(manifest, total)) for total in ("rows", "bytes")
            }
            numbers = [number_of(part.name) for part in manifest.parts]
        except Exception as e:
            raise ManifestError(
                f"The manifest cannot be read ({type(e).__name__}: {e}): it was edited or damaged, or is of a later version of "
                "airflow-provider-veza. Land the result again, or read it with that version.",
                about=place,
            ) from e
        _require_adding_up(place, totals, numbers)
        return manifest

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Manifest:
        values: dict[str, Any] = {
            name: msgspec.convert(data[name], kind)
            for name, kind in _field_types().items()
            if name in data or name not in _ADDED_LATER
        }
        values |= {name: utc_from_iso(data[name]) for name in ("started_at", "finished_at")}
        values["run_at"] = None if data.get("run_at") is None else utc_from_iso(data["run_at"])
        return cls(handle=QueryHandle.from_json(data["handle"]), **values)


_ADDED_LATER = frozenset({"marks", "options"})
_READ_APART = frozenset({"handle", "started_at", "finished_at", "run_at"})


def _field_types() -> dict[str, Any]:
    """Return the types of all fields that JSON has as they are."""
    hints = get_type_hints(Manifest, include_extras=True)
    return {name: kind for name, kind in hints.items() if name not in _READ_APART}


def _require_known_version(version: Any) -> None:
    if version != SCHEMA_VERSION or isinstance(version, bool):
        raise ValueError(f"schema_version {version!r} is not {SCHEMA_VERSION}")


def _require_adding_up(place: str, totals: Mapping[str, tuple[int, int]], numbers: Sequence[int]) -> None:
    for total, (said, of_parts) in totals.items():
        if said != of_parts:
            raise ManifestError(
                f"The manifest says {said} {total}, but its parts have {of_parts}: it was edited or damaged. Land the result "
                "again.",
                about=place,
            )
    if numbers != list(range(len(numbers))):
        raise ManifestError(
            "The manifest has its parts in another order than they were landed, or not all of them, or one twice (numbers "
            f"{_shortened(numbers)}): it was edited or damaged. Land the result again.",
            about=place,
        )


def _shortened(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:20]))
    return f"{shown}, ..." if len(numbers) > 20 else shown
