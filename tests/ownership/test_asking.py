"""Whether an attempt still counts, read from what Airflow answers; the drills show that it answers so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from types import SimpleNamespace
from typing import Any

import pytest

from airflow_provider_veza.async_query.ending import Currency
from airflow_provider_veza.async_query.identity import RunLife, TaskIdentity
from airflow_provider_veza.async_query.inquiries import Inquiry, Waiter
from airflow_provider_veza.async_query.standing import Answer
from airflow_provider_veza.ownership import asking
from airflow_provider_veza.ownership.airflow_versions import UNUSED_KEY
from airflow_provider_veza.ownership.attempt import Attempt

# The fixture of this folder puts a told Airflow in the place of both; here they are meant themselves.
Database, ExecutionApi = asking.Database, asking.ExecutionApi

IDENTITY = TaskIdentity("access", "ask", "manual__1")
OWN = SimpleNamespace(hostname="host-1", pid=7, job_id="9")
ATTEMPT = Attempt(IDENTITY, RunLife(max_tries=1), 1, datetime(2026, 11, 22, tzinfo=UTC), OWN)


class State(str, Enum):  # noqa: UP042 - as Airflow has it
    RUNNING = "running"


def row(**changes: Any) -> SimpleNamespace:
    """The attempt's row as Airflow 2.11 keeps it: the job's id is a number there, and a text in the task."""
    return SimpleNamespace(
        **{"state": "running", "try_number": 1, "hostname": "host-1", "pid": 7, "job_id": 9, **changes}
    )


@pytest.mark.parametrize(
    ("kept", "currency"),
    [
        (row(), Currency.CURRENT),
        (row(state=State.RUNNING), Currency.CURRENT),
        (row(pid=None, job_id=None), Currency.CURRENT),
        (row(state="restarting"), Currency.CURRENT),
        (row(state="failed"), Currency.CURRENT),
        (row(state="failed", pid=8), Currency.CURRENT),
        (None, Currency.SUPERSEDED),
        (row(try_number=2, state="queued"), Currency.SUPERSEDED),
        (row(hostname="host-2"), Currency.SUPERSEDED),
        (row(pid=8), Currency.SUPERSEDED),
        (row(job_id=10), Currency.SUPERSEDED),
        (row(state="up_for_retry"), Currency.SUPERSEDED),
        (row(state=None), Currency.SUPERSEDED),
    ],
    ids=str,
)
def test_on_airflow_2_an_attempt_counts_while_the_row_is_its_own(
    monkeypatch: pytest.MonkeyPatch, kept: Any, currency: Currency
) -> None:
    monkeypatch.setattr(asking, "_task_row", lambda identity: kept)
    assert Database().currency(ATTEMPT) is currency


def test_on_airflow_2_a_task_that_no_supervisor_runs_cannot_be_superseded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_task_row", lambda identity: row(state="scheduled", try_number=2))
    under_dag_test = replace(ATTEMPT, ti=SimpleNamespace(hostname="", pid=None, job_id=None))
    assert Database().currency(under_dag_test) is Currency.CURRENT


@pytest.fixture
def task_instances(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Airflow's own table of task instances, empty, in a database of its own; adds rows."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils import session as airflow_sessions
    from sqlalchemy import create_engine
    from sqlalchemy.orm import Session, configure_mappers

    configure_mappers()  # What SQLAlchemy deprecates in Airflow's models is said of whoever asks first: it is not to be us.
    engine = create_engine("sqlite://")
    table = TaskInstance.__table__
    with engine.begin() as connection:
        names = ("dag_id", "task_id", "run_id", "map_index", "state", "try_number")
        columns = ", ".join(f"{name} {table.c[name].type.compile(engine.dialect)}" for name in names)
        connection.exec_driver_sql(f"create table task_instance ({columns})")

    def add(*rows: tuple[Any, ...]) -> None:
        with engine.begin() as connection:
            for row in rows:
                connection.exec_driver_sql("insert into task_instance values (?, ?, ?, ?, ?, ?)", row)

    @contextmanager
    def own_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    monkeypatch.setattr(airflow_sessions, "create_session", own_session)
    yield add
    engine.dispose()


def test_on_airflow_2_one_query_of_the_database_tells_how_all_tasks_stand(
    task_instances: Callable[..., None],
) -> None:
    task_instances(
        ("access", "ask", "r1", 0, "deferred", 1),
        ("access", "ask", "r1", 1, None, 1),
        ("access", "ask", "r2", 0, "running", 2),
        ("other", "ask", "r1", 2, "failed", 1),
    )
    waiters = [
        Waiter(TaskIdentity("access", "ask", run, index), 1)
        for run, index in (("r1", 0), ("r1", 1), ("r1", 2), ("r2", 0))
    ]
    answers = Database().waiting_tasks(Inquiry(tuple(waiters)), is_remembered=False)
    assert list(answers.values()) == [
        Answer("deferred"),
        Answer(None),
        Answer(exists=False),
        Answer("running", cannot_know=True),
    ]


def test_on_airflow_2_the_one_instance_that_is_meant_is_asked_for(task_instances: Callable[..., None]) -> None:
    task_instances(*(("access", "ask", "r1", index, "deferred", 1) for index in range(3)))
    waiter = Waiter(TaskIdentity("access", "ask", "r1", 2), 1)
    assert asking._task_rows(Inquiry((waiter,)))[0].map_index == 2
    assert len(asking._task_rows(Inquiry((waiter,)))) == 1


def test_on_airflow_3_one_call_tells_how_all_tasks_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def states(*names: Any) -> dict[str, dict[str, Any]]:
        asked.append(names)
        return {"r1": {"ask_0": "deferred", "ask_1": None}, "r2": {"ask_0": State.RUNNING}}

    monkeypatch.setattr(asking, "_states", states)
    waiters = [
        Waiter(TaskIdentity("access", "ask", run, index), 1)
        for run, index in (("r1", 0), ("r1", 1), ("r1", 2), ("r2", 0))
    ]
    answers = ExecutionApi().waiting_tasks(Inquiry(tuple(waiters)), is_remembered=True)
    assert list(answers.values()) == [Answer("deferred"), Answer(None), Answer(exists=False), Answer("running")]
    assert asked == [("access", ("ask",), ("r1", "r2"), None)]


class Store:
    """Airflow's task state store, which takes a removal or refuses it with a status."""

    def __init__(self, status: int | None = None) -> None:
        self.status = status
        self.removed: list[str] = []

    def delete(self, key: str) -> None:
        self.removed.append(key)
        if self.status:
            error = RuntimeError("refused")
            error.error = SimpleNamespace(detail={"status_code": self.status})  # type: ignore[attr-defined]
            raise error


@pytest.mark.parametrize(("status", "currency"), [(None, Currency.CURRENT), (404, Currency.SUPERSEDED)])
def test_on_airflow_3_an_attempt_counts_while_its_own_id_lives(status: int | None, currency: Currency) -> None:
    store = Store(status)
    assert ExecutionApi().currency(replace(ATTEMPT, state_store=store)) is currency
    assert store.removed == [UNUSED_KEY]


@pytest.mark.parametrize("status", [401, 403, 500])
def test_any_other_refusal_is_no_answer(status: int) -> None:
    with pytest.raises(RuntimeError):
        ExecutionApi().currency(replace(ATTEMPT, state_store=Store(status)))
