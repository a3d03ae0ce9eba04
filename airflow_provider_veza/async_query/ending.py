"""What an attempt that is ended from outside does with its query, and whether it may have been away; only decisions.

How Airflow is asked, and what is then done, is in :mod:`airflow_provider_veza.ownership.charge`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from airflow_provider_veza.async_query.standing import Standing


class Currency(StrEnum):
    """Whether an attempt is still the one that counts, as Airflow tells."""

    CURRENT = "current"
    SUPERSEDED = "superseded"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class CancelQuery:
    """Nobody waits for the query: look, and cancel it if it still runs.

    :param cleared: the task was cleared while this attempt ran; the next one must know that.
    """

    why: str
    cleared: bool = False


@dataclass(frozen=True)
class HandOver:
    """Leave the query alone: the next attempt finds it, or somebody may still wait for it.

    :param for_good: whether this holds whatever becomes of the task; else each further signal asks again.
    """

    why: str
    for_good: bool = False


@dataclass(frozen=True)
class AskCurrency:
    """The answer depends on whether this attempt is still the one that counts."""


Ending = CancelQuery | HandOver
"""What an attempt that is ended does with its query."""
KillVerdict = Ending | AskCurrency


def judge_timeout(*, cancel_on_timeout: bool) -> Ending:
    """Decide for a task that ran past its ``execution_timeout``: its deadline has passed, whatever Airflow says."""
    if cancel_on_timeout:
        return CancelQuery("its execution_timeout has passed")
    return HandOver("its execution_timeout has passed; cancel_on_timeout=False lets the query run on", for_good=True)


def judge_kill(
    standing: Standing, *, can_be_found: bool, currency: Currency | None = None, was_away: bool = False
) -> KillVerdict:
    """Decide for a task that is ended from outside: marked, cleared, evicted, shut down, or superseded.

    :param standing: of the task by name; ``UNKNOWN`` where Airflow gave no answer, or one from which nothing follows.
    :param can_be_found: whether a retry is left, and can find the query.
    :param currency: of this very attempt; None before anybody asked.
    :param was_away: whether this process was frozen so long that Airflow may have given it up, as far as it can tell.
    """
    if standing.nobody_waits:
        return CancelQuery(f"its task {standing}", cleared=standing is Standing.CLEARED)
    if can_be_found:
        return HandOver("the next attempt finds it")
    if currency is None:
        return AskCurrency()
    if currency is Currency.CURRENT:
        return CancelQuery("its task is being ended in its last attempt")
    if currency is Currency.SUPERSEDED:
        return HandOver("another attempt has taken over")
    if was_away:
        return HandOver(
            "Airflow does not answer, and this process was away so long that another attempt may have taken over; if none "
            "has, VezaCancelOrphanedQueriesOperator finds the query by [veza] record_path"
        )
    return CancelQuery("its task is being ended in its last attempt, and Airflow does not answer")


@dataclass(frozen=True)
class Presence:
    """Whether a process has run all the time; it looks now and then at the clock and at the process that supervises it.

    :param seen_at: when it last looked.
    :param parent: the process id of its supervisor.
    :param longest_absence: how long it may go without a look.
    :param doubt: why another attempt may have taken over meanwhile; empty where there is no sign of that.
    :param is_alone: whether its supervisor is gone.
    """

    seen_at: datetime
    parent: int
    longest_absence: timedelta
    doubt: str = ""
    is_alone: bool = False

    def seen(self, now: datetime, parent: int) -> Presence:
        """Return the presence after one more look."""
        return replace(
            self, seen_at=now, is_alone=parent != self.parent, doubt=self.doubt_since(now, parent) or self.doubt
        )

    def doubt_since(self, now: datetime, parent: int) -> str:
        """Return why another attempt may have taken over since the last look; empty where there is no sign of that."""
        absence = abs(now - self.seen_at)
        if parent != self.parent:
            return "the process that supervised this one is gone"
        if absence > self.longest_absence:
            return f"this process did not run for {absence.total_seconds():.0f} s"
        return ""

    def assured(self, now: datetime) -> Presence:
        """Return the presence after Airflow has said that this attempt is the one that counts."""
        return replace(self, seen_at=now, doubt="")
