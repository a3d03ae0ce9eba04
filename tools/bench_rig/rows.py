"""Writes rows of Airflow's database as if tasks had deferred, in Airflow's own environment; the rig starts it as a process.

Airflow writes them one task process after another: a thousand take it minutes, which are not what is measured.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from airflow.models.base import Base
from airflow.models.connection import Connection
from airflow.models.dag import DagModel
from airflow.models.dag_version import DagVersion
from airflow.models.dagbundle import DagBundleModel
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.models.tasklog import LogTemplate
from airflow.models.trigger import Trigger
from airflow.utils.session import create_session
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from tools.bench_rig.kinds import CONN_ID, KINDS, Tenant
from tools.bench_rig.stored import DAG_ID, TASK_ID, map_index, run_id

BUNDLE = "bench-rig"
TIMEOUT = timedelta(days=1)


@dataclass(frozen=True)
class Deferred:
    """A task that waits: with which trigger, by its class and arguments."""

    classpath: str
    kwargs: Mapping[str, Any]


def main() -> None:
    """Write what the arguments say: a number of one kind, or one task for each handle in a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    for kind in KINDS:
        of_kind = kinds.add_parser(kind)
        of_kind.add_argument("url")
        of_kind.add_argument("authority")
        of_kind.add_argument("--triggers", type=int, required=True)
        of_kind.add_argument("--interval", type=float, required=True)
        of_kind.add_argument(
            "--from", type=int, default=0, dest="begin", help="the first one's number, which begins a run"
        )
    handles = kinds.add_parser("handles")
    handles.add_argument("file", type=Path)
    handles.add_argument("--interval", type=float, required=True)
    options = parser.parse_args()
    tasks = list(_deferred(options))
    begin = getattr(options, "begin", 0)
    with create_session() as session:
        if options.kind != "handles" and not begin:
            _store_connection(session, options.kind, Tenant(options.url, options.authority))
        write(session, tasks, begin)


def write(session: Session, tasks: list[Deferred], begin: int = 0) -> None:
    """Write runs of a hundred mapped task instances, all deferred, each with its trigger.

    :param begin: number of the first task.
    """
    now = datetime.now(UTC)
    version = _dag_version(session)
    _write_runs(session, sorted({run_id(begin + number) for number in range(len(tasks))}), version, now)
    triggers = [
        {"classpath": task.classpath, "kwargs": Trigger.encrypt_kwargs(dict(task.kwargs)), "created_date": now}
        for task in tasks
    ]
    ids = _insert(session, Trigger, triggers)
    common = {
        "dag_id": DAG_ID,
        "task_id": TASK_ID,
        "dag_version_id": version,
        "state": "deferred",
        "try_number": 1,
        "max_tries": 0,
        "start_date": now,
        "pool": "default_pool",
        "pool_slots": 1,
        "queue": "default",
        "priority_weight": 1,
        "hostname": "",
        "operator": "VezaQueryOperator",
        "executor_config": {},
        "next_method": "execute_complete",
        "next_kwargs": {},
        "trigger_timeout": now + TIMEOUT,
    }
    rows = [
        {**common, "run_id": run_id(number), "map_index": map_index(number), "trigger_id": trigger}
        for number, trigger in enumerate(ids, begin)
    ]
    _insert(session, TaskInstance, rows)


def _insert(session: Session, model: type[Base], rows: list[dict[str, Any]]) -> list[Any]:
    """Insert rows as the tables have them, with the models' defaults, and return their keys in order."""
    table = model.__table__
    key = next(iter(table.primary_key))
    inserted = insert(table).returning(key, sort_by_parameter_order=True)
    return list(session.connection().execute(inserted, rows).scalars())


def _deferred(options: argparse.Namespace) -> Iterator[Deferred]:
    if options.kind == "handles":
        yield from _of_handles(json.loads(options.file.read_text()), options.interval)
        return
    kind, tenant = KINDS[options.kind], Tenant(options.url, options.authority)
    for number in range(options.begin, options.begin + options.triggers):
        yield Deferred(*kind.trigger(number, options.interval, tenant).serialize())


def _of_handles(handles: Iterable[dict[str, Any]], interval: float) -> Iterator[Deferred]:
    from airflow_provider_veza.triggers.async_query import AsyncQueryTrigger

    for handle in handles:
        yield Deferred(*AsyncQueryTrigger(handle, fixed_interval=interval, cancel_on_kill=True).serialize())


def _store_connection(session: Session, kind: str, tenant: Tenant) -> None:
    """Store it where most people do: whoever looks it up asks the database."""
    connection = KINDS[kind].connection
    if connection is not None:
        fields = connection(tenant)
        extra = fields.pop("extra", None)
        session.add(Connection(CONN_ID, **fields, extra=json.dumps(extra) if extra else None))


def _dag_version(session: Session) -> UUID:
    """Return the DAG's version that Airflow has read from its file, or make one where no file is read."""
    newest = select(DagVersion.id).where(DagVersion.dag_id == DAG_ID).order_by(DagVersion.version_number.desc())
    if (found := session.scalar(newest)) is not None:
        return found
    made = DagVersion(dag_id=DAG_ID, version_number=1, bundle_name=BUNDLE)
    for row in (DagBundleModel(name=BUNDLE), DagModel(dag_id=DAG_ID, bundle_name=BUNDLE), made):
        session.add(row)
        session.flush()
    return made.id


def _write_runs(session: Session, runs: Iterable[str], version: UUID, now: datetime) -> None:
    common: dict[str, Any] = {
        "dag_id": DAG_ID,
        "run_type": "manual",
        "state": "running",
        "run_after": now,
        "start_date": now,
        "created_dag_version_id": version,
        "log_template_id": session.scalar(select(func.max(LogTemplate.id))),
        "conf": {},
    }
    _insert(session, DagRun, [{**common, "run_id": run} for run in runs])


if __name__ == "__main__":
    main()
