"""What Airflow's flags of a sensor make of the end of a wait: the same whether the query was poked for or deferred; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from airflow_provider_veza.async_query.polling import PollSchedule
from airflow_provider_veza.async_query.watch import Outcome

_SHORTEST_SECONDS = 1.0
"""So long waits Airflow's own backoff at least."""


class Fate(Enum):
    """What a sensor does when its wait has ended without success."""

    FAIL = "fail"
    SKIP = "skip"
    WAIT_ON = "wait on"


@dataclass(frozen=True)
class SensorFlags:
    """Airflow's flags that say what a failing sensor does.

    ``silent_fail`` forgives what may be better at the next look. A query that has ended stays ended, and a time that is up stays
    up, so these it does not forgive.
    """

    soft_fail: bool = False
    never_fail: bool = False
    silent_fail: bool = False

    @property
    def skips(self) -> bool:
        """Whether a failure skips the task."""
        return self.soft_fail or self.never_fail

    def fate(self, outcome: Outcome) -> Fate:
        """Return what an end of the wait, which is no success, means."""
        if outcome is Outcome.UNREACHABLE and self.silent_fail:
            return Fate.WAIT_ON
        return Fate.SKIP if self.skips else Fate.FAIL


@dataclass(frozen=True)
class PokeTimes:
    """How often a deferred sensor looks, by the arguments that say it to a poking one.

    :param poke_interval: None where the author left it to us.
    :param patience: how long the sensor waits.
    :param waited_before: how long the query was on its way when this sensor began to wait.
    """

    patience: timedelta
    poke_interval: timedelta | None = None
    exponential_backoff: bool = False
    max_wait: timedelta | None = None
    waited_before: timedelta = timedelta(0)

    def schedule(self, default_interval: timedelta) -> PollSchedule:
        """Return the schedule.

        :param default_interval: the first one of a growing schedule, where none is given.
        """
        if not self.exponential_backoff:
            return PollSchedule(fixed_interval=self.poke_interval.total_seconds() if self.poke_interval else None)
        first = (self.poke_interval or default_interval).total_seconds()
        longest = max((self.max_wait or self.patience).total_seconds(), _SHORTEST_SECONDS)
        return PollSchedule(min(first, longest), longest, doubles_from=self.waited_before.total_seconds())
