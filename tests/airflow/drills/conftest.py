"""Drills that only concern one task run side by side in one Airflow; each test then waits for the verdict over its own."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from drills.bench import Bench, Tenant
from drills.cluster import Cluster
from drills.drill import Outcome
from drills.judging import Judge, drills_side_by_side, outcome_alone, outcome_of, outcomes_for_table
from tools.real_airflow.deployment import Airflow
from tools.real_airflow.emulator import Emulator

__all__ = ["outcome_alone", "outcome_of"]

SIDE_BY_SIDE = 6


@pytest.fixture(scope="session")
def bench(airflow: Airflow, drill_tenants: dict[str, Emulator], drill_cluster: Cluster, drill_folder: Path) -> Bench:
    tenants = {Tenant(conn_id): tenant for conn_id, tenant in drill_tenants.items()}
    return Bench(airflow, {**tenants, Tenant.ESQL: drill_cluster}, drill_folder)


@pytest.fixture(scope="session")
def carry_out(bench: Bench) -> Judge:
    return lambda drill: drill.carry_out(bench)


@pytest.fixture(scope="session")
def under_way(request: pytest.FixtureRequest, carry_out: Judge) -> Iterator[dict[str, Future[Outcome]]]:
    with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="drill") as pool:
        yield {drill.name: pool.submit(carry_out, drill) for drill in drills_side_by_side(request.session)}


@pytest.fixture(scope="session")
def outcomes() -> Iterator[list[Outcome]]:
    with outcomes_for_table("drills") as seen:
        yield seen
