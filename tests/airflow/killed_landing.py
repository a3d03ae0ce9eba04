"""A landing that is killed in the middle; the wait for Airflow to notice passes beside other tests."""

from __future__ import annotations

import json
import os
import signal
from concurrent.futures import Future
from pathlib import Path
from typing import NamedTuple

from tools.real_airflow.dag_runs import DagRun
from tools.real_airflow.deployment import Airflow
from tools.real_airflow.emulator import Emulator

PATIENCE = 300.0


class Landed(NamedTuple):
    """A run that has gone on to its end, and the query whose rows it has landed."""

    run: DagRun
    query_id: str


KilledLanding = Future[Landed]


def kill_a_landing(airflow: Airflow, tenant: Emulator, folder: Path) -> Landed:
    """Run the DAG ``landing``, kill the task where it stands still, and wait until the run has succeeded."""
    run = airflow.trigger("landing")

    def query() -> str | None:
        return next((query["id"] for query in tenant.queries() if run.run_id in json.dumps(query["spec"])), None)

    query_id = airflow.wait_until(query, "the query", PATIENCE)
    tenant.finish(query_id)
    pid = folder / f"{run.run_id}.pid"
    said = airflow.wait_until(
        lambda: (pid.exists() and pid.read_text()) or None,
        "the landing to stand still",
        PATIENCE,
        evidence=run.task("ask").log_text,
    )
    os.kill(int(said), signal.SIGKILL)
    return Landed(run.wait("success", PATIENCE), query_id)
