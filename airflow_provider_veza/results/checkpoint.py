"""How far a landing has come, and what a later attempt makes of that; pure data and the one decision about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from airflow_provider_veza.async_query.deadline import utc_from_iso
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.vocabulary import MOST_WARNINGS, Page
from airflow_provider_veza.results.manifest import Columns, Manifest, Part, columns_from_json, parts_from_json

CHECKPOINT_NAME = "_checkpoint.json"
CHECKPOINT_VERSION = 1


@dataclass(frozen=True)
class LandingKey:
    """What is landed, and as what: two attempts of one key may share parts, all others may not.

    :param select: names of the columns that were asked for; None for all.
    """

    service: str
    tenant: str
    query_id: str
    format: str
    compression: str | None
    select: tuple[str, ...] | None

    @classmethod
    def of(
        cls, handle: QueryHandle, format_name: str, compression: str | None, select: Sequence[str] | None
    ) -> LandingKey:
        """Return the key of a query's landing."""
        chosen = None if select is None else tuple(select)
        return cls(handle.service, handle.tenant, handle.id, format_name, compression, chosen)


@dataclass(frozen=True)
class LandedPart:
    """A durable part, and the columns that it was written with."""

    part: Part
    columns: Columns


@dataclass(frozen=True)
class Progress:
    """How far the pages of a result have come.

    :param next_page_token: where the next page starts; None before the first page.
    :param all_read: no page is left.
    :param retries: requests for pages that had to be sent again.
    :param row_count: as the service counts them; None where it does not say.
    """

    next_page_token: str | None = None
    all_read: bool = False
    pages: int = 0
    rows: int = 0
    retries: int = 0
    row_count: int | None = None
    partial: bool = False
    warnings: tuple[str, ...] = ()

    def plus(self, page: Page, rows: int) -> Progress:
        """Return the progress after one more page."""
        return replace(
            self,
            next_page_token=page.next_page_token,
            all_read=page.next_page_token is None,
            pages=self.pages + 1,
            rows=self.rows + rows,
            row_count=self.row_count if page.total is None else page.total,
            partial=self.partial or page.partial,
            warnings=tuple(dict.fromkeys((*self.warnings, *page.warnings)))[:MOST_WARNINGS],
        )


@dataclass(frozen=True)
class Checkpoint:
    """What of a result is durable. It replaces its predecessor after each part.

    :param session: the attempt that lands here now; another one that finds its own name gone has lost the folder.
    :param columns: as far as they are known; those of the parts are these or narrower.
    :param resumed: how often an attempt went on where another had stopped.
    """

    key: LandingKey
    session: str
    started_at: datetime
    parts: tuple[LandedPart, ...] = ()
    columns: Columns = ()
    progress: Progress = Progress()
    resumed: int = 0

    @property
    def own_parts(self) -> tuple[Part, ...]:
        """The parts, without their columns."""
        return tuple(landed.part for landed in self.parts)

    def taken_over(self, session: str) -> Checkpoint:
        """Return it as the next attempt goes on with it."""
        return replace(self, session=session, resumed=self.resumed + 1)

    def to_json(self) -> dict[str, Any]:
        """Return the checkpoint as plain JSON types; columns that parts share are written once."""
        schemas = list(dict.fromkeys([*(landed.columns for landed in self.parts), self.columns]))
        return {
            "v": CHECKPOINT_VERSION,
            "key": asdict(self.key),
            "session": self.session,
            "started_at": self.started_at.isoformat(),
            "schemas": [[asdict(column) for column in columns] for columns in schemas],
            "columns": schemas.index(self.columns),
            "parts": [asdict(landed.part) | {"columns": schemas.index(landed.columns)} for landed in self.parts],
            "progress": asdict(self.progress),
            "resumed": self.resumed,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Checkpoint | None:
        """Read a checkpoint, or None where this version cannot go on with it: then the landing starts over."""
        try:
            return cls._read(data) if data["v"] == CHECKPOINT_VERSION else None
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            return None

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Checkpoint:
        schemas = [columns_from_json(columns) for columns in data["schemas"]]
        select = data["key"]["select"]
        parts = zip(parts_from_json(data["parts"]), data["parts"], strict=True)
        return cls(
            key=LandingKey(**(data["key"] | {"select": None if select is None else tuple(select)})),
            session=data["session"],
            started_at=utc_from_iso(data["started_at"]),
            parts=tuple(LandedPart(part, schemas[plain["columns"]]) for part, plain in parts),
            columns=schemas[data["columns"]],
            progress=Progress(**(data["progress"] | {"warnings": tuple(data["progress"]["warnings"])})),
            resumed=data["resumed"],
        )


@dataclass(frozen=True)
class AlreadyLanded:
    """The folder holds this very result; nothing is to be done."""

    manifest: Manifest


@dataclass(frozen=True)
class GoOn:
    """An attempt before landed some parts of this very result."""

    checkpoint: Checkpoint


@dataclass(frozen=True)
class StartOver:
    """Nothing here is of this result."""


def first_step(
    key: LandingKey, manifest: Manifest | None, checkpoint: Checkpoint | None, present: Mapping[str, int | None]
) -> AlreadyLanded | GoOn | StartOver:
    """Decide what an attempt does with what it finds in its folder; a part that is missing or cut counts as not landed.

    :param present: the size of each part that manifest and checkpoint name; None for an absent one.
    """
    if manifest is not None and _key_of(manifest) == key and _all_there(manifest.parts, present):
        return AlreadyLanded(manifest)
    if checkpoint is not None and checkpoint.key == key and _all_there(checkpoint.own_parts, present):
        return GoOn(checkpoint)
    return StartOver()


def _key_of(manifest: Manifest) -> LandingKey:
    return LandingKey.of(manifest.handle, manifest.format, manifest.compression, manifest.select)


def _all_there(parts: Iterable[Part], present: Mapping[str, int | None]) -> bool:
    return all(present.get(part.name) == part.bytes for part in parts)
