"""One cluster for all drills here, and its tenants; the drills of one run are carried out side by side, each on its own lane.

This folder is named so that it cannot be imported in the place of Celery.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue

import pytest
from drills.drill import Drill, Outcome
from drills.judging import Judge, drills_side_by_side, outcome_alone, outcome_of, outcomes_for_table
from drills.selection import MEANINGS, Mark
from lanes import Lane, Lanes
from settings import SHORT_TOKENS, recording_where_airflow_does_not
from surroundings import start_surroundings

from tools.real_airflow.celery_cluster import running_cluster
from tools.real_airflow.processes import interrupt_on_signals, processes
from tools.real_airflow.release import installed_release
from tools.real_airflow.run_folder import REPOSITORY, claimed_run_folder

__all__ = ["outcome_alone", "outcome_of"]

DAGS = REPOSITORY / "tests" / "celery_cluster" / "dags"
LANES = ["lane1", "lane2", "lane3"]
CONCURRENCY = 3
LINE_LIMIT = 300
# One of each way in which the promise once broke on a cluster.
IN_MAKE_TEST = {
    "frozen worker host: woken while its successor waits",
    "task beside a cleared one: the other cleared, then its own host killed",
    "worker in good order: SIGTERM, then SIGKILL after 30 s, as Kubernetes sends them, task waiting",
}


def pytest_configure(config: pytest.Config) -> None:
    interrupt_on_signals()
    config.addinivalue_line("markers", f"{Mark.SHORT}: {MEANINGS[Mark.SHORT]}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        drill = item.callspec.params.get("drill") if hasattr(item, "callspec") else None
        needs_no_cluster = "lanes" not in getattr(item, "fixturenames", ())
        if needs_no_cluster or (drill and drill.name in IN_MAKE_TEST):
            item.add_marker(getattr(pytest.mark, Mark.SHORT))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Say at once how long a drill took, and why it failed: the whole run takes long."""
    if report.when == "call" or report.failed:
        reason = "" if report.passed else f": {_first_line(report)}"
        print(f"\n{report.outcome} after {report.duration:.0f} s, {report.nodeid}{reason}", flush=True)


def _first_line(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message if crash else report.longrepr).splitlines()[0][:LINE_LIMIT]


@pytest.fixture(scope="session")
def lanes() -> Iterator[Lanes]:
    with claimed_run_folder(f"celery-{installed_release().series}") as folder, processes() as started:
        around = start_surroundings(started, folder)
        settings = {
            **around.settings(LANES),
            **SHORT_TOKENS,
            **recording_where_airflow_does_not(around.storage),
        }
        with pytest.MonkeyPatch.context() as patch, running_cluster(folder, [DAGS], settings, LANES, CONCURRENCY) as up:
            # What has landed is read here too.
            for name, value in around.storage.environment().items():
                patch.setenv(name, value)
            yield around.lanes(up)


@pytest.fixture(scope="session")
def carry_out(lanes: Lanes) -> Judge:
    return lanes.first.carry_out


@pytest.fixture(scope="session")
def under_way(request: pytest.FixtureRequest, lanes: Lanes) -> Iterator[dict[str, Future[Outcome]]]:
    free: SimpleQueue[Lane] = SimpleQueue()
    for lane in lanes.all:
        free.put(lane)

    def carry_out(drill: Drill) -> Outcome:
        lane = free.get()
        try:
            return lane.carry_out(drill)
        finally:
            free.put(lane)

    pool = ThreadPoolExecutor(len(lanes.all), thread_name_prefix="drill")
    yield {drill.name: pool.submit(carry_out, drill) for drill in drills_side_by_side(request.session)}
    pool.shutdown(cancel_futures=True)


@pytest.fixture(scope="session")
def outcomes() -> Iterator[list[Outcome]]:
    with outcomes_for_table("drills-celery") as seen:
        yield seen
