"""Drills that only concern one task run side by side in one Airflow; each test then waits for the verdict over its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from drills.bench import Bench, Tenant
from drills.cluster import Cluster
from drills.drill import Drill, Outcome
from tools.outcomes import keep
from tools.real_airflow.deployment import Airflow
from tools.real_airflow.emulator import Emulator
from tools.real_airflow.release import installed_release

SIDE_BY_SIDE = 6

Judge = Callable[[Drill], Outcome]


@pytest.fixture(scope="session")
def bench(airflow: Airflow, drill_tenants: dict[str, Emulator], drill_cluster: Cluster, drill_folder: Path) -> Bench:
    tenants = {Tenant(conn_id): tenant for conn_id, tenant in drill_tenants.items()}
    return Bench(airflow, {**tenants, Tenant.ESQL: drill_cluster}, drill_folder)


@pytest.fixture(scope="session")
def under_way(request: pytest.FixtureRequest, bench: Bench) -> Iterator[dict[str, Future[Outcome]]]:
    items = [item for item in request.session.items if "outcome_of" in getattr(item, "fixturenames", ())]
    drills: list[Drill] = [item.callspec.params["drill"] for item in items]
    with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="drill") as pool:
        yield {drill.name: pool.submit(drill.carry_out, bench) for drill in drills}


@pytest.fixture(scope="session")
def outcomes() -> Iterator[list[Outcome]]:
    """All outcomes of the session; written down for the table when it ends."""
    seen: list[Outcome] = []
    yield seen
    keep(f"drills-{installed_release().series}", [outcome.row() for outcome in seen], key=("subject", "event"))


@pytest.fixture
def outcome_of(under_way: dict[str, Future[Outcome]], outcomes: list[Outcome]) -> Judge:
    """Return the outcome of a drill that runs beside others."""

    def judge(drill: Drill) -> Outcome:
        outcomes.append(under_way[drill.name].result())
        return outcomes[-1]

    return judge


@pytest.fixture
def outcome_alone(bench: Bench, under_way: dict[str, Future[Outcome]], outcomes: list[Outcome]) -> Judge:
    """Carry out a drill that no other may feel, when all that run side by side are over."""

    def judge(drill: Drill) -> Outcome:
        for other in under_way.values():
            other.exception()
        outcomes.append(drill.carry_out(bench))
        return outcomes[-1]

    return judge
