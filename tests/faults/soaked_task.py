"""One task of the soak, carried out against a tenant of its own by its plan, and all that is known of it afterwards."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Timer
from typing import Any

import requests
from airflow.providers.common.compat.sdk import AirflowFailException, TaskDeferred

from airflow_provider_veza.operators.query import VezaQueryOperator
from airflow_provider_veza.ownership.airflow_versions import HAS_TASK_SDK
from faults.mishaps import READ_TIMEOUT
from faults.plans import CacheUse, Plan
from support.served_tenant import AT_ONCE, UNTIL_FINISHED
from support.task_run import TaskRun, fire
from veza_emulator.http.server import RunningTenant
from veza_emulator.query.spec import read_query_spec
from veza_emulator.reading.fields import Fields, Findings
from veza_emulator.tenant.behaviours import Outcome
from veza_emulator.tenant.query_requests import AskedSpec, RunNow
from veza_emulator.tenant.tenant import Tenant

SetConnection = Callable[[str, str], None]
Later = Callable[[float, Callable[[], Any]], None]


class WorkerDiedError(Exception):
    """An attempt ended without a word."""


@dataclass(frozen=True)
class Ending:
    """What is known of a task when Airflow has no more to do for it.

    :param delivered: what its last attempt returned; None if it failed.
    :param errors: of its attempts, in order.
    :param announced: ids of the queries that it announced in XCom.
    """

    delivered: Any
    errors: tuple[Exception, ...]
    announced: frozenset[str]
    log: tuple[str, ...]

    @property
    def succeeded(self) -> bool:
        return self.delivered is not None


class LoggedQueryOperator(VezaQueryOperator):
    """The operator, whose log one can read on any Airflow."""

    task_log = logging.getLogger(__name__)

    @property
    def log(self) -> logging.Logger:
        return self.task_log


class LogLines(logging.Handler):
    """Keeps what a task logs."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


class SoakedRun(TaskRun):
    """A task instance that tells when it announces a query."""

    def __init__(self, make_operator: Callable[[], Any], *, retries: int, announced: Callable[[str], None]) -> None:
        super().__init__(make_operator, retries=retries)
        self.announced = announced

    def _new_process(self) -> dict[str, Any]:
        context = super()._new_process()
        context["ti"].xcom_push = self._push
        return context

    def _push(self, key: str, value: Any) -> None:
        self.xcom[key] = value
        if key == "veza_query":
            self.announced(value["id"])


def prepare_thread() -> None:
    """Let operators run in this thread; Airflow 2.11 prepares only the main one for that."""
    if not HAS_TASK_SDK:
        from airflow.models.baseoperator import ExecutorSafeguard

        ExecutorSafeguard._sentinel.callers = {}


def carry_out(plan: Plan, running: RunningTenant, set_connection: SetConnection) -> Ending:
    """Run a task to its end, with everything that its plan has in store for it."""
    conn_id = f"soak_{plan.number}"
    set_connection(conn_id, _connection(plan, running))
    task_log, lines = _log_of(conn_id)
    cache_id = _fill_cache(running.tenant, plan)
    announced: set[str] = set()
    with _clockwork() as later:
        _let_happen(plan, running.tenant, later)
        _knock(running)
        run = SoakedRun(
            lambda: _operator(plan, conn_id, cache_id, task_log),
            retries=plan.conduct.retries,
            announced=_on_announcement(plan, running.tenant, later, announced),
        )
        run.has_state_store = plan.conduct.remembers
        delivered, errors = _all_attempts(run, plan)
    return Ending(delivered, tuple(errors), frozenset(announced), tuple(lines.lines))


def _on_announcement(plan: Plan, tenant: Tenant, later: Later, announced: set[str]) -> Callable[[str], None]:
    """Return what lets an announced query end in its time; one that nobody can name never ends, and is found."""

    def note(query_id: str) -> None:
        announced.add(query_id)
        tenant.set_behaviour(UNTIL_FINISHED)
        if plan.course.seconds is not None:
            later(plan.course.seconds, lambda: tenant.finish(query_id))

    return note


def _all_attempts(run: SoakedRun, plan: Plan) -> tuple[Any, list[Exception]]:
    errors: list[Exception] = []
    while True:
        try:
            return _one_attempt(run, plan), errors
        except Exception as e:
            errors.append(e)
            if isinstance(e, AirflowFailException) or run.try_number > run.max_tries:
                return None, errors


def _one_attempt(run: SoakedRun, plan: Plan) -> Any:
    result = run.execute()
    if not isinstance(result, TaskDeferred):
        return result
    if plan.conduct.first_attempt_dies and run.try_number == 1:
        raise WorkerDiedError
    return run.resume(result, fire(result.trigger))


def _operator(plan: Plan, conn_id: str, cache_id: str, task_log: logging.Logger) -> LoggedQueryOperator:
    query = plan.query
    asked: dict[str, Any] = {"query_spec": query.spec, "result_kind": query.family.value}
    if query.cache is CacheUse.IMMEDIATE:
        asked["cache_mode"] = "immediate_run"
    if query.cache is CacheUse.ATTACHED:
        asked |= {"query_spec": None, "cache_mode": "cached_result_context", "cache_id": cache_id}
    operator = LoggedQueryOperator(
        task_id="ask",
        veza_conn_id=conn_id,
        deferrable=plan.conduct.deferrable,
        timeout=plan.conduct.timeout,
        poll_interval=0.05,
        **asked,
    )
    operator.task_log = task_log
    return operator


def _log_of(name: str) -> tuple[logging.Logger, LogLines]:
    task_log, lines = logging.getLogger(f"{__name__}.{name}"), LogLines()
    task_log.handlers = [lines]
    task_log.propagate = False
    task_log.setLevel(logging.INFO)
    return task_log, lines


def _connection(plan: Plan, running: RunningTenant) -> str:
    extra = {
        "page_size": plan.query.page_size,
        "rate_limit": 1_000,
        "read_timeout": READ_TIMEOUT,
        "stale_grace": 0.2,
    }
    return json.dumps({"conn_type": "veza", "host": running.url, "password": running.api_key, "extra": extra})


def _fill_cache(tenant: Tenant, plan: Plan) -> str:
    """Put the answer into the cache if the plan says that it is there, and return its cache id."""
    if plan.query.cache not in (CacheUse.WARM, CacheUse.ATTACHED):
        return ""
    tenant.set_behaviour(AT_ONCE)
    spec = plan.query.spec
    return tenant.create_nodes(RunNow(AskedSpec(read_query_spec(Fields(spec, Findings())), spec))).execution.cache_id


def _let_happen(plan: Plan, tenant: Tenant, later: Later) -> None:
    outcome = Outcome.FAIL if plan.course.first_fails else Outcome.SUCCEED
    tenant.set_behaviour(replace(UNTIL_FINISHED, outcome=outcome))
    for mishap in plan.mishaps:
        if mishap.after:
            later(mishap.after, lambda fault=mishap.fault: tenant.faults.add(fault))
        else:
            tenant.faults.add(mishap.fault)


def _knock(running: RunningTenant) -> None:
    bearer = {"Authorization": f"Bearer {running.api_key}"}
    requests.get(f"{running.url}/api/v1/assessments/queries", headers=bearer, timeout=120)


@contextmanager
def _clockwork() -> Iterator[Later]:
    """Yield what lets something happen later, unless the block has ended by then."""
    timers: list[Timer] = []

    def later(seconds: float, action: Callable[[], Any]) -> None:
        timer = Timer(seconds, action)
        timers.append(timer)
        timer.start()

    try:
        yield later
    finally:
        for timer in timers:
            timer.cancel()
        for timer in timers:
            timer.join()
