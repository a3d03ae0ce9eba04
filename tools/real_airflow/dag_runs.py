"""A DAG run and its task instances, as a test or a person handles them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from tools.real_airflow.errors import UnexpectedEndError
from tools.real_airflow.rest_api import Json, MarkedState, RestApi, TaskInstanceKey
from tools.real_airflow.task_log import LogLine, task_log, trigger_log

T = TypeVar("T")

RUN_LIMIT = 120.0
ENDED_RUN = {"success", "failed"}
ENDED_TASK = {"success", "failed", "skipped", "upstream_failed", "removed"}


class Deployment(Protocol):
    """What a run needs of the Airflow that it runs in."""

    api: RestApi
    logs: Path

    def wait_until(self, look: Callable[[], T | None], what: str, within: float, evidence: Callable[[], str]) -> T:
        """Wait, and fail with evidence."""


class DagRun:
    """One run of a DAG."""

    def __init__(self, deployment: Deployment, dag_id: str, run_id: str) -> None:
        self.dag_id = dag_id
        self.run_id = run_id
        self._deployment = deployment

    @property
    def state(self) -> str:
        """Its state now."""
        return self._deployment.api.run_state(self.dag_id, self.run_id)

    def wait(self, state: str = "success", within: float = RUN_LIMIT) -> DagRun:
        """Wait for that state; a run that ends in another one fails at once, with its tasks' logs."""
        self._deployment.wait_until(lambda: self._reached(state), f"{self} to be {state}", within, self._evidence)
        return self

    def task(self, task_id: str, map_index: int = -1) -> TaskInstance:
        """Return one of its task instances, whether or not it exists yet."""
        return TaskInstance(self._deployment, TaskInstanceKey(self.dag_id, self.run_id, task_id, map_index))

    def tasks(self) -> list[TaskInstance]:
        """Return the task instances that exist now."""
        found = self._deployment.api.task_instances(self.dag_id, self.run_id)
        return [self.task(instance["task_id"], instance["map_index"]) for instance in found]

    def task_states(self) -> dict[str, str | None]:
        """Return the state of every task instance, by its name."""
        found = self._deployment.api.task_instances(self.dag_id, self.run_id)
        return {_name(instance["task_id"], instance["map_index"]): instance["state"] for instance in found}

    def mark_failed(self) -> None:
        """Mark the run failed, as a person does in the UI."""
        self._deployment.api.set_run_state(self.dag_id, self.run_id, MarkedState.FAILED)

    def delete(self) -> None:
        """Delete the run."""
        self._deployment.api.delete_run(self.dag_id, self.run_id)

    def __str__(self) -> str:
        return f"DAG run {self.dag_id} / {self.run_id}"

    def _reached(self, state: str) -> bool:
        current = self.state
        if current != state and current in ENDED_RUN:
            raise UnexpectedEndError(f"{self} ended as {current}, not {state}\n{self._evidence()}")
        return current == state

    def _evidence(self) -> str:
        logs = [f"--- {task}\n{task.log_text()}" for task in self.tasks()]
        return "\n".join([f"tasks: {self.task_states()}", *logs])


class TaskInstance:
    """One task instance of a run."""

    def __init__(self, deployment: Deployment, key: TaskInstanceKey) -> None:
        self.key = key
        self._deployment = deployment

    @property
    def state(self) -> str | None:
        """Its state now, None before it is scheduled and after it was cleared."""
        state = self._record().get("state")
        return None if state is None else str(state)

    @property
    def try_number(self) -> int:
        """Which attempt this is."""
        return int(self._record().get("try_number", 0))

    def wait(self, state: str, within: float = RUN_LIMIT) -> TaskInstance:
        """Wait for that state; a task that ends in another one fails at once, with its log."""
        self._deployment.wait_until(lambda: self._reached(state), f"{self} to be {state}", within, self.log_text)
        return self

    def log_text(self) -> str:
        """Return what its attempts logged so far, in worker and triggerer."""
        return "\n".join(line.text for line in self.log_lines())

    def log_lines(self) -> list[LogLine]:
        """Return the same line by line."""
        return task_log(self._deployment.logs, self.key)

    def trigger_log_text(self) -> str:
        """Return what its triggers logged, nothing if it never deferred."""
        return "\n".join(line.text for line in trigger_log(self._deployment.logs, self.key))

    def xcom(self, key: str = "return_value") -> Any:
        """Return what it pushed under that key, None if nothing."""
        return self._deployment.api.xcom(self.key, key)

    def mark_failed(self) -> None:
        """Mark it failed, as a person does in the UI."""
        self._deployment.api.set_task_state(self.key, MarkedState.FAILED)

    def mark_success(self) -> None:
        """Mark it a success, as a person does in the UI."""
        self._deployment.api.set_task_state(self.key, MarkedState.SUCCESS)

    def clear(self) -> None:
        """Clear it so that it runs again; on 2.11, of a mapped task, all instances."""
        self._deployment.api.clear_task(self.key)

    def __str__(self) -> str:
        return f"task {_name(self.key.task_id, self.key.map_index)} of {self.key.dag_id} / {self.key.run_id}"

    def _record(self) -> Json:
        found = self._deployment.api.task_instances(self.key.dag_id, self.key.run_id)
        wanted = (self.key.task_id, self.key.map_index)
        return next((instance for instance in found if (instance["task_id"], instance["map_index"]) == wanted), {})

    def _reached(self, state: str) -> bool:
        current = self.state
        if current != state and current in ENDED_TASK:
            raise UnexpectedEndError(f"{self} ended as {current}, not {state}\n{self.log_text()}")
        return current == state


def _name(task_id: str, map_index: int) -> str:
    return task_id if map_index < 0 else f"{task_id}[{map_index}]"
