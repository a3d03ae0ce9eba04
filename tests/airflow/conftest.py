"""One real Airflow for all tests here, of the version that the interpreter has, and one emulated tenant.

This folder stays without __init__.py: as a package it could be imported in the place of Airflow.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from drills.activity import ACTIVITY
from drills.cluster import Cluster, start_cluster
from drills.selection import MEANINGS

from tools.real_airflow.configuration import clean_environment
from tools.real_airflow.deployment import Airflow, running_airflow
from tools.real_airflow.emulator import Emulator, start_emulator
from tools.real_airflow.processes import interrupt_on_signals, processes
from tools.real_airflow.release import installed_release
from tools.real_airflow.run_folder import REPOSITORY, claimed_run_folder

# Shorter than by default, since a test waits for each of these; long enough for a loaded machine.
DRILL_SETTINGS = {
    "AIRFLOW__CORE__PARALLELISM": "16",
    "AIRFLOW__CORE__TASK_SUCCESS_OVERTIME": "5",
    "AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC": "2",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "15",
    "AIRFLOW__SCHEDULER__SCHEDULER_ZOMBIE_TASK_THRESHOLD": "15",
    "AIRFLOW__SCHEDULER__ZOMBIE_DETECTION_INTERVAL": "3",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "15",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "3",
    "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "2",
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "12",
}
SLOW_SUBMIT_SECONDS = 4.0


def pytest_configure(config: pytest.Config) -> None:
    interrupt_on_signals()
    for mark, meaning in MEANINGS.items():
        config.addinivalue_line("markers", f"{mark}: {meaning}")


@pytest.fixture(scope="session")
def run_folder() -> Iterator[Path]:
    with claimed_run_folder(f"airflow-{installed_release().series}") as folder:
        yield folder


@pytest.fixture(scope="session")
def emulator(run_folder: Path) -> Iterator[Emulator]:
    with processes() as started:
        yield start_emulator(started, run_folder, clean_environment())


@pytest.fixture(scope="session")
def drill_tenants(run_folder: Path) -> Iterator[dict[str, Emulator]]:
    """The tenants of the drills, by connection; the example DAGs have their own, whose queries end by themselves."""
    with processes() as started:
        tenants = {
            conn_id: start_emulator(started, run_folder, clean_environment(), conn_id)
            for conn_id in ("veza_drill", "veza_slow", "veza_forgetful")
        }
        for tenant in tenants.values():
            tenant.let_queries_run()
        tenants["veza_slow"].delay_submits(SLOW_SUBMIT_SECONDS)
        yield tenants


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
    drill_tenants: dict[str, Emulator],
    elasticsearch: Cluster,
    drill_cluster: Cluster,
    drill_folder: Path,
) -> Iterator[Airflow]:
    dag_folders = [REPOSITORY / "example_dags", REPOSITORY / "tests" / "airflow" / "dags"]
    settings = {**DRILL_SETTINGS, **_record_path(run_folder), **emulator.connection_environment()}
    for conn_id, tenant in drill_tenants.items():
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
