"""A connection is found wherever Airflow keeps it, by every process that a user may ask from."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools.real_airflow.configuration import airflow_environment, free_port, link_dag_folders
from tools.real_airflow.deployment import Airflow
from tools.real_airflow.emulator import API_KEY, Emulator
from tools.real_airflow.release import installed_release
from tools.real_airflow.run_folder import REPOSITORY, claimed_run_folder

LIMIT = 300.0
STORED = "veza_stored"
"""Only the database knows it."""
GIVEN = "veza_given"
"""Each source but the database knows it."""

SUBMIT = """
import os
from datetime import UTC, datetime, timedelta
from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.hooks.veza import VezaHook
from airflow_provider_veza.services.veza_query import check_query
query = check_query({"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}).query
deadline = Deadline.after(datetime.now(UTC), timedelta(hours=1))
handle = VezaHook(veza_conn_id=os.environ["TESTED_CONN_ID"]).submit(query, deadline=deadline)
print("SUBMITTED", handle.id)
"""
DAG_TEST = """
from stored_connection import tested
print("ENDED", str(tested.test().state).rpartition(".")[2].lower())
"""
LISTENER = """
import json
import logging
import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"  # As Airflow's scheduler and API server say of themselves.
records = os.environ["AIRFLOW__VEZA__RECORD_PATH"] = Path(tempfile.mkdtemp()).as_uri()
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.identity import Fingerprint, RunLife, TaskIdentity
from airflow_provider_veza.async_query.record import Owner, QueryRecord
from airflow_provider_veza.ownership.marked import MarkedTask, cancel_marked
from airflow_provider_veza.ownership.records.record_path import RecordPathStore

lost, now = TaskIdentity("access", "ask", "manual__1"), datetime.now(UTC)
handle = QueryHandle.from_json(json.loads(sys.argv[1]))
record = QueryRecord(lost, RunLife(max_tries=0), 1, Owner.TASK, Fingerprint({}), now, handle)
RecordPathStore(records, lost).write(record, None)
logging.basicConfig(stream=sys.stdout, level=logging.INFO, force=True)
cancel_marked(MarkedTask(lost, is_over=True))
"""
HANDLE = {
    "v": 1,
    "service": "veza_nodes",
    "id": "no-such-query",
    "submitted_at": "2026-01-01T00:00:00+00:00",
    "deadline": "2026-01-02T00:00:00+00:00",
    "fingerprint": "f",
}


@dataclass(frozen=True)
class Entry:
    """A way to use the provider without a scheduler."""

    name: str
    command: tuple[str, ...]
    says: str


ENTRIES = (
    Entry("doctor", ("-m", "airflow_provider_veza", "doctor", "--conn-id", "CONN_ID"), "THIS IS AN EMULATOR"),
    Entry("cancel", ("-m", "airflow_provider_veza", "cancel", "HANDLE"), "Nothing was cancelled"),
    Entry("notebook", ("-c", SUBMIT), "SUBMITTED "),
    Entry("listener", ("-c", LISTENER, "HANDLE"), "was not cancelled: "),
    Entry("dag.test", ("-c", DAG_TEST), "ENDED success"),
)
SOURCES = ("database", "environment", "secrets backend")


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with claimed_run_folder(f"connections-{installed_release().series}") as folder:
        link_dag_folders(folder, [REPOSITORY / "tests" / "airflow" / "dags"])
        yield folder


@pytest.fixture(scope="module")
def unscheduled(home: Path, emulator: Emulator) -> Mapping[str, str]:
    """The environment of an Airflow of which nothing runs; its database knows the connection."""
    database = f"sqlite:///{home}/airflow.db"
    environment = airflow_environment(installed_release().generation, home, database, free_port())
    environment |= {
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags" / "dags"),
        "PYTHONPATH": os.pathsep.join((str(REPOSITORY), str(REPOSITORY / "tests" / "airflow" / "dags"))),
        "DRILL_FOLDER": str(home),
    }
    run(environment, "-m", "airflow", "db", "migrate")
    run(environment, "-m", "airflow", "connections", "add", STORED, "--conn-json", connection(emulator))
    return environment


def connection(emulator: Emulator) -> str:
    return json.dumps({"conn_type": "veza", "host": emulator.url, "password": API_KEY})


def run(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (sys.executable, *arguments), env=dict(environment), capture_output=True, text=True, timeout=LIMIT, check=True
    )


@pytest.fixture(params=SOURCES)
def environment(
    request: pytest.FixtureRequest, unscheduled: Mapping[str, str], emulator: Emulator, tmp_path: Path
) -> Mapping[str, str]:
    """What the processes see where one source alone knows the connection."""
    if request.param == "database":
        return {**unscheduled, "TESTED_CONN_ID": STORED}
    asking = {**unscheduled, "TESTED_CONN_ID": GIVEN}
    if request.param == "environment":
        return {**asking, f"AIRFLOW_CONN_{GIVEN.upper()}": connection(emulator)}
    kept = tmp_path / "connections.json"
    kept.write_text(json.dumps({GIVEN: json.loads(connection(emulator))}))
    return {
        **asking,
        "AIRFLOW__SECRETS__BACKEND": "airflow.secrets.local_filesystem.LocalFilesystemBackend",
        "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps({"connections_file_path": str(kept)}),
    }


@pytest.mark.parametrize("entry", [pytest.param(entry, id=entry.name) for entry in ENTRIES])
def test_without_a_scheduler_a_connection_is_found(
    environment: Mapping[str, str], emulator: Emulator, entry: Entry
) -> None:
    conn_id = environment["TESTED_CONN_ID"]
    meant = {"CONN_ID": conn_id, "HANDLE": json.dumps({**HANDLE, "tenant": emulator.url, "conn_id": conn_id})}
    command = [meant.get(argument, argument) for argument in entry.command]

    ended = subprocess.run(
        (sys.executable, *command), env=dict(environment), capture_output=True, text=True, timeout=LIMIT, check=False
    )

    assert entry.says in ended.stdout, f"{ended.stdout}\n{ended.stderr}"[-8000:]


def test_worker_and_triggerer_find_a_connection_of_the_database(airflow: Airflow, emulator: Emulator) -> None:
    airflow.command("connections", "add", STORED, "--conn-json", connection(emulator))

    task = airflow.trigger("stored_connection").wait("success").task("ask")

    assert task.xcom()
    assert task.trigger_log_text(), "it never deferred"
