"""A connection is found wherever Airflow keeps it, by every process that a user may ask from."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path

import pytest

from tools.real_airflow.configuration import airflow_environment, clean_environment, free_port, link_dags
from tools.real_airflow.deployment import Airflow
from tools.real_airflow.emulator import API_KEY, Emulator, start_emulator
from tools.real_airflow.processes import processes
from tools.real_airflow.release import installed_release
from tools.real_airflow.run_folder import REPOSITORY, claimed_run_folder

LIMIT = 300.0


class Source(StrEnum):
    """Where Airflow keeps connections, by the connection that only this source knows; asked in this order."""

    DATABASE = "veza_stored"
    ENVIRONMENT = "veza_set"
    SECRETS_BACKEND = "veza_secret"


HANDLE = {
    "v": 1,
    "service": "veza_nodes",
    "id": "no-such-query",
    "submitted_at": "2026-01-01T00:00:00+00:00",
    "deadline": "2026-01-02T00:00:00+00:00",
    "fingerprint": "f",
}

ASK_EACH = """
import json, os, runpy, sys

def run_package(*arguments):
    sys.argv = ["airflow_provider_veza", *arguments]
    try:
        runpy.run_module("airflow_provider_veza", run_name="__main__")
    except SystemExit:
        pass

for conn_id in os.environ["TESTED_CONN_IDS"].split():
    print("ASKED FOR", conn_id, flush=True)
    ask(conn_id)
"""
"""Each process asks for all connections, one after another, since to start it takes longer than to ask."""
DOCTOR = """
def ask(conn_id):
    run_package("doctor", "--conn-id", conn_id)
"""
CANCEL = """
def ask(conn_id):
    handle = json.loads(os.environ["TESTED_HANDLE"])
    run_package("cancel", json.dumps({**handle, "conn_id": conn_id}))
"""
NOTEBOOK = """
from datetime import UTC, datetime, timedelta
from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.hooks.veza import VezaHook
from airflow_provider_veza.services.veza_query import check_query
query = check_query({"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}).query

def ask(conn_id):
    deadline = Deadline.after(datetime.now(UTC), timedelta(hours=1))
    print("SUBMITTED", VezaHook(veza_conn_id=conn_id).submit(query, deadline=deadline).id)
"""
DAG_TEST = """
from stored_connection import tested

def ask(conn_id):
    print("ENDED", str(tested.test(run_conf={"conn_id": conn_id}).state).rpartition(".")[2].lower())
"""
LISTENER = """
import json, logging, os, sys, tempfile
from datetime import UTC, datetime
from pathlib import Path

os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"  # As Airflow's scheduler and API server say of themselves.
records = os.environ["AIRFLOW__VEZA__RECORD_PATH"] = Path(tempfile.mkdtemp()).as_uri()
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.identity import Fingerprint, RunLife, TaskIdentity
from airflow_provider_veza.async_query.record import Owner, QueryRecord
from airflow_provider_veza.ownership.marked import MarkedTask, cancel_marked
from airflow_provider_veza.ownership.records.record_path import RecordPathStore
logging.basicConfig(stream=sys.stdout, level=logging.INFO, force=True)

def ask(conn_id):
    handle = QueryHandle.from_json({**json.loads(os.environ["TESTED_HANDLE"]), "conn_id": conn_id})
    lost = TaskIdentity("access", "ask", conn_id)
    record = QueryRecord(lost, RunLife(max_tries=0), 1, Owner.TASK, Fingerprint({}), datetime.now(UTC), handle)
    RecordPathStore(records, lost).write(record, None)
    cancel_marked(MarkedTask(lost, is_over=True))
"""
ENTRIES = {
    "doctor": (DOCTOR, "THIS IS AN EMULATOR"),
    "cancel": (CANCEL, "Nothing was cancelled"),
    "notebook": (NOTEBOOK, "SUBMITTED "),
    "listener": (LISTENER, "was not cancelled: "),
    "dag.test": (DAG_TEST, "ENDED success"),
}
"""The ways to use the provider without a scheduler, and what each says that has found its connection."""
Answers = Callable[[str], Mapping[str, str]]


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with claimed_run_folder(f"connections-{installed_release().series}") as folder:
        link_dags(folder, [REPOSITORY / "tests" / "airflow" / "dags" / "stored_connection.py"])
        yield folder


@pytest.fixture(scope="module")
def tenant(home: Path) -> Iterator[Emulator]:
    with processes() as started:
        yield start_emulator(started, home, clean_environment())


@pytest.fixture(scope="module")
def unscheduled(home: Path, tenant: Emulator) -> Mapping[str, str]:
    """The environment of an Airflow of which nothing runs, and of which each source knows one connection."""
    kept = home / "connections.json"
    kept.write_text(json.dumps({Source.SECRETS_BACKEND: connection(tenant)}))
    environment = airflow_environment(installed_release().generation, home, f"sqlite:///{home}/airflow.db", free_port())
    environment |= {
        "PYTHONPATH": os.pathsep.join((str(REPOSITORY), str(home / "dags"))),
        "TESTED_CONN_IDS": " ".join(Source),
        "TESTED_HANDLE": json.dumps({**HANDLE, "tenant": tenant.url}),
        f"AIRFLOW_CONN_{Source.ENVIRONMENT.upper()}": json.dumps(connection(tenant)),
        "AIRFLOW__SECRETS__BACKEND": "airflow.secrets.local_filesystem.LocalFilesystemBackend",
        "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps({"connections_file_path": str(kept)}),
    }
    stored = json.dumps(connection(tenant))
    for command in (("db", "migrate"), ("connections", "add", Source.DATABASE, "--conn-json", stored)):
        ended = run(environment, "-m", "airflow", *command)
        assert ended.returncode == 0, ended.stdout[-8000:]
    return environment


def connection(tenant: Emulator) -> dict[str, str]:
    return {"conn_type": "veza", "host": tenant.url, "password": API_KEY}


def run(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (sys.executable, *arguments),
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT,
        check=False,
    )


@pytest.fixture(scope="module")
def answers(unscheduled: Mapping[str, str]) -> Answers:
    """Return what the process of an entry said when it was asked for each connection."""

    @cache
    def of(entry: str) -> Mapping[str, str]:
        ended = run(unscheduled, "-c", ENTRIES[entry][0] + ASK_EACH)
        said = {part.split()[0]: part for part in ended.stdout.split("ASKED FOR ")[1:]}
        assert set(said) == set(Source), ended.stdout[-8000:]
        return said

    return of


@pytest.mark.parametrize("source", list(Source), ids=lambda source: source.name.lower())
@pytest.mark.parametrize("entry", ENTRIES)
def test_without_a_scheduler_a_connection_is_found(answers: Answers, entry: str, source: Source) -> None:
    _, says = ENTRIES[entry]

    assert says in answers(entry)[source]


def test_worker_and_triggerer_find_a_connection_of_the_database(airflow: Airflow, tenant: Emulator) -> None:
    airflow.api.add_connection(Source.DATABASE, **connection(tenant))

    task = airflow.trigger("stored_connection").wait("success").task("ask")

    assert task.xcom()
    assert task.trigger_log_text(), "it never deferred"
