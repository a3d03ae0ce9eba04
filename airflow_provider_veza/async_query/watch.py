"""What each look at a query means for whoever waits: look again, or the wait has ended.

The loops that wait are in :mod:`airflow_provider_veza.hooks.waiting`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.polling import PollSchedule
from airflow_provider_veza.async_query.progress import LogLine, ProgressLog, Voice
from airflow_provider_veza.async_query.vocabulary import Phase, Snapshot, Traits
from airflow_provider_veza.exceptions import RequestError
from airflow_provider_veza.shown import one_line

PATIENCE = timedelta(hours=1)


class Outcome(StrEnum):
    """How a wait ended; the first four are ends of the query, the others only of the wait."""

    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    GONE = "GONE"
    DEADLINE_PASSED = "DEADLINE_PASSED"
    UNREACHABLE = "UNREACHABLE"
    REFUSED = "REFUSED"

    @property
    def may_still_run(self) -> bool:
        """Whether the query may be running although the wait has ended."""
        return self in (Outcome.DEADLINE_PASSED, Outcome.UNREACHABLE, Outcome.REFUSED)


@dataclass(frozen=True)
class LookAgain:
    """The wait goes on; look again in so many seconds."""

    seconds: float
    lines: tuple[LogLine, ...] = ()


@dataclass(frozen=True)
class Ended:
    """The wait has ended.

    :param detail: for people, in one line: the query's error, the failure of the last look, or empty.
    :param rows: total rows, where the service counts them.
    :param looks: how often the process looked that saw the end; 0 where nobody counted.
    :param failed_looks: how many of them failed.
    """

    outcome: Outcome
    detail: str = ""
    rows: int | None = None
    lines: tuple[LogLine, ...] = ()
    looks: int = 0
    failed_looks: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "detail", one_line(self.detail))


Verdict = LookAgain | Ended


@dataclass(frozen=True)
class Watch:
    """A wait for one query, as a value: each look gives the next watch and a verdict.

    A failed look never fails a healthy query: it is tolerated until ``patience`` is used up without a single good look.
    Only what cannot heal, such as a wrong key, ends the wait at once.

    :param deadline: the query's, or an earlier one of this attempt's.
    """

    handle: QueryHandle
    traits: Traits
    schedule: PollSchedule
    deadline: Deadline
    patience: timedelta = PATIENCE
    failing_since: datetime | None = None
    absent_since: datetime | None = None
    progress: ProgressLog = field(default_factory=ProgressLog)

    def longest_look(self, now: datetime) -> float:
        """Return how many seconds the next look may wait on the server."""
        return min(self.traits.long_poll_seconds, max(self.deadline.remaining(now).total_seconds(), 0.0))

    def observe(
        self, look: Snapshot | RequestError, *, now: datetime, jitter: float, took: float = 0.0, quiet: bool = False
    ) -> tuple[Watch, Verdict]:
        """Return the watch after one look, and what the look means.

        :param look: what the look showed, or why it failed.
        :param jitter: random in [0, 1).
        :param took: seconds that the look waited on the server; they count as part of the pause before the next one.
        :param quiet: write no line that can be written later.
        """
        voice = Voice(jitter, quiet)
        if isinstance(look, RequestError):
            return self._observe_failure(look, now, voice)
        look = self.handle.as_seen(look, now)
        if look.settles_at:
            return self._again(look, now, max((look.settles_at - now).total_seconds(), 0.0), voice)
        if self._may_not_be_visible_yet(look, now):
            absent = replace(look, state=f"{look.state} (it may not be visible yet)")
            return self._again(absent, now, self._delay(now, jitter), voice, absent_since=self.absent_since or now)
        if look.phase is Phase.RUNNING:
            return self._again(look, now, self._pause(now, jitter, took), voice)
        return self, Ended(Outcome(look.phase), look.error, look.rows, self.progress.ended(look, self._elapsed(now)))

    def _observe_failure(self, error: RequestError, now: datetime, voice: Voice) -> tuple[Watch, Verdict]:
        if not error.heals:
            return self, Ended(Outcome.REFUSED, f"{type(error).__name__}: {error}")
        since = self.failing_since or now
        if now - since >= self.patience and not self.deadline.passed(now):
            detail = f"no look succeeded since {since.isoformat()}; the last: {error}"
            return self, Ended(Outcome.UNREACHABLE, detail)
        return self._again(error, now, self._delay(now, voice.jitter), voice, failing_since=since)

    def _again(
        self,
        look: Snapshot | RequestError,
        now: datetime,
        delay: float,
        voice: Voice,
        *,
        failing_since: datetime | None = None,
        absent_since: datetime | None = None,
    ) -> tuple[Watch, Verdict]:
        if self.deadline.passed(now):
            state = look.state if isinstance(look, Snapshot) else f"unknown, the last look failed: {look}"
            return self, Ended(Outcome.DEADLINE_PASSED, f"its state was {state}")
        seconds = min(delay, self.deadline.remaining(now).total_seconds())
        elapsed = self._elapsed(now)
        progress, lines = self.progress.observe(look, now=now, elapsed=elapsed, next_look=seconds, voice=voice)
        if (progress, failing_since, absent_since) == (self.progress, self.failing_since, self.absent_since):
            return self, LookAgain(seconds, lines)
        watch = replace(self, progress=progress, failing_since=failing_since, absent_since=absent_since)
        return watch, LookAgain(seconds, lines)

    def _may_not_be_visible_yet(self, look: Snapshot, now: datetime) -> bool:
        if look.phase is not Phase.GONE:
            return False
        absent_for = (now - (self.absent_since or now)).total_seconds()
        return self._elapsed(now) < self.traits.absent_grace_seconds or absent_for < self.traits.storing_grace_seconds

    def _pause(self, now: datetime, jitter: float, took: float) -> float:
        """Return the seconds until the next look; chance makes none between two long polls, in which no end is noticed."""
        return max(self._delay(now, jitter / 2 if took else jitter) - took, 0.0)

    def _delay(self, now: datetime, jitter: float) -> float:
        return self.schedule.delay(elapsed=self._elapsed(now), jitter=jitter)

    def _elapsed(self, now: datetime) -> float:
        return (now - self.handle.submitted_at).total_seconds()
