"""How far a landing has come, and what a later attempt makes of that; pure data and the one decision about it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Annotated, Any

import msgspec

from airflow_provider_veza.async_query.deadline import utc_from_iso
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.vocabulary import MOST_WARNINGS, Page
from airflow_provider_veza.results.manifest import Columns, Count, Manifest, Part
from airflow_provider_veza.results.own_files import FileKind
from airflow_provider_veza.results.part_names import MARK, number_of
from airflow_provider_veza.results.table_options import NO_OPTIONS, TableOptions

CHECKPOINT_NAME = "_checkpoint.json"
CHECKPOINT_FILE = FileKind(CHECKPOINT_NAME, "v", "session")
CHECKPOINT_VERSION = 1

_Mark = Annotated[str, msgspec.Meta(pattern=rf"\A{MARK}\Z")]


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
    options: TableOptions = NO_OPTIONS

    @classmethod
    def of(
        cls,
        handle: QueryHandle,
        format_name: str,
        compression: str | None,
        select: Sequence[str] | None,
        options: TableOptions = NO_OPTIONS,
    ) -> LandingKey:
        """Return the key of a query's landing."""
        chosen = None if select is None else tuple(select)
        return cls(handle.service, handle.tenant, handle.id, format_name, compression, chosen, options)


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
    pages: Count = 0
    rows: Count = 0
    retries: Count = 0
    row_count: Count | None = None
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
    :param marks: of all attempts whose files may lie in the folder, this one's included, see :mod:`.part_names`.
    """

    key: LandingKey
    session: str
    started_at: datetime
    parts: tuple[LandedPart, ...] = ()
    columns: Columns = ()
    progress: Progress = Progress()
    resumed: int = 0
    marks: tuple[str, ...] = ()

    @property
    def own_parts(self) -> tuple[Part, ...]:
        """The parts, without their columns."""
        return tuple(landed.part for landed in self.parts)

    def taken_over(self, by: Checkpoint) -> Checkpoint:
        """Return it as the next attempt goes on with it."""
        return replace(self, session=by.session, resumed=self.resumed + 1, marks=by.marks)

    def with_marks(self, marks: Iterable[str]) -> Checkpoint:
        """Return it with the marks of earlier attempts too."""
        return replace(self, marks=tuple(dict.fromkeys((*marks, *self.marks))))

    def to_json(self) -> dict[str, Any]:
        """Return the checkpoint as plain JSON types; columns that parts share are written once."""
        schemas, numbers = _numbered([*(landed.columns for landed in self.parts), self.columns])
        return {
            "v": CHECKPOINT_VERSION,
            "key": asdict(self.key),
            "session": self.session,
            "started_at": self.started_at.isoformat(),
            "schemas": [[column.to_json() for column in columns] for columns in schemas],
            "columns": numbers[-1],
            "parts": [
                landed.part.to_json() | {"columns": number} for landed, number in zip(self.parts, numbers, strict=False)
            ],
            "progress": asdict(self.progress),
            "resumed": self.resumed,
            "marks": list(self.marks),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Checkpoint | None:
        """Read a checkpoint, or None where this version cannot go on with it: then the landing starts over."""
        try:
            checkpoint = cls._read(data) if data["v"] == CHECKPOINT_VERSION else None
        except Exception:
            return None
        return checkpoint if checkpoint is not None and checkpoint.adds_up() else None

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Checkpoint:
        file = msgspec.convert(data, _CheckpointFile)
        return cls(
            key=file.key,
            session=file.session,
            started_at=utc_from_iso(file.started_at),
            parts=tuple(
                LandedPart(part.part, file.schemas[part.columns]) for part in map(_PartOfFile.of, data["parts"])
            ),
            columns=file.schemas[file.columns],
            progress=file.progress,
            resumed=file.resumed,
            marks=file.marks,
        )

    def adds_up(self) -> bool:
        """Whether its parts, rows and pages can be those of one landing in order."""
        done = self.progress
        return (
            [number_of(part.name) for part in self.own_parts] == list(range(len(self.parts)))
            and sum(part.rows for part in self.own_parts) == done.rows
            and all(landed.columns == () or _begins_with(self.columns, landed.columns) for landed in self.parts)
            and done.all_read == (done.pages > 0 and done.next_page_token is None)
            and (done.pages > 0 or (done.rows == 0 and done.next_page_token is None))
        )


def _numbered(columns: Sequence[Columns]) -> tuple[list[Columns], list[int]]:
    """Return the different ones, and the number of each.

    They are told apart by identity: parts share the tuple as long as no column changes, and to compare thousands of columns of
    each part with those of each other at each save would cost more than the rows.
    """
    places: dict[int, int] = {}
    different: list[Columns] = []
    for one in columns:
        if id(one) not in places:
            places[id(one)] = len(different)
            different.append(one)
    return different, [places[id(one)] for one in columns]


def _begins_with(columns: Columns, earlier: Columns) -> bool:
    return [column.name for column in columns[: len(earlier)]] == [column.name for column in earlier]


@dataclass(frozen=True)
class _CheckpointFile:
    """A checkpoint as its file has it; ``parts`` and ``columns`` name their schemas by number."""

    key: LandingKey
    session: str
    started_at: str
    schemas: tuple[Columns, ...]
    columns: Count
    progress: Progress
    resumed: Count
    marks: tuple[_Mark, ...] = ()


@dataclass(frozen=True)
class _PartOfFile:
    part: Part
    columns: Count

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> _PartOfFile:
        return cls(msgspec.convert(data, Part), msgspec.convert(data["columns"], Count))


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
    key: LandingKey, manifest: Manifest | None, checkpoint: Checkpoint | None, intact: Collection[Part]
) -> AlreadyLanded | GoOn | StartOver:
    """Decide what an attempt does with what it finds in its folder; a part that is missing or changed counts as not landed.

    :param intact: those parts that are in the folder as manifest and checkpoint describe them.
    """
    if manifest is not None and key_of(manifest) == key and set(manifest.parts) <= set(intact):
        return AlreadyLanded(manifest)
    if checkpoint is not None and checkpoint.key == key and set(checkpoint.own_parts) <= set(intact):
        return GoOn(checkpoint)
    return StartOver()


def key_of(manifest: Manifest) -> LandingKey:
    """Return the key of what was landed."""
    return LandingKey.of(manifest.handle, manifest.format, manifest.compression, manifest.select, manifest.options)


def progress_of(manifest: Manifest) -> Progress:
    """Return how far the pages had come when a result was landed: all were read."""
    return Progress(
        all_read=True,
        pages=manifest.pages,
        rows=manifest.rows,
        retries=manifest.retries,
        row_count=manifest.row_count,
        partial=manifest.partial,
        warnings=manifest.warnings,
    )
