"""Deferred tasks whose queries end: real triggerers notice, real workers land the rows; a triggerer may be killed meanwhile."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.results.reading import read_manifest
from tools.bench_rig.rig import ALIVE, Database, let_open_many_files
from tools.bench_rig.stored import DAG_ID, map_index, number_of, run_id
from tools.real_airflow.configuration import clean_environment
from tools.real_airflow.deployment import BOOT_LIMIT, Airflow, running_airflow
from tools.real_airflow.emulator import Emulator, start_emulator
from tools.real_airflow.processes import processes
from tools.real_airflow.release import Role

CONN_ID = "veza_default"
DAGS = Path(__file__).parent / "dags"
MOST_LOOKS_A_SECOND = 200.0
SHARE_OF_LIMIT = 4
CLAIM_LIMIT = 600.0
RESUME_LIMIT = 3_000.0
SETTINGS = {
    "AIRFLOW__CORE__PARALLELISM": "8",
    "AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG": "1000",
    # At the defaults an API server on two busy cores runs out of connections, and tasks fail with a timeout.
    "AIRFLOW__DATABASE__SQL_ALCHEMY_POOL_SIZE": "20",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_MAX_OVERFLOW": "20",
    "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "30",
}
CLAIMED = "select count(*) from trigger where triggerer_id is not null"
OF_TRIGGERERS = "select triggerer_id, count(*) from trigger group by triggerer_id order by min(triggerer_id)"
TASKS = (
    "select run_id, map_index, state, extract(epoch from scheduled_dttm), extract(epoch from end_date), try_number "
    "from task_instance where state <> 'deferred'"
)


@dataclass(frozen=True)
class Story:
    """So many wait, so many of their queries end, over so many seconds; one of two triggerers is killed, or there is one."""

    waiting: int
    ended: int
    over_seconds: float = 0.0
    is_one_killed: bool = False

    @property
    def interval(self) -> float:
        """Return the seconds between two looks, so that the emulated tenant bears them all."""
        return max(2.0, self.waiting / MOST_LOOKS_A_SECOND)


@dataclass(frozen=True)
class Task:
    """A task instance that waits no more."""

    number: int
    state: str | None
    noticed: float | None
    ended: float | None
    try_number: int


def resumed(home: Path, story: Story) -> dict[str, object]:
    """Play it, and return the figures."""
    let_open_many_files()
    with processes() as started:
        tenant = start_emulator(started, home, clean_environment())
        tenant.let_queries_run()
        pace = {"rate_limit": MOST_LOOKS_A_SECOND * SHARE_OF_LIMIT}
        settings = {
            **SETTINGS,
            **tenant.connection_environment(CONN_ID, **pace),
            "AIRFLOW__TRIGGERER__CAPACITY": str(story.waiting),
            "BENCH_RIG_LANDED": str(home / "landed"),
        }
        with running_airflow(home, [DAGS], settings) as airflow:
            return _play(airflow, tenant, Database(airflow.database), story)


def _play(airflow: Airflow, tenant: Emulator, database: Database, story: Story) -> dict[str, object]:
    airflow.wait_until(lambda: airflow.api.knows_dag(DAG_ID), "the DAG to be read", BOOT_LIMIT)
    if story.is_one_killed:
        airflow.start(Role.TRIGGERER)
        airflow.wait_until(lambda: database.number(ALIVE) > 1, "the second triggerer to work", BOOT_LIMIT)
    queries = [tenant.submit(_spec(number)) for number in range(story.waiting)]
    written = time.monotonic()
    _write_rows(airflow, tenant, queries, story)
    airflow.wait_until(lambda: database.number(CLAIMED) >= story.waiting, "all triggers to be claimed", CLAIM_LIMIT)
    claimed = time.monotonic() - written
    shares = [str(share) for _, share in database.rows(OF_TRIGGERERS)]
    began = time.time()
    finished, taken_over = _end_queries(airflow, tenant, database, queries, story)
    tasks = airflow.wait_until(lambda: _all_ended(database, story.ended), "all tasks to end", RESUME_LIMIT)
    return {
        "waiting, of which ended": f"{story.waiting}, {story.ended}",
        "seconds until all were claimed": f"{claimed:.0f} (by triggerer: {', '.join(shares)})",
        "seconds in which the queries ended": f"{max(finished.values()) - began:.1f}",
        **(
            {"seconds until the killed triggerer's were taken over": f"{taken_over:.0f}"} if story.is_one_killed else {}
        ),
        **_of_tasks(tasks, finished),
        **_of_tenant(airflow.home / "landed", tenant, queries, finished),
    }


def _spec(number: int) -> dict[str, Any]:
    """Return a query of its own, with the same rows as all others."""
    unlike = {"fn": "EQ", "property": "name", "value": f"number-{number}", "not": True}
    return {"source_node_types": {"nodes": [{"node_type": "OktaUser", "condition_expression": {"specs": [unlike]}}]}}


def _write_rows(airflow: Airflow, tenant: Emulator, queries: Sequence[str], story: Story) -> None:
    now = datetime.now(UTC)
    deadline = Deadline.after(now, timedelta(days=1))
    handles = [QueryHandle("veza_nodes", query, tenant.url, CONN_ID, now, deadline).to_json() for query in queries]
    file = airflow.home / "handles.json"
    file.write_text(json.dumps(handles))
    airflow.run_module("tools.bench_rig.rows", "handles", str(file), "--interval", str(story.interval))


def _end_queries(
    airflow: Airflow, tenant: Emulator, database: Database, queries: Sequence[str], story: Story
) -> tuple[Mapping[int, float], float]:
    """End every so many-th query, so that each triggerer has some; kill one triggerer in the middle."""
    finished: dict[int, float] = {}
    killed, began = 0.0, time.monotonic()
    for turn, number in enumerate(range(0, story.waiting, story.waiting // story.ended)):
        if turn == story.ended:
            break
        time.sleep(max(0.0, began + turn * story.over_seconds / story.ended - time.monotonic()))
        if story.is_one_killed and turn == story.ended // 2:
            airflow.component(Role.TRIGGERER).kill()
            killed = time.monotonic()
        tenant.finish(queries[number])
        finished[number] = time.time()
    if not story.is_one_killed:
        return finished, 0.0
    airflow.wait_until(lambda: len(database.rows(OF_TRIGGERERS)) == 1, "the other triggerer to have all", CLAIM_LIMIT)
    return finished, time.monotonic() - killed


def _all_ended(database: Database, number: int) -> list[Task] | None:
    tasks = list(_tasks(database))
    return tasks if sum(task.state in {"success", "failed"} for task in tasks) >= number else None


def _tasks(database: Database) -> Iterator[Task]:
    for run, index, state, noticed, ended, try_number in database.rows(TASKS):
        yield Task(number_of(run, index), state, noticed and float(noticed), ended and float(ended), try_number)


def _of_tasks(tasks: Sequence[Task], finished: Mapping[int, float]) -> dict[str, object]:
    good = [task for task in tasks if task.state == "success" and task.number in finished]
    noticed = [task.noticed - finished[task.number] for task in good if task.noticed]
    landed = [task.ended - finished[task.number] for task in good if task.ended]
    return {
        "tasks that succeeded": len(good),
        "tasks that ended otherwise": len(tasks) - len(good),
        "seconds from a query's end to its task being scheduled, p50, p95, most": _spread(noticed),
        "seconds from a query's end to its rows having landed, p50, p95, most": _spread(landed),
    }


def _of_tenant(
    landed: Path, tenant: Emulator, queries: Sequence[str], finished: Mapping[int, float]
) -> dict[str, object]:
    """Compare what has landed and what runs with what should."""
    expected = tenant.rows(queries[next(iter(finished))])
    right = sum(_landed(landed, number) == expected for number in finished)
    known = tenant.queries()
    running = {query["id"] for query in known if query["state"] in {"PENDING", "IN_PROGRESS"}}
    waiting = {query for number, query in enumerate(queries) if number not in finished}
    return {
        f"landings with exactly their {len(expected)} rows": right,
        "queries that still wait, and still run": len(waiting & running),
        "queries cancelled": sum(bool(query["cancelled"]) for query in known),
        "queries submitted twice": len(known) - len(queries),
    }


def _landed(folder: Path, number: int) -> list[Any] | None:
    path = folder / run_id(number) / str(map_index(number))
    return list(read_manifest(str(path))) if path.exists() else None


def _spread(seconds: Sequence[float]) -> str:
    if len(seconds) < 2:
        return str(seconds)
    parts = quantiles(seconds, n=100)
    return f"{parts[49]:.1f}, {parts[94]:.1f}, {max(seconds):.1f}"
