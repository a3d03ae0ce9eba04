"""One task instance over its attempts, as Airflow treats it: XCom is wiped for each attempt, the state store is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from airflow.providers.common.compat.sdk import TaskDeferred, get_listener_manager
from airflow.triggers.base import TriggerEvent

try:
    from airflow.sdk.execution_time.context import OutletEventAccessors
except ImportError:
    from airflow.utils.context import OutletEventAccessors

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.standing import Answer
from airflow_provider_veza.ownership.acceptance import ForgetOnAcceptance
from airflow_provider_veza.ownership.asking import airflow_for_tasks
from airflow_provider_veza.triggers.async_query import AsyncQueryTrigger


class StateStore:
    """Airflow 3.3's task state store: JSON values by key."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.fails_on: Callable[[str, Any], bool] = lambda action, value: False

    def get(self, key: str, default: Any = None) -> Any:
        self._maybe_fail("get", None)
        return self.values.get(key, default)

    def set(self, key: str, value: Any) -> None:
        self._maybe_fail("set", value)
        self.values[key] = value

    def delete(self, key: str) -> None:
        self._maybe_fail("delete", None)
        self.values.pop(key, None)

    def _maybe_fail(self, action: str, value: Any) -> None:
        if self.fails_on(action, value):
            raise ConnectionError("the state store does not answer")


class TaskRun:
    """A task instance; ``make_operator`` stands for the DAG file, which every process parses anew.

    Airflow accepts the success of an attempt and tells its listeners, unless ``loses_success``.
    """

    loses_success = False

    def __init__(self, make_operator: Callable[[], Any], *, retries: int = 1) -> None:
        self.make_operator = make_operator
        self.state_store = StateStore()
        self.has_state_store = True
        self.xcom: dict[str, Any] = {}
        self.try_number = 0
        self.retries = self.max_tries = retries
        self.clear_number = 0
        self.run_started = datetime(2026, 11, 22, tzinfo=UTC)
        self.operator: Any = None

    def start_attempt(self) -> dict[str, Any]:
        """Begin a new try in a new process: XCom is wiped, the operator parsed anew."""
        self.try_number += 1
        self.xcom.clear()
        self.started_at = datetime.now(UTC)
        return self._new_process()

    def execute(self) -> Any:
        """Run one attempt until it returns, raises or defers; a deferral returns the exception that carries it."""
        context = self.start_attempt()
        try:
            result = self.operator.execute(context)
        except TaskDeferred as deferral:
            return deferral
        self._accept(context)
        return result

    def resume(self, deferral: TaskDeferred, event: Any) -> Any:
        """Go on in a new process with what the trigger said."""
        context = self._new_process()
        kwargs = {**(deferral.kwargs or {}), "event": event}
        result = self.operator.resume_execution(deferral.method_name, kwargs, context)
        self._accept(context)
        return result

    def clear(self) -> None:
        """Do what a user's clear does to a task that does not run."""
        self.max_tries = self.try_number + 1

    def xcom_pull(self, *, key: str, **_: Any) -> Any:
        return self.xcom.get(key)

    def _accept(self, context: dict[str, Any]) -> None:
        """Do what Airflow does with an attempt that has returned."""
        if self.loses_success:
            return
        told: Any = airflow_for_tasks()
        before, told.answer = told.answer, Answer("success")
        for listener in get_listener_manager().pm.get_plugins():
            if isinstance(listener, ForgetOnAcceptance):
                listener.on_task_instance_success(context["ti"])
        told.answer = before

    def _new_process(self) -> dict[str, Any]:
        self.operator = self.make_operator()
        self.operator.retries = self.retries
        ti = SimpleNamespace(
            dag_id="access",
            task_id=self.operator.task_id,
            run_id="manual__1",
            map_index=-1,
            try_number=self.try_number,
            max_tries=self.max_tries,
            start_date=self.started_at,
            xcom_push=lambda key, value: self.xcom.__setitem__(key, value),
            xcom_pull=self.xcom_pull,
        )
        self.outlet_events = OutletEventAccessors()
        dag_run = SimpleNamespace(clear_number=self.clear_number, start_date=self.run_started)
        context = {"ti": ti, "task": self.operator, "dag_run": dag_run, "outlet_events": self.outlet_events}
        return {**context, "task_state_store": self.state_store} if self.has_state_store else context


def fire_late(trigger: AsyncQueryTrigger) -> dict[str, Any]:
    """Run a trigger that comes to run only when its deadline has passed, however fast this machine is."""
    trigger.deadline = Deadline(datetime.now(UTC))
    return fire(trigger)


def fire(trigger: AsyncQueryTrigger) -> dict[str, Any]:
    """Run a trigger, rebuilt from what Airflow would store of it, until its event."""

    async def first_event() -> TriggerEvent:
        _, kwargs = trigger.serialize()
        events = AsyncQueryTrigger(**kwargs).run()
        event = await anext(events)
        async for another in events:
            raise AssertionError(f"the trigger fired twice: {another}")
        return event

    return dict(asyncio.run(first_event()).payload)
