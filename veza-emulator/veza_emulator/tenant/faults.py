"""Faults as data: which requests go wrong, how, and how often; `http.middleware.faults` applies them."""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from veza_emulator.reading.fields import Fields
from veza_emulator.tenant.executions import ExecutionState

_STAGE_UNKNOWN = "is not known before the request is executed, where this kind of fault meets it; leave it out"


class FaultKind(StrEnum):
    """What goes wrong with a request."""

    STATUS = "status"
    """An error status with the five-key body; nothing is executed."""
    HTML = "html"
    """A gateway's HTML page instead of JSON; nothing is executed."""
    DELAY = "delay"
    """A real wait before the request is executed as always, also for a caller that has gone meanwhile."""
    RESET_BEFORE_ACCEPT = "reset_before_accept"
    """The connection is reset without an answer; nothing is executed."""
    RESET_AFTER_ACCEPT = "reset_after_accept"
    """The request is executed, then the connection is reset without an answer."""
    CONNECTION_REFUSED = "connection_refused"
    """The request is answered as always; then for some seconds every new connection is refused."""
    SLOW_HEADERS = "slow_headers"
    """The request is executed, then nothing is sent for some seconds, then the usual answer."""
    SLOW_BODY = "slow_body"
    """The headers are sent at once, the body piece by piece over some seconds."""
    TRUNCATED_BODY = "truncated_body"
    """The connection ends in the middle of the body, which the headers announce whole."""
    TRUNCATED_JSON = "truncated_json"
    """The body ends in the middle, and the headers announce no more than that."""
    MALFORMED_JSON = "malformed_json"
    """The body is whole, with a comma too many."""
    WRONG_CONTENT_TYPE = "wrong_content_type"
    """The body is right and is called HTML."""
    UNKNOWN_STATUS = "unknown_status"
    """A look answers another status, by default one that nobody has heard of, and no rows."""
    STALE_ANSWER = "stale_answer"
    """A look at a nodes query is answered DONE, with the fewer rows of an older result, whatever the query's state."""
    REPEAT_PAGE_TOKEN = "repeat_page_token"
    """A page answers the token that it was asked with, and says that there is more."""
    EMPTY_PAGE = "empty_page"
    """A page after the first has no rows and another token, which leads to the rows."""

    @property
    def spoils_answer(self) -> bool:
        """Whether the request is executed first and its answer spoilt, rather than the request met before."""
        return self not in _MEETS_REQUEST

    @property
    def spoils_delivery(self) -> bool:
        """Whether the answer's words stay as they are, and only their way to the caller is spoilt."""
        return self in _SPOILS_DELIVERY

    @property
    def needs_body(self) -> bool:
        """Whether an answer without a body is left alone."""
        return self in _NEEDS_BODY


_MEETS_REQUEST = frozenset({FaultKind.STATUS, FaultKind.HTML, FaultKind.DELAY, FaultKind.RESET_BEFORE_ACCEPT})
_SPOILS_DELIVERY = frozenset(
    {
        FaultKind.RESET_AFTER_ACCEPT,
        FaultKind.CONNECTION_REFUSED,
        FaultKind.SLOW_HEADERS,
        FaultKind.SLOW_BODY,
        FaultKind.TRUNCATED_BODY,
    }
)
_NEEDS_BODY = frozenset(
    {FaultKind.SLOW_BODY, FaultKind.TRUNCATED_BODY, FaultKind.TRUNCATED_JSON, FaultKind.MALFORMED_JSON}
)


class QueryStage(StrEnum):
    """Where the query stands that a look is about."""

    ANY = "any"
    RUNNING = "running"
    ENDED = "ended"


@dataclass(frozen=True)
class FaultMatch:
    """Which requests a fault meets; an empty part matches every request.

    A stage matches only looks, and only at queries that may still be seen.

    :param nth: which of the requests that path and method match is the first to be met; those before it pass.
    """

    path_suffix: str = ""
    path_contains: str = ""
    method: str = ""
    stage: QueryStage = QueryStage.ANY
    nth: int = 1

    def matches(self, method: str, path: str) -> bool:
        """Tell whether a request is met."""
        return path.endswith(self.path_suffix) and self.path_contains in path and self.method in ("", method)

    def matches_state(self, state: ExecutionState | None) -> bool:
        """Tell whether an answer is met that shows a query in this state, or no query."""
        if self.stage is QueryStage.ANY:
            return True
        return state is not None and state.is_running is (self.stage is QueryStage.RUNNING)


class Spread(StrEnum):
    """How the seconds of a fault vary from one request to the next."""

    NONE = "none"
    UNIFORM = "uniform"
    """Anything from none to twice as many."""
    EXPONENTIAL = "exponential"
    """Mostly fewer and sometimes far more, as waits in queues are; so many on average, at most ten times that."""

    def factor(self, draw: float) -> float:
        """Return by what the seconds are multiplied, for a draw from 0 up to 1."""
        match self:
            case Spread.NONE:
                return 1.0
            case Spread.UNIFORM:
                return 2 * draw
            case Spread.EXPONENTIAL:
                return min(-math.log1p(-draw), 10.0)


@dataclass(frozen=True)
class Fault:
    """One way in which the next `times` matching requests go wrong; with None for `times` all do, until cleared."""

    kind: FaultKind
    match: FaultMatch = FaultMatch()
    times: int | None = 1
    status: int = 503
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 1.0
    spread: Spread = Spread.NONE
    status_name: str = "RECALCULATING"

    def __post_init__(self) -> None:
        if self.match.stage is not QueryStage.ANY and not self.kind.spoils_answer:
            raise ValueError(f"the stage of a fault {self.kind.value!r} {_STAGE_UNKNOWN}")


@dataclass
class _Queued:
    fault: Fault
    left: int | None
    to_pass: int

    def meets(self, method: str, path: str) -> bool:
        """Tell whether a request is met; one that matches too early is counted and passes."""
        if not self.fault.match.matches(method, path):
            return False
        if self.to_pass:
            self.to_pass -= 1
            return False
        return True


class Faults:
    """The faults still to come, in order; after the last of them all is normal again."""

    def __init__(self, seed: int = 0) -> None:
        self._queue: list[_Queued] = []
        self._random = random.Random(seed)
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Queue a fault behind the others."""
        with self._lock:
            self._queue.append(_Queued(fault, fault.times, to_pass=fault.match.nth - 1))

    def that_meet(self, method: str, path: str) -> list[Fault]:
        """Return the faults that meet this request, in order, without using them up."""
        with self._lock:
            return [queued.fault for queued in self._queue if queued.meets(method, path)]

    def use(self, fault: Fault) -> bool:
        """Use a fault up once; False if other requests have used it up meanwhile."""
        with self._lock:
            for queued in self._queue:
                if queued.fault is fault:
                    queued.left = None if queued.left is None else queued.left - 1
                    self._queue = [other for other in self._queue if other.left != 0]
                    return True
            return False

    def seconds_of(self, fault: Fault) -> float:
        """Draw how many seconds a fault takes this time."""
        with self._lock:
            return fault.seconds * fault.spread.factor(self._random.random())

    def pending(self) -> list[tuple[Fault, int | None]]:
        """Return the faults still to come, each with how often; None is without end."""
        with self._lock:
            return [(queued.fault, queued.left) for queued in self._queue]

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._queue = []


def read_fault(fields: Fields) -> Fault:
    """Read a fault from the admin API's JSON."""
    kind = fields.enum("kind", FaultKind, FaultKind.STATUS, required=True)
    match = fields.child("match")
    seconds = fields.number("seconds")
    return Fault(
        kind=kind,
        match=FaultMatch() if match is None else _read_match(match, kind),
        times=_read_times(fields),
        status=_read_status(fields),
        headers=fields.string_map("headers"),
        seconds=Fault.seconds if seconds is None else seconds,
        spread=fields.enum("spread", Spread, Fault.spread),
        status_name=fields.string("status_name", Fault.status_name),
    )


def _read_match(fields: Fields, kind: FaultKind) -> FaultMatch:
    match = FaultMatch(
        path_suffix=fields.string("path_suffix"),
        path_contains=fields.string("path_contains"),
        method=fields.string("method").upper(),
        stage=_read_stage(fields, kind),
        nth=fields.count("nth", default=1),
    )
    fields.refuse_rest()
    return match


def _read_times(fields: Fields) -> int | None:
    times = fields.count("times", default=1)
    return None if fields.has("times") and fields.raw("times") is None else times


def _read_stage(fields: Fields, kind: FaultKind) -> QueryStage:
    stage = fields.enum("stage", QueryStage, QueryStage.ANY)
    if stage is QueryStage.ANY or kind.spoils_answer:
        return stage
    fields.violate("stage", _STAGE_UNKNOWN)
    return QueryStage.ANY


def _read_status(fields: Fields) -> int:
    status = fields.count("status", default=Fault.status)
    if not 200 <= status <= 599:
        fields.violate("status", "must be an HTTP status from 200 to 599")
    return status
