"""The words every service and every waiter share: phase, snapshot, page, traits; only data, no decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from airflow_provider_veza.async_query.layout import ColumnType
from airflow_provider_veza.async_query.rows import Row
from airflow_provider_veza.shown import one_line, shortened

LONGEST_STATE = 200
LONGEST_WORDS = 1_000
"""Bytes of UTF-8 of what a service says that anybody is shown."""
MOST_WARNINGS = 20


def bounded_warnings(warnings: Sequence[str]) -> tuple[str, ...]:
    """Return the first of a service's warnings, each in one line and shortened."""
    return tuple(shortened(one_line(text), LONGEST_WORDS) for text in warnings[:MOST_WARNINGS])


class Phase(StrEnum):
    """Where a query stands, whatever its service calls it."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    GONE = "GONE"

    @property
    def is_terminal(self) -> bool:
        """Whether no later look can show another phase."""
        return self is not Phase.RUNNING


@dataclass(frozen=True)
class Page:
    """One page of a result, or the whole of a count.

    :param rows: as the service sent them; :class:`~.rows.JsonRows` where they come in pages.
    :param next_page_token: where the next page starts; None on the last page, whatever token the service sent there.
    :param count: set where the answer is a number and not rows.
    :param total: rows of the whole result, where the service counts them.
    :param partial: the rows are known not to be all of the result.
    :param warnings: what the log should say once.
    :param types: of columns, where the answer itself declares them.
    """

    rows: Sequence[Row] = ()
    next_page_token: str | None = None
    count: int | None = None
    total: int | None = None
    partial: bool = False
    warnings: tuple[str, ...] = ()
    types: Mapping[str, ColumnType] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Keep no more of a service's words than people read."""
        if self.warnings:
            object.__setattr__(self, "warnings", bounded_warnings(self.warnings))


@dataclass(frozen=True)
class Snapshot:
    """What one look at a query showed, in texts of one line. The outcome of a query is always a snapshot, never an exception.

    :param state: the service's own name of the state, for the log.
    :param rows: rows so far or in total, where the service counts them.
    :param partial: the rows are known not to be all of the result.
    :param error: why it failed, in the service's words; empty otherwise.
    :param warnings: what the log should say once.
    :param page: the first page, where it came with the look.
    :param told: how far a running query has come, where the service tells more than its state and rows; a text each, for people.
    :param settles_at: until when what is shown as a success may be an older result, so that the query counts as running (UTC).
    """

    phase: Phase
    state: str
    rows: int | None = None
    partial: bool = False
    error: str = ""
    warnings: tuple[str, ...] = ()
    page: Page | None = None
    told: tuple[str, ...] = ()
    settles_at: datetime | None = None

    def __post_init__(self) -> None:
        """Keep no more of a service's words than people read."""
        object.__setattr__(self, "state", shortened(one_line(self.state), LONGEST_STATE))
        if self.error:
            object.__setattr__(self, "error", shortened(one_line(self.error), LONGEST_WORDS))
        if self.warnings:
            object.__setattr__(self, "warnings", bounded_warnings(self.warnings))


@dataclass(frozen=True)
class Traits:
    """What a service can do; declared by the service and never faked.

    :param long_poll_seconds: how long a look may wait on the server until the query ends; 0 where it cannot.
    :param can_cancel: a running query can be ended.
    :param keeps_result: the result of an ended query stays at the service until it is released.
    :param absent_grace_seconds: how long after the submit the service may not know the id yet.
    :param storing_grace_seconds: how long an id that was known may be unknown while the service stores its result.
    """

    long_poll_seconds: float = 0.0
    can_cancel: bool = True
    keeps_result: bool = False
    absent_grace_seconds: float = 0.0
    storing_grace_seconds: float = 0.0


@dataclass(frozen=True)
class Submitted:
    """What the service answered to a submit.

    :param owned: whether this submit stands for a query of its own; false where it only attached to a cached result.
    :param may_be_stale: whether the first success may show an older answer for a while.
    """

    id: str
    cache_id: str | None = None
    last_completed_cache_id: str | None = None
    owned: bool = True
    may_be_stale: bool = False
