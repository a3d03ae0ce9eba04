"""The menu of the soak: what may go wrong with which request, as faults of the emulator; no random choice is made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from veza_emulator.tenant.executions import Family
from veza_emulator.tenant.faults import Fault, FaultKind, FaultMatch, QueryStage

READ_TIMEOUT = 1.0
TOO_SLOW = 1.3 * READ_TIMEOUT
AFTER_THE_GRACE = 5.3
"""Seconds after which an unknown query is no race with its submit any more."""


class Meets(Enum):
    """The requests of a task that a mishap may meet."""

    KNOCK = "before the task"
    SUBMIT = "submit"
    LOOK = "look"
    CANCEL = "cancel"


ANY_REQUEST = frozenset({Meets.SUBMIT, Meets.LOOK, Meets.CANCEL})
LOOK = frozenset({Meets.LOOK})

PATHS = {
    (Family.NODES, Meets.SUBMIT): FaultMatch(path_suffix="nodes_async_create"),
    (Family.NODES, Meets.LOOK): FaultMatch(path_suffix="nodes_async_get"),
    (Family.NODES, Meets.CANCEL): FaultMatch(path_suffix="nodes_async_cancel"),
    (Family.RESULT, Meets.SUBMIT): FaultMatch(path_suffix="result_async_create"),
    (Family.RESULT, Meets.LOOK): FaultMatch(path_contains="async_tasks/"),
    (Family.NODES, Meets.KNOCK): FaultMatch(path_suffix="/queries"),
    (Family.RESULT, Meets.KNOCK): FaultMatch(path_suffix="/queries"),
}


@dataclass(frozen=True)
class Mishap:
    """A fault that has yet to be pointed at a request.

    :param at_most: how often in a row it may come.
    :param after: seconds from the beginning of the task; it comes no earlier.
    :param families: of the queries that it can meet.
    :param needs_pages: whether it meets only results of several pages.
    :param comes_first: whether it spoils the first look and no later one.
    """

    fault: Fault
    meets: frozenset[Meets] = ANY_REQUEST
    at_most: int = 1
    after: float = 0.0
    families: frozenset[Family] = frozenset(Family)
    needs_pages: bool = False
    comes_first: bool = False

    @property
    def needs_run(self) -> bool:
        """Whether it meets only a query that is seen running."""
        return self.fault.match.stage is QueryStage.RUNNING

    def aimed(self, family: Family, request: Meets, times: int) -> Mishap:
        """Return this mishap aimed at one request of a family."""
        match = replace(PATHS[family, request], stage=self.fault.match.stage)
        return replace(self, fault=replace(self.fault, match=match, times=times), meets=frozenset({request}))


def _status(status: int, **headers: str) -> Mishap:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Mishap(Fault(FaultKind.STATUS, status=status, headers=named), at_most=6)


def _pages(kind: FaultKind, at_most: int = 1) -> Mishap:
    return Mishap(Fault(kind), LOOK, at_most=at_most, families=frozenset({Family.NODES}), needs_pages=True)


def _unknown(name: str, stage: QueryStage, family: Family, after: float = 0.0) -> Mishap:
    fault = Fault(FaultKind.UNKNOWN_STATUS, FaultMatch(stage=stage), status_name=name)
    return Mishap(fault, LOOK, at_most=2, after=after, families=frozenset({family}))


MENU = (
    _status(429, Retry_After="1"),
    _status(429, Retry_After="600"),
    _status(429),
    _status(500),
    _status(502),
    _status(503, Retry_After="0"),
    _status(504),
    Mishap(Fault(FaultKind.HTML, status=502), at_most=3),
    Mishap(Fault(FaultKind.HTML, status=200), at_most=3),
    Mishap(Fault(FaultKind.DELAY, seconds=0.1), at_most=3),
    Mishap(Fault(FaultKind.DELAY, seconds=TOO_SLOW)),
    Mishap(Fault(FaultKind.RESET_BEFORE_ACCEPT), at_most=3),
    Mishap(Fault(FaultKind.RESET_AFTER_ACCEPT), at_most=3),
    Mishap(Fault(FaultKind.CONNECTION_REFUSED, seconds=0.4), ANY_REQUEST | {Meets.KNOCK}),
    Mishap(Fault(FaultKind.SLOW_HEADERS, seconds=0.1), at_most=3),
    Mishap(Fault(FaultKind.SLOW_HEADERS, seconds=TOO_SLOW)),
    Mishap(Fault(FaultKind.SLOW_BODY, seconds=0.2), at_most=3),
    Mishap(Fault(FaultKind.SLOW_BODY, seconds=10 * TOO_SLOW)),
    Mishap(Fault(FaultKind.TRUNCATED_BODY), at_most=3),
    Mishap(Fault(FaultKind.TRUNCATED_JSON), at_most=3),
    Mishap(Fault(FaultKind.MALFORMED_JSON), at_most=3),
    Mishap(Fault(FaultKind.WRONG_CONTENT_TYPE), at_most=3),
    _unknown("UNKNOWN", QueryStage.RUNNING, Family.NODES),
    _unknown("UNKNOWN", QueryStage.RUNNING, Family.NODES, after=AFTER_THE_GRACE),
    _unknown("UNKNOWN", QueryStage.ENDED, Family.NODES),
    _unknown("UNKNOWN_STATE", QueryStage.RUNNING, Family.RESULT),
    _unknown("UNKNOWN_STATE", QueryStage.ENDED, Family.RESULT),
    _unknown("RECALCULATING", QueryStage.ANY, Family.NODES),
    _unknown("RECALCULATING", QueryStage.ANY, Family.RESULT),
    Mishap(
        # Later or more than once, it would be a tenant that lies, and no caller could know.
        Fault(FaultKind.STALE_ANSWER, FaultMatch(stage=QueryStage.RUNNING)),
        LOOK,
        families=frozenset({Family.NODES}),
        comes_first=True,
    ),
    _pages(FaultKind.REPEAT_PAGE_TOKEN),
    _pages(FaultKind.EMPTY_PAGE, at_most=3),
)
