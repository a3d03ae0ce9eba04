"""Tasks are killed while no triggerer runs: nobody is there to cancel but the listener, the worker, and the sweep.

Airflow is booted anew for this: its listener would do the work of other drills.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pytest

from tools.real_airflow.configuration import PATIENT, clean_environment
from tools.real_airflow.dag_runs import DagRun, TaskInstance
from tools.real_airflow.deployment import Airflow, Database, running_airflow
from tools.real_airflow.emulator import Emulator, start_emulator
from tools.real_airflow.processes import processes
from tools.real_airflow.release import Generation, Role, installed_release
from tools.real_airflow.run_folder import REPOSITORY, claimed_run_folder
from tools.real_airflow.waiting import wait_until

Summary = dict[str, int]

DAG_FILES = [
    REPOSITORY / "example_dags" / "example_veza_cancel_orphans.py",
    REPOSITORY / "tests" / "airflow" / "dags" / "drill_orphans.py",
]
"""Nothing else, so that Airflow has read them soon."""

LIMIT = 60.0


class Left(StrEnum):
    """What has left queries behind."""

    MARKED_RUNNING = "running task marked failed"
    MARKED_FAILED = "task marked failed"
    MARKED_SUCCESS = "task marked success"
    RUN_FAILED = "run marked failed"
    CLEARED = "task cleared while its DAG is paused"
    RUN_DELETED = "run deleted"
    RUN_ENDED = "run ended after its submit task"
    NOTHING = "nothing: its query is waited for"


DAGS = {
    Left.MARKED_RUNNING: "drill_orphans_running",
    Left.MARKED_FAILED: "drill_orphans_task",
    Left.MARKED_SUCCESS: "drill_orphans_task",
    Left.RUN_FAILED: "drill_orphans_run",
    Left.CLEARED: "drill_orphans_paused",
    Left.RUN_DELETED: "drill_orphans_task",
    Left.RUN_ENDED: "drill_orphans_submit",
    Left.NOTHING: "drill_orphans_task",
}
ORPHANED = set(Left) - {Left.NOTHING}
HAS_LISTENER = installed_release().generation is Generation.THREE
# A run that goes on must be marked failed before Airflow 3 deletes it.
HEARD = {Left.MARKED_FAILED, Left.MARKED_SUCCESS, Left.RUN_FAILED, Left.RUN_DELETED} if HAS_LISTENER else set()
# Of a task that runs, the worker takes care; where there is a listener, both do.
CANCELLED_BEFORE_THE_SWEEP = HEARD | {Left.MARKED_RUNNING}


@dataclass(frozen=True)
class Scene:
    """An Airflow whose triggerer was killed, and the runs that were deferred then, each with its queries."""

    airflow: Airflow
    tenant: Emulator
    records: Path
    runs: dict[Left, DagRun]
    queries: dict[Left, set[str]]

    def cancelled(self) -> set[Left]:
        """Return whose queries are cancelled by now, all of them."""
        ids = {query["id"] for query in self.tenant.queries() if query["cancelled"]}
        return {left for left, own in self.queries.items() if own <= ids}

    def strike(self) -> None:
        """Do what leaves queries behind."""
        self.airflow.api.set_paused(DAGS[Left.CLEARED], paused=True)
        self.runs[Left.MARKED_RUNNING].task("ask").mark_failed()
        self.runs[Left.MARKED_FAILED].task("ask").mark_failed()
        self.runs[Left.MARKED_SUCCESS].task("ask").mark_success()
        self.runs[Left.RUN_FAILED].mark_failed()
        self.runs[Left.CLEARED].task("ask").clear()
        self.runs[Left.RUN_DELETED].delete()

    def sweep(self, dag_id: str = "drill_orphans_sweep", task_id: str = "sweep") -> Summary:
        """Run a sweep and return its summary."""
        summary: Summary = self.airflow.trigger(dag_id).wait("success").task(task_id).xcom()
        return summary


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with claimed_run_folder(f"airflow-{installed_release().series}-orphans") as folder, processes() as started:
        tenant = start_emulator(started, folder, clean_environment())
        tenant.let_queries_run()
        records = folder / "records"
        settings = {
            **PATIENT,
            "AIRFLOW__VEZA__RECORD_PATH": records.as_uri(),
            "AIRFLOW__VEZA__CANCEL_ON_MARKED": "True",
            **tenant.connection_environment(),
        }
        with running_airflow(folder, DAG_FILES, settings, Database.POSTGRES) as airflow:
            runs = {left: airflow.trigger(dag_id) for left, dag_id in DAGS.items()}
            queries = {left: _queries(run) for left, run in runs.items()}
            airflow.component(Role.TRIGGERER).kill()
            yield Scene(airflow, tenant, records, runs, queries)


def _queries(run: DagRun) -> set[str]:
    """Return the queries of a run once it has submitted all and waits, or has nothing to wait for."""
    match run.dag_id:
        case "drill_orphans_submit":
            run.wait("success")
        case "drill_orphans_run":
            run.task("then").wait("deferred")
        case "drill_orphans_running":
            run.task("ask").wait("running")
        case _:
            run.task("ask").wait("deferred")
    return {_announced(task) for task in run.tasks()}


def _announced(task: TaskInstance) -> str:
    handle = wait_until(lambda: task.xcom("veza_query"), f"{task} to announce its query", LIMIT, task.log_text)
    return str(handle["id"])


@pytest.fixture(scope="module")
def cancelled_at_once(scene: Scene) -> set[Left]:
    """Strike, and wait for what worker and listener have to do."""
    scene.strike()
    scene.airflow.wait_until(lambda: scene.cancelled() >= CANCELLED_BEFORE_THE_SWEEP, "worker and listener to cancel")
    return scene.cancelled()


@pytest.fixture(scope="module")
def first_sweep(scene: Scene, cancelled_at_once: set[Left]) -> Summary:
    return scene.sweep()


def test_a_mark_is_acted_on_at_once_where_airflow_tells_of_it(cancelled_at_once: set[Left]) -> None:
    assert cancelled_at_once == CANCELLED_BEFORE_THE_SWEEP


@pytest.mark.usefixtures("first_sweep")
@pytest.mark.parametrize("left", sorted(ORPHANED))
def test_after_the_sweep_no_query_runs_that_was_left_behind(scene: Scene, left: Left) -> None:
    assert left in scene.cancelled()


def test_the_sweep_cancels_only_what_nobody_waits_for(scene: Scene, first_sweep: Summary) -> None:
    left_to_it = sum(len(scene.queries[left]) for left in ORPHANED - CANCELLED_BEFORE_THE_SWEEP)

    assert scene.cancelled() == ORPHANED
    assert (first_sweep["cancelled"], first_sweep["kept"], first_sweep["failed"]) == (left_to_it, 1, 0)


@pytest.mark.usefixtures("first_sweep")
def test_no_cancel_is_sent_for_what_is_waited_for(scene: Scene) -> None:
    sent = {request["query_id"] for request in scene.tenant.journal() if request["path"].endswith("async_cancel")}

    assert sent == {query for left in ORPHANED for query in scene.queries[left]}


@pytest.mark.usefixtures("first_sweep")
def test_the_example_of_a_sweep_leaves_alone_what_is_waited_for(scene: Scene) -> None:
    found = scene.sweep("example_veza_cancel_orphans", "cancel_orphans")

    assert found == {**dict.fromkeys(found, 0), "examined": 1, "kept": 1}


@pytest.mark.usefixtures("first_sweep")
def test_the_query_that_is_waited_for_outlives_the_sweep_and_delivers_its_rows(scene: Scene) -> None:
    [query] = scene.queries[Left.NOTHING]
    scene.tenant.finish(query)
    scene.airflow.start(Role.TRIGGERER)

    rows = scene.runs[Left.NOTHING].wait("success").task("ask").xcom()

    assert rows == scene.tenant.rows(query)
    assert list(scene.records.iterdir()) == []
