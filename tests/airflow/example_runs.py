"""The example DAGs: each is run once, a few at a time, for every test here that looks at one."""

from __future__ import annotations

from concurrent.futures import Executor

from tools.real_airflow.dag_runs import DagRun
from tools.real_airflow.deployment import Airflow
from tools.real_airflow.run_folder import REPOSITORY

FIRST, FIRST_TASK = "example_veza_access_to_bucket", "who_can_reach_the_bucket"
UNUSED_ACCESS = "example_esql_unused_access"
SWEEP = "example_veza_cancel_orphans"
"""Asks Veza nothing, and needs a record path on every Airflow: it runs in test_orphans.py."""
EXAMPLES = sorted({path.stem for path in (REPOSITORY / "example_dags").glob("example_*.py")} - {SWEEP})
SIDE_BY_SIDE = 2
PATIENCE = 300.0
"""Seconds for one of them, beside others and on a loaded machine."""


class ExampleRuns:
    """Runs of all examples that go on to their ends in threads of their own."""

    def __init__(self, airflow: Airflow, pool: Executor) -> None:
        self._runs = {dag_id: pool.submit(_run, airflow, dag_id) for dag_id in EXAMPLES}

    def __getitem__(self, dag_id: str) -> DagRun:
        """Return a run that has succeeded.

        :raises RealAirflowError: when it has not.
        """
        return self._runs[dag_id].result()


def _run(airflow: Airflow, dag_id: str) -> DagRun:
    return airflow.trigger(dag_id).wait("success", PATIENCE)


def announced(run: DagRun) -> set[str]:
    """Return the ids of the queries that a run's tasks have told of."""
    handles = (task.xcom("veza_query") for task in run.tasks())
    return {handle["id"] for handle in handles if handle}
