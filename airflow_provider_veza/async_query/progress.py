"""Which lines the log of a waiting task gets: one per change of state, else at growing intervals; a line costs five looks."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from airflow_provider_veza.async_query.vocabulary import MOST_WARNINGS, Snapshot
from airflow_provider_veza.exceptions import RequestError
from airflow_provider_veza.shown import one_line

FIRST_INTERVAL = 60.0
LONGEST_INTERVAL = 3_600.0
SPREAD = 0.25
"""Of an interval, at most, by which a line comes sooner or later: queries that began together do not stay together."""
LINES_PER_SECOND = 4.0
LINES_AT_ONCE = 40.0
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
class Voice:
    """How lines may be written at this moment.

    :param jitter: random in [0, 1).
    :param quiet: whatever there is to say is said later.
    """

    jitter: float = 0.5
    quiet: bool = False


@dataclass(frozen=True)
class LineBudget:
    """How many lines all waits of one process may write, as a value.

    A triggerer's log lines share the time, and a small buffer, of the process that also hands it new triggers; where both ends
    are full at once, both processes stand still for good. So a wait that begins takes as much as a line does: while many
    begin, and for some seconds after, nothing is written that can be said later.

    :param left: lines that may be written at ``at``; fewer than none after many beginnings.
    :param at: in monotonic seconds.
    """

    left: float = LINES_AT_ONCE
    at: float = 0.0

    def has_room(self, now: float) -> bool:
        """Whether a line may be written now."""
        return self._refilled(now) >= 1.0

    def spent(self, lines: int, now: float) -> LineBudget:
        """Return what is left after so many lines or beginnings."""
        return LineBudget(max(self._refilled(now) - lines, -LINES_AT_ONCE), now)

    def _refilled(self, now: float) -> float:
        return min(self.left + max(now - self.at, 0.0) * LINES_PER_SECOND, LINES_AT_ONCE)


@dataclass(frozen=True)
class ProgressLog:
    """What was said so far, as a value.

    A state gets a line at once only when it is new. Otherwise one that comes and goes, such as a look that fails every other
    time, would get a line per look.

    :param is_taken_up: the wait goes on in another process than the one that began it, so the first state is no change.
    """

    said: frozenset[str] = frozenset()
    due: datetime | None = None
    interval: float = FIRST_INTERVAL
    warned: frozenset[str] = frozenset()
    is_taken_up: bool = False

    def observe(
        self,
        look: Snapshot | RequestError,
        *,
        now: datetime,
        elapsed: float,
        next_look: float,
        voice: Voice | None = None,
    ) -> tuple[ProgressLog, tuple[LogLine, ...]]:
        """Return the log after a look that did not end the wait, and the lines to write now."""
        voice = voice or Voice()
        if self.is_taken_up and isinstance(look, Snapshot):
            taken_up = self._taken_up(look.state, now, voice.jitter)
            return taken_up.observe(look, now=now, elapsed=elapsed, next_look=next_look, voice=voice)
        if voice.quiet:
            return self, ()
        head = look.state if isinstance(look, Snapshot) else "not to be seen"
        warnings = self._new_warnings(look)
        lines = tuple(LogLine(logging.WARNING, text) for text in warnings)
        log = self._said(head, now, voice.jitter) if self._is_change(head) or self._is_due(now) else self
        if log is not self:
            lines = (*lines, _progress_line(look, elapsed, next_look))
        elif not lines:
            return self, ()
        return replace(log, warned=self.warned.union(warnings)), lines

    def ended(self, look: Snapshot, elapsed: float) -> tuple[LogLine, ...]:
        """Return the last lines of a wait that the query itself ended."""
        warnings = tuple(LogLine(logging.WARNING, text) for text in self._new_warnings(look))
        rows = f", {look.rows} rows" if look.rows is not None else ""
        text = f"Query ended as {look.phase} (state {look.state}{rows}) after {elapsed:.1f} s."
        return (*warnings, LogLine(logging.INFO, text))

    def _is_due(self, now: datetime) -> bool:
        return self.due is not None and now >= self.due

    def _taken_up(self, state: str, now: datetime, jitter: float) -> ProgressLog:
        first = timedelta(seconds=FIRST_INTERVAL * (1 + jitter))
        return replace(self, said=self.said | {state}, due=now + first, is_taken_up=False)

    def _said(self, head: str, now: datetime, jitter: float) -> ProgressLog:
        """Return the log after a line: the next one comes sooner after a change, and later after a repetition."""
        is_change = self._is_change(head)
        interval = FIRST_INTERVAL if is_change else min(self.interval * 2, LONGEST_INTERVAL)
        said = self.said | {head} if is_change else self.said
        pause = timedelta(seconds=interval * (1 + SPREAD * (2 * jitter - 1)))
        return replace(self, said=said, interval=interval, due=now + pause)

    def _is_change(self, head: str) -> bool:
        return head not in self.said and len(self.said) < MOST_STATES

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
