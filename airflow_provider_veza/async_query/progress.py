"""Which lines the log of a waiting task gets: each new state, else one at growing intervals; a line costs more than a look."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime

from airflow_provider_veza.async_query.vocabulary import MOST_WARNINGS, Snapshot
from airflow_provider_veza.exceptions import RequestError
from airflow_provider_veza.shown import one_line

FIRST_INTERVAL = 10.0
LONGEST_INTERVAL = 600.0
MOST_STATES = 20
"""That get a line at once; a service whose states differ at each look gets one at intervals."""
NO_MORE_WARNINGS = f"More than {MOST_WARNINGS} different warnings came; no more of them are shown."


@dataclass(frozen=True)
class LogLine:
    """A line for the task log, and only one; ``level`` is one of :mod:`logging`'s."""

    level: int
    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", one_line(self.text))


@dataclass(frozen=True)
class ProgressLog:
    """What was said so far, as a value.

    A state gets a line at once only when it is new. Otherwise one that comes and goes, such as a look that fails every other
    time, would get a line per look.
    """

    said: frozenset[str] = frozenset()
    said_at: datetime | None = None
    interval: float = FIRST_INTERVAL
    warned: frozenset[str] = frozenset()

    def observe(
        self, look: Snapshot | RequestError, *, now: datetime, elapsed: float, next_look: float
    ) -> tuple[ProgressLog, tuple[LogLine, ...]]:
        """Return the log after a look that did not end the wait, and the lines to write now."""
        head = look.state if isinstance(look, Snapshot) else "not to be seen"
        warnings = self._new_warnings(look)
        lines = tuple(LogLine(logging.WARNING, text) for text in warnings)
        log = replace(self, warned=self.warned.union(warnings)) if warnings else self
        if head not in self.said and len(self.said) < MOST_STATES:
            log = replace(log, said=self.said | {head}, said_at=now, interval=FIRST_INTERVAL)
        elif self._is_due(now):
            log = replace(log, said_at=now, interval=min(self.interval * 2, LONGEST_INTERVAL))
        else:
            return log, lines
        return log, (*lines, _progress_line(look, elapsed, next_look))

    def ended(self, look: Snapshot, elapsed: float) -> tuple[LogLine, ...]:
        """Return the last lines of a wait that the query itself ended."""
        warnings = tuple(LogLine(logging.WARNING, text) for text in self._new_warnings(look))
        rows = f", {look.rows} rows" if look.rows is not None else ""
        text = f"Query ended as {look.phase} (state {look.state}{rows}) after {elapsed:.1f} s."
        return (*warnings, LogLine(logging.INFO, text))

    def _is_due(self, now: datetime) -> bool:
        return self.said_at is not None and (now - self.said_at).total_seconds() >= self.interval

    def _new_warnings(self, look: Snapshot | RequestError) -> tuple[str, ...]:
        if isinstance(look, RequestError):
            return ()
        new = tuple(text for text in dict.fromkeys(look.warnings) if text not in self.warned)
        left = MOST_WARNINGS - len(self.warned)
        if len(new) <= left or not new:
            return new
        return (*new[: max(left, 0)], *((NO_MORE_WARNINGS,) if left >= 0 else ()))


def _progress_line(look: Snapshot | RequestError, elapsed: float, next_look: float) -> LogLine:
    times = f"{elapsed:.1f} s since the submit; next look in {next_look:.1f} s."
    if isinstance(look, RequestError):
        return LogLine(logging.WARNING, f"The look failed ({look}), the query is not affected; {times}")
    rows = f", {look.rows} rows so far" if look.rows is not None else ""
    return LogLine(logging.INFO, f"Query state {look.state}{rows}, {times}")
