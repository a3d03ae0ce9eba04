"""Faults as data: which requests go wrong, how, and how often; the middleware that applies them is elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from airflow_provider_veza.emulator.fields import Fields


class FaultKind(StrEnum):
    """What goes wrong with a request."""

    STATUS = "status"
    """An error status with the five-key body; nothing is executed."""
    HTML = "html"
    """A gateway's HTML page instead of JSON; nothing is executed."""
    DELAY = "delay"
    """A real wait before the request is executed as always."""
    TRUNCATED_JSON = "truncated_json"
    """The answer's body ends in the middle."""
    REPEAT_PAGE_TOKEN = "repeat_page_token"
    """A page answers the token that it was asked with, and says that there is more."""
    UNKNOWN_STATUS = "unknown_status"
    """A look answers a status that nobody has heard of, and no rows."""
    RESET_AFTER_ACCEPT = "reset_after_accept"
    """The request is executed, then the connection drops without an answer."""

    @property
    def spoils_answer(self) -> bool:
        """Whether the request is executed first and its answer spoilt, rather than the request met before."""
        return self not in (FaultKind.STATUS, FaultKind.HTML, FaultKind.DELAY)


@dataclass(frozen=True)
class FaultMatch:
    """Which requests a fault meets; an empty part matches every request."""

    path_suffix: str = ""
    path_contains: str = ""
    method: str = ""

    def matches(self, method: str, path: str) -> bool:
        """Tell whether a request is met."""
        return path.endswith(self.path_suffix) and self.path_contains in path and self.method in ("", method)


@dataclass(frozen=True)
class Fault:
    """One way in which the next `times` matching requests go wrong."""

    kind: FaultKind
    match: FaultMatch = FaultMatch()
    times: int = 1
    status: int = 503
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 1.0
    status_name: str = "RECALCULATING"


@dataclass
class _Queued:
    fault: Fault
    left: int


class Faults:
    """The faults still to come, in order; after the last of them all is normal again."""

    def __init__(self) -> None:
        self._queue: list[_Queued] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Queue a fault behind the others."""
        with self._lock:
            self._queue.append(_Queued(fault, fault.times))

    def next_for(self, method: str, path: str) -> Fault | None:
        """Return the first fault that meets this request, without using it up."""
        with self._lock:
            met = (queued.fault for queued in self._queue if queued.fault.match.matches(method, path))
            return next(met, None)

    def use(self, fault: Fault) -> bool:
        """Use a fault up once; False if other requests have used it up meanwhile."""
        with self._lock:
            for queued in self._queue:
                if queued.fault is fault:
                    queued.left -= 1
                    self._queue = [other for other in self._queue if other.left > 0]
                    return True
            return False

    def pending(self) -> list[tuple[Fault, int]]:
        """Return the faults still to come, each with how often."""
        with self._lock:
            return [(queued.fault, queued.left) for queued in self._queue]

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._queue = []


def read_fault(fields: Fields) -> Fault:
    """Read a fault from the admin API's JSON."""
    match = fields.child("match")
    seconds = fields.number("seconds")
    return Fault(
        kind=_read_kind(fields),
        match=FaultMatch() if match is None else _read_match(match),
        times=fields.count("times", default=1),
        status=_read_status(fields),
        headers=fields.string_map("headers"),
        seconds=Fault.seconds if seconds is None else seconds,
        status_name=fields.string("status_name", Fault.status_name),
    )


def _read_kind(fields: Fields) -> FaultKind:
    if not fields.is_set("kind"):
        fields.violate("kind", f"Cannot be empty; use one of: {', '.join(FaultKind)}")
    return fields.enum("kind", FaultKind, FaultKind.STATUS)


def _read_match(fields: Fields) -> FaultMatch:
    match = FaultMatch(
        path_suffix=fields.string("path_suffix"),
        path_contains=fields.string("path_contains"),
        method=fields.string("method").upper(),
    )
    fields.refuse_rest()
    return match


def _read_status(fields: Fields) -> int:
    status = fields.count("status", default=Fault.status)
    if not 200 <= status <= 599:
        fields.violate("status", "must be an HTTP status from 200 to 599")
    return status
