"""How the test of a drill comes to its outcome, on one Airflow and on the cluster alike; where drills run is elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import pytest

from drills.drill import Drill, Outcome
from tools.outcomes import keep
from tools.real_airflow.release import installed_release

Judge = Callable[[Drill], Outcome]


def drills_side_by_side(session: pytest.Session) -> list[Drill]:
    """Return the drills of a session that run beside others."""
    items = [item for item in session.items if "outcome_of" in getattr(item, "fixturenames", ())]
    return [item.callspec.params["drill"] for item in items]


@contextmanager
def outcomes_for_table(name: str) -> Iterator[list[Outcome]]:
    """Collect the outcomes of a session, and write them down for the table when it ends."""
    seen: list[Outcome] = []
    yield seen
    keep(f"{name}-{installed_release().series}", [outcome.row() for outcome in seen], key=("subject", "event"))


@pytest.fixture
def outcome_of(under_way: dict[str, Future[Outcome]], outcomes: list[Outcome]) -> Judge:
    """Return the outcome of a drill that runs beside others."""

    def judge(drill: Drill) -> Outcome:
        outcomes.append(under_way[drill.name].result())
        return outcomes[-1]

    return judge


@pytest.fixture
def outcome_alone(carry_out: Judge, under_way: dict[str, Future[Outcome]], outcomes: list[Outcome]) -> Judge:
    """Carry out a drill that no other may feel, when all that run side by side are over."""

    def judge(drill: Drill) -> Outcome:
        for other in under_way.values():
            other.exception()
        outcomes.append(carry_out(drill))
        return outcomes[-1]

    return judge
