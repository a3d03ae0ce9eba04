"""Whether an attempt still counts, read from what Airflow answers; the drills show that it answers so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from types import SimpleNamespace
from typing import Any

import pytest

from airflow_provider_veza.async_query.ending import Currency
from airflow_provider_veza.async_query.identity import RunLife, TaskIdentity
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
