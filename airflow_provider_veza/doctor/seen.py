"""What an examination saw, part by part, as plain records.

What it means is judged in the modules `judge_*`, by the table in :mod:`.assumptions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from airflow_provider_veza.async_query.vocabulary import Page, Phase, Snapshot, Submitted
from airflow_provider_veza.doctor.examination_steps import Asked
from airflow_provider_veza.doctor.words import Words
from airflow_provider_veza.exceptions import MalformedResponseError
from airflow_provider_veza.services.veza_nodes import VezaNodesService


@dataclass(frozen=True)
class Stopped:
    """Why nothing could be examined."""

    reason: Words


@dataclass(frozen=True)
class Choice:
    """One node type that was tried by the synchronous twin, one row at most."""

    node_type: str
    asked: Asked


@dataclass(frozen=True)
class Life:
    """One query from its submit on, as its looks showed it."""

    submitted: Asked
    looks: tuple[Asked, ...] = ()

    @property
    def ids(self) -> Submitted | None:
        """What the submit named; None where it failed."""
        return self.submitted.value if isinstance(self.submitted.value, Submitted) else None

    @property
    def snapshots(self) -> tuple[Snapshot, ...]:
        """The looks that could be read."""
        return tuple(look.value for look in self.looks if isinstance(look.value, Snapshot))

    @property
    def phase(self) -> Phase | None:
        """Where the query stood when it was seen last."""
        return self.snapshots[-1].phase if self.snapshots else None

    def seconds(self, look: Asked) -> float:
        """How long after the submit a look was answered."""
        return look.at - self.submitted.at


@dataclass(frozen=True)
class LookForm:
    """One path and method that was tried for looks."""

    service: VezaNodesService
    looks: tuple[Asked, ...]

    @property
    def shows_the_query(self) -> bool:
        """Whether the query was seen there."""
        last = self.looks[-1].value
        return isinstance(last, Snapshot) and last.phase is not Phase.GONE


@dataclass(frozen=True)
class Walk:
    """All pages of a result, as far as they were read.

    :param complete: whether the last page was reached.
    :param repeated: whether a page led back to an earlier one.
    """

    pages: tuple[Asked, ...]
    complete: bool = False
    repeated: bool = False

    @property
    def rows(self) -> int:
        """How many rows came."""
        return sum(map(number_of_rows, self.pages))


@dataclass(frozen=True)
class PagesSeen:
    """Pages of one result in several sizes.

    :param second: the next page after ``one`` that has rows; None where there is none.
    :param second_otherwise: the same by the other method, asked only where ``second`` repeats ``one``.
    :param over: asked with one row more than the documented maximum.
    :param whole: read with the first page size that was not refused.
    :param refused: the first page in each size that was refused, the connection's own first.
    """

    one: Asked
    second: Asked | None
    second_otherwise: Asked | None
    two: Asked
    over: Asked
    whole: Walk
    refused: tuple[Asked, ...] = ()

    @property
    def size(self) -> int:
        """The page size that the whole result was read with."""
        return page_size_of(self.whole.pages[0])

    @property
    def all_asked(self) -> tuple[Asked, ...]:
        """Every page."""
        asked = (self.one, self.second, self.second_otherwise, self.two, self.over, *self.refused, *self.whole.pages)
        return tuple(page for page in asked if page is not None)


@dataclass(frozen=True)
class CacheSeen:
    """What the cache did after a query had ended.

    :param again: the same spec where a cached result will do.
    :param attached: an attachment to the result of the query before, and a page of it.
    :param lost: an attachment to a cache id that was never issued.
    """

    again: Life
    attached: Life | None
    attached_page: Asked | None
    lost: Asked


@dataclass(frozen=True)
class CancelSeen:
    """Two queries of one spec, of which the first was cancelled.

    :param cancel: the answer to the cancel; None where no query could be submitted.
    :param before: looks at the other query before the cancel; its own life tells what came after it.
    :param just_before: the last look at the first one before the cancel.
    """

    cancelled: Life
    cancel: Asked | None
    other: Life
    before: tuple[Asked, ...] = ()
    just_before: Asked | None = None


@dataclass(frozen=True)
class LostSeen:
    """What the tenant says of ids that were never issued, and of a request that says nothing."""

    query: Asked
    task: Asked
    empty_request: Asked


@dataclass(frozen=True)
class TaskSeen:
    """A query of the result family.

    :param asked_for_nodes: whether its spec had ``include_nodes``.
    :param page: its result, as the service reads it.
    """

    life: Life
    asked_for_nodes: bool
    page: Asked | None = None


@dataclass(frozen=True)
class SavedSeen:
    """Saved queries: the list, and a run of one of them.

    :param runs: the paths that were tried for the asynchronous run, and what came.
    :param looks: at that run, by the nodes family.
    """

    listed: Asked
    runs: tuple[tuple[str, Asked], ...] = ()
    looks: tuple[Asked, ...] = ()


@dataclass(frozen=True)
class Seen:
    """Everything that was seen; None where an earlier part left nothing to look at.

    :param forms: paths and methods of looks, the connection's own first; the last is the one that was used.
    """

    listed: Asked
    health: Asked
    choices: tuple[Choice, ...]
    sync_result: Asked
    first: Life
    forms: tuple[LookForm, ...]
    lost: LostSeen
    task: TaskSeen
    saved: SavedSeen
    pages: PagesSeen | None = None
    cache: CacheSeen | None = None
    cancel: CancelSeen | None = None

    @property
    def node_type(self) -> str:
        """The node type that was asked for."""
        return chosen(self.choices)


def chosen(choices: Sequence[Choice]) -> str:
    """Return the node type that had rows; the first one where none had."""
    return next((choice.node_type for choice in choices if rows_of(choice.asked)), choices[0].node_type)


def rows_of(asked: Asked | None) -> list[Any]:
    """Return the rows of a page; none where the page, or one of them, could not be read."""
    try:
        return list(asked.value.rows) if asked is not None and isinstance(asked.value, Page) else []
    except MalformedResponseError:
        return []


def number_of_rows(asked: Asked | None) -> int:
    """Return how many rows a page has, whether they can be read or not."""
    return len(asked.value.rows) if asked is not None and isinstance(asked.value, Page) else 0


def is_refused(asked: Asked) -> bool:
    """Whether the request was answered as a wrong one."""
    return asked.status is not None and 400 <= asked.status < 500


def page_size_of(asked: Asked) -> int:
    """Return how many rows a page was asked to have at most."""
    return int({**asked.request.params, **(asked.request.body or {})}["page_size"])


def row_name(pages: PagesSeen | None) -> str:
    """Return the name of a row that came; empty where none has one."""
    for row in rows_of(pages.one if pages else None):
        properties = row.get("properties")
        name = properties.get("name") if isinstance(properties, dict) else None
        if isinstance(name, str):
            return name
    return ""
