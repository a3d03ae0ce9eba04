"""One real Airflow for all tests here, of the version that the interpreter has, and one emulated tenant.

This folder stays without __init__.py: as a package it could be imported in the place of Airflow.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from drills.activity import ACTIVITY
from drills.cluster import Cluster, start_cluster
from drills.selection import MEANINGS
from example_runs import SIDE_BY_SIDE, ExampleRuns
from killed_landing import KilledLanding, kill_a_landing

from tools.real_airflow.configuration import PATIENT, clean_environment
from tools.real_airflow.deployment import Airflow, running_airflow
from tools.real_airflow.emulator import Emulator, start_emulator
from tools.real_airflow.processes import interrupt_on_signals, processes
from tools.real_airflow.release import installed_release
from tools.real_airflow.run_folder import REPOSITORY, claimed_run_folder

# Shorter than by default, since a test waits for each of these; long enough for a loaded machine.
DRILL_SETTINGS = {
    **PATIENT,
    "AIRFLOW__CORE__PARALLELISM": "16",
    "AIRFLOW__CORE__TASK_SUCCESS_OVERTIME": "5",
    "AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC": "2",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "15",
    "AIRFLOW__SCHEDULER__SCHEDULER_ZOMBIE_TASK_THRESHOLD": "15",
    # Airflow 2.11 fails the retry of a lost task as well, if it finds the task once more before its parser has run the callback.
    "AIRFLOW__SCHEDULER__ZOMBIE_DETECTION_INTERVAL": "10",
    "AIRFLOW__SCHEDULER__PARSING_PROCESSES": "2",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "15",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "3",
    "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "2",
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "12",
}
PREVIEW = {"AIRFLOW__VEZA__PREVIEW_ROWS": "10"}
"""The page of a query shows rows only where it is told to."""
SLOW_SUBMIT_SECONDS = 4.0
OF_EXAMPLES, OF_LANDINGS = "veza_default", "veza_landing"
OF_DRILLS = ("veza_drill", "veza_slow", "veza_forgetful")
CONNECTIONS = (OF_EXAMPLES, OF_LANDINGS, *OF_DRILLS)
"""Each leads to a tenant of its own."""


def pytest_configure(config: pytest.Config) -> None:
    interrupt_on_signals()
    meanings = {**MEANINGS, "shared_airflow": "a test in the one Airflow that most tests share; marked by itself"}
    for mark, meaning in meanings.items():
        config.addinivalue_line("markers", f"{mark}: {meaning}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that share one Airflow, so that others can run beside them."""
    for item in items:
        if "airflow" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.shared_airflow)


@pytest.fixture(scope="session", autouse=True)
def begun_early(request: pytest.FixtureRequest) -> None:
    """Begin at once what runs beside everything else, where any test here looks at it later."""
    wanted = {name for item in request.session.items for name in getattr(item, "fixturenames", ())}
    for name in ("killed_landing", "examples"):
        if name in wanted:
            request.getfixturevalue(name)


@pytest.fixture(scope="session")
def run_folder() -> Iterator[Path]:
    with claimed_run_folder(f"airflow-{installed_release().series}") as folder:
        yield folder


@pytest.fixture(scope="session")
def tenants(run_folder: Path) -> Iterator[dict[str, Emulator]]:
    """All tenants, by connection."""

    def start(conn_id: str) -> Emulator:
        return start_emulator(started, run_folder, clean_environment(), conn_id)

    with processes() as started, ThreadPoolExecutor(len(CONNECTIONS)) as pool:
        yield dict(zip(CONNECTIONS, pool.map(start, CONNECTIONS), strict=True))


@pytest.fixture(scope="session")
def emulator(tenants: dict[str, Emulator]) -> Emulator:
    """The tenant of the example DAGs, whose queries end by themselves."""
    return tenants[OF_EXAMPLES]


@pytest.fixture(scope="session")
def drill_tenants(tenants: dict[str, Emulator]) -> dict[str, Emulator]:
    """The tenants of the drills, by connection; their queries run until they are finished by hand."""
    for conn_id in OF_DRILLS:
        tenants[conn_id].let_queries_run()
    tenants["veza_slow"].delay_submits(SLOW_SUBMIT_SECONDS)
    return {conn_id: tenants[conn_id] for conn_id in OF_DRILLS}


@pytest.fixture(scope="session")
def landing_tenant(tenants: dict[str, Emulator]) -> Emulator:
    """The tenant of what lands, whose queries run until they are finished by hand."""
    tenants[OF_LANDINGS].let_queries_run()
    return tenants[OF_LANDINGS]


@pytest.fixture(scope="session")
def elasticsearch(run_folder: Path) -> Iterator[Cluster]:
    """The cluster of the example DAGs, whose queries end by themselves."""
    with processes() as started:
        yield start_cluster(started, run_folder, clean_environment(), "elasticsearch", ACTIVITY, duration=2.0)


@pytest.fixture(scope="session")
def drill_cluster(run_folder: Path) -> Iterator[Cluster]:
    """The cluster of the drills, whose queries run until they are finished by hand."""
    with processes() as started:
        yield start_cluster(started, run_folder, clean_environment(), "esql_drill", ACTIVITY)


@pytest.fixture(scope="session")
def drill_folder(run_folder: Path) -> Path:
    folder = run_folder / "drills"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def airflow(
    run_folder: Path,
    emulator: Emulator,
    landing_tenant: Emulator,
    drill_tenants: dict[str, Emulator],
    elasticsearch: Cluster,
    drill_cluster: Cluster,
    drill_folder: Path,
) -> Iterator[Airflow]:
    dag_folders = [REPOSITORY / "example_dags", REPOSITORY / "tests" / "airflow" / "dags"]
    settings = {**DRILL_SETTINGS, **PREVIEW, **_record_path(run_folder), **emulator.connection_environment()}
    for conn_id, tenant in {OF_LANDINGS: landing_tenant, **drill_tenants}.items():
        settings.update(tenant.connection_environment(conn_id, page_size=4))
    settings.update(
        elasticsearch.connection_environment("elasticsearch_default"),
        **drill_cluster.connection_environment("esql_drill"),
    )
    settings["DRILL_FOLDER"] = str(drill_folder)
    with running_airflow(run_folder, dag_folders, settings) as running:
        yield running


def _record_path(run_folder: Path) -> dict[str, str]:
    """Name a place for records where Airflow keeps none itself."""
    if installed_release().keeps_task_state:
        return {}
    return {"AIRFLOW__VEZA__RECORD_PATH": (run_folder / "records").as_uri()}


@pytest.fixture(scope="session")
def killed_landing(airflow: Airflow, landing_tenant: Emulator, drill_folder: Path) -> Iterator[KilledLanding]:
    """Return the future run whose landing is killed in the middle and gone on with."""
    with ThreadPoolExecutor(1, thread_name_prefix="landing") as pool:
        yield pool.submit(kill_a_landing, airflow, landing_tenant, drill_folder)


@pytest.fixture(scope="session")
def examples(airflow: Airflow) -> Iterator[ExampleRuns]:
    with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="example") as pool:
        yield ExampleRuns(airflow, pool)
        pool.shutdown(cancel_futures=True)
