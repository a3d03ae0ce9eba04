"""How the model's Airflow answers: the provider's own classes that ask, down to the call that would leave the process."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from airflow_provider_veza.async_query.handle import HANDLE_KEY
from airflow_provider_veza.async_query.identity import TaskIdentity
from airflow_provider_veza.async_query.inquiries import Waiter
from airflow_provider_veza.async_query.standing import Answer
from airflow_provider_veza.ownership.asking import Database, ExecutionApi
from ownership.model import promises
from ownership.model.airflow_row import Attempt
from ownership.model.turnstile import current
from ownership.model.world import AnswerError, World


class ModelExecutionApi(ExecutionApi):
    """What workers and triggerers of Airflow 3 ask."""

    def __init__(self, world: World) -> None:
        self._world = world

    def task(self, identity: TaskIdentity) -> Answer:
        row = self._world.row

        def answer() -> Answer:
            if row.exists and row.state is None and not isinstance(current().process, Attempt):
                promises.when_told_no_state(self._world)
            return Answer(row.state) if row.exists else Answer(exists=False)

        return self._world.perform("asks how the task stands", answer, in_channel=True)

    def waiting_task(self, identity: TaskIdentity, try_number: int, *, is_remembered: bool) -> Answer:
        answer = self.task(identity)
        if answer.state != "deferred":
            return answer
        announced = self._world.perform("asks what the task has announced", lambda: announced_id(self._world))
        return Answer(answer.state, query_id=announced)


def require_own_id(world: World, attempt: Attempt) -> None:
    """Answer as the check of inlets and outlets does on Airflow 3.2."""

    def answer() -> None:
        if not world.row.lives(attempt):
            raise AnswerError(404)

    world.perform("asks whether its own id lives", answer, in_channel=True)
    attempt.asked_at = world.turn


def task_row(world: World, identity: TaskIdentity) -> Any:
    """Answer as the database does."""
    row = world.row

    def answer() -> Any:
        pid = row.process.own_pid if row.process is not None else None
        tries = {"try_number": row.try_number, "max_tries": row.max_tries}
        return SimpleNamespace(state=row.state, **tries, hostname="host", pid=pid, job_id=pid) if row.exists else None

    answered = world.perform("asks the database", answer)
    process = current().process
    if isinstance(process, Attempt):
        process.asked_at = world.turn
    return answered


def announced_id(world: World) -> str | None:
    announced = world.row.xcom.get(HANDLE_KEY)
    return announced["id"] if announced else None


def airflow_for_tasks(world: World) -> Any:
    return ModelExecutionApi(world) if world.rules.is_airflow_3 else Database()


async def answer_about(world: World, waiter: Waiter) -> Answer:
    """Answer a trigger that asks for itself."""
    is_remembered = world.rules.has_state_store or world.rules.has_file
    airflow = airflow_for_tasks(world)
    answer: Answer = airflow.waiting_task(waiter.identity, waiter.try_number, is_remembered=is_remembered)
    return answer
