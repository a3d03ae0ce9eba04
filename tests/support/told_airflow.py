"""An Airflow that answers what a test tells it to; that the real one answers so is shown by the drills."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

from airflow_provider_veza.async_query.ending import Currency
from airflow_provider_veza.async_query.identity import TaskIdentity
from airflow_provider_veza.async_query.inquiries import Inquiry, Waiter
from airflow_provider_veza.async_query.standing import Answer
from airflow_provider_veza.ownership import asking
from airflow_provider_veza.ownership.attempt import Attempt

AT_WORK = Answer("running")


@dataclass
class ToldAirflow:
    """What Airflow says of every task, and of tasks by their id.

    :param before_answer: called before each answer; may raise instead.
    """

    answer: Answer = AT_WORK
    tasks: dict[str, Answer] = field(default_factory=dict)
    of_run: Answer = AT_WORK
    of_attempt: Currency = Currency.CURRENT
    before_answer: Callable[[], object] = lambda: None
    asked: list[str] = field(default_factory=list)
    inquiries: list[Inquiry] = field(default_factory=list)

    def task(self, identity: TaskIdentity) -> Answer:
        self._note("task")
        return self.tasks.get(identity.task_id, self.answer)

    def waiting_task(self, identity: TaskIdentity, try_number: int, *, is_remembered: bool) -> Answer:
        return self.task(identity)

    def waiting_tasks(self, inquiry: Inquiry, *, is_remembered: bool) -> Mapping[Waiter, Answer]:
        self.inquiries.append(inquiry)
        self._note("tasks")
        return {w: self.tasks.get(w.identity.task_id, self.answer) for w in inquiry.waiters}

    def run(self, identity: TaskIdentity) -> Answer:
        self._note("run")
        return self.of_run

    def currency(self, attempt: Attempt) -> Currency:
        self._note("currency")
        if self.of_attempt is Currency.UNKNOWN:
            raise ConnectionError("no answer")
        return self.of_attempt

    def does_not_answer(self) -> None:
        def fail() -> None:
            raise ConnectionError("no answer")

        self.before_answer = fail

    def _note(self, what: str) -> None:
        self.asked.append(what)
        self.before_answer()


@pytest.fixture(autouse=True)
def told_airflow(monkeypatch: pytest.MonkeyPatch) -> ToldAirflow:
    """Let tasks, triggers, sweep and listener of a test ask it instead of an Airflow that is not there."""
    told = ToldAirflow()
    monkeypatch.setattr(asking, "ExecutionApi", lambda: told)
    monkeypatch.setattr(asking, "Database", lambda: told)
    return told
