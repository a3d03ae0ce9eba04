"""How far a query is that somebody waits for, in words, from one look at it; pure.

What a look means is decided in :mod:`airflow_provider_veza.async_query.watch`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.polling import PollSchedule
from airflow_provider_veza.async_query.vocabulary import Phase, Traits
from airflow_provider_veza.async_query.watch import Ended, Outcome, Verdict, Watch
from airflow_provider_veza.pages.facts import StoredWait
from airflow_provider_veza.pages.its_query import QueryLook, Subject

_ENDED: Mapping[Outcome, str] = {
    Outcome.SUCCEEDED: "Has succeeded",
    Outcome.FAILED: "Has failed",
    Outcome.CANCELED: "Was cancelled by somebody else",
    Outcome.GONE: "Is unknown to the service by now",
}
_GOES_ON: Mapping[Phase, str] = {
    Phase.RUNNING: "Runs",
    Phase.SUCCEEDED: "Has succeeded, perhaps with an older result for some seconds",
    Phase.GONE: "Is not visible yet to the service",
}
_SWITCHED_OFF = "never by this page: [veza] page_looks is off"
_NO_TRIGGERER = "no triggerer has taken it up yet; is one running?"
_PAST_DEADLINE = "Runs on, though its deadline has passed"


@dataclass(frozen=True)
class ShownProgress:
    """What the page says of a query that somebody waits for.

    :param subject: what was looked at.
    :param look: None where the page makes none.
    :param wait: of the triggerer; None where a worker waits, or nobody.
    :param now: when the page is made (UTC).
    """

    subject: Subject
    look: QueryLook | None
    wait: StoredWait | None
    now: datetime

    @property
    def heading(self) -> str:
        """How the query stands, in a few words; empty where nobody has seen it."""
        if self.look is None or self.look.snapshot is None:
            return ""
        verdict = self._verdict
        if isinstance(verdict, Ended):
            return _ENDED.get(verdict.outcome, _PAST_DEADLINE)
        return _GOES_ON[self.look.snapshot.phase]

    @property
    def has_ended(self) -> bool:
        """Whether the query was seen to have ended."""
        return isinstance(self._verdict, Ended) and not self._verdict.outcome.may_still_run

    def lines(self) -> Iterator[tuple[str, str]]:
        """Yield a label and a text each."""
        yield from self._seen(self.look) if self.look else [("looked at", _SWITCHED_OFF)]
        yield "since the submit", f"{self._elapsed:,.0f} s"
        yield "deadline", _until(self._deadline, self.now)
        if self.wait:
            yield "wait", "in a triggerer" if self.wait.is_taken_up else _NO_TRIGGERER
            yield "the task's next look", _next_look(self.wait.schedule, self._traits, self._elapsed)

    def _seen(self, look: QueryLook) -> Iterator[tuple[str, str]]:
        ago = f", {_span(self.now - look.at)} ago, for this page" if look.at else ""
        yield "looked at", f"{look.at.isoformat(timespec='seconds')}{ago}" if look.at else "not yet"
        yield "not seen", look.why_not
        if snapshot := look.snapshot:
            yield "state, by the service", snapshot.state
            yield "rows so far" if snapshot.phase is Phase.RUNNING else "rows", _number(snapshot.rows)
            yield "progress", "; ".join(snapshot.told)
            yield "error", snapshot.error
            yield "warnings", "; ".join(snapshot.warnings)

    @property
    def _verdict(self) -> Verdict | None:
        if self.look is None or self.look.snapshot is None:
            return None
        watch = Watch(self.subject.handle, self._traits, PollSchedule(), self._deadline)
        return watch.observe(self.look.snapshot, now=self.look.at or self.now, jitter=0.0)[1]

    @property
    def _traits(self) -> Traits:
        return (self.look.traits if self.look else None) or Traits()

    @property
    def _deadline(self) -> Deadline:
        return self.wait.deadline if self.wait else self.subject.handle.deadline

    @property
    def _elapsed(self) -> float:
        return max((self.now - self.subject.handle.submitted_at).total_seconds(), 0.0)


def _next_look(schedule: PollSchedule, traits: Traits, elapsed: float) -> str:
    if traits.long_poll_seconds:
        return "it waits at the service, and hears of the end at once"
    return f"within {schedule.delay(elapsed=elapsed, jitter=1.0):,.0f} s, by its schedule"


def _until(deadline: Deadline, now: datetime) -> str:
    return f"passed {_span(now - deadline.at)} ago" if deadline.passed(now) else f"in {_span(deadline.at - now)}"


def _span(span: timedelta) -> str:
    return f"{max(span.total_seconds(), 0.0):,.0f} s"


def _number(count: int | None) -> str:
    return "" if count is None else f"{count:,}"
