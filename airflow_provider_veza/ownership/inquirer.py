"""The one place of a triggerer's process that asks Airflow about waiting tasks: one inquiry at a time, beside all looks.

Whom to ask about, and when, is decided in :mod:`airflow_provider_veza.async_query.inquiries`, what an answer means in
:mod:`airflow_provider_veza.async_query.standing`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async

from airflow_provider_veza.async_query.inquiries import (
    Due,
    Inquiry,
    Waiter,
    inquiries,
    next_at,
    next_inquiry,
    pause_after,
)
from airflow_provider_veza.async_query.standing import DEFERRED, Answer, task_standing
from airflow_provider_veza.ownership.airflow_versions import HAS_TASK_STATE_STORE
from airflow_provider_veza.ownership.asking import airflow_for_tasks
from airflow_provider_veza.ownership.records.record_path import configured_record_path

log = logging.getLogger(__name__)

LONGEST_REST = 30.0
"""Seconds after which the calendar is read again: a wait that begins meanwhile is not due sooner."""


@dataclass(eq=False)
class Doubt:
    """Whether Airflow's last answer about a waiting task gave reason to ask about it alone; stale by one interval at most."""

    is_there: bool = False


@dataclass(eq=False)
class _Urgent:
    waiter: Waiter
    answer: asyncio.Future[Answer]

    def succeed(self, answer: Answer) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class Inquirer:
    """The inquiries of one event loop.

    Waits are asked about now and then, and together; a trigger that is being killed asks at once, together with whoever else
    asks while the inquiry before is still under way.
    """

    def __init__(self) -> None:
        self._dues: dict[Doubt, Due] = {}
        self._asked: dict[str, float] = {}
        self._urgent: list[_Urgent] = []
        self._channel = asyncio.Lock()
        self._calendar: asyncio.Task[None] | None = None
        self._hurry: asyncio.Task[None] | None = None

    @contextmanager
    def about(self, waiter: Waiter | None) -> Iterator[Doubt]:
        """Have Airflow asked now and then how a waiting task stands.

        :param waiter: None for one that nobody asks about.
        """
        doubt = Doubt()
        if waiter is None:
            yield doubt
            return
        self._dues[doubt] = Due.first(waiter, time.monotonic())
        self._calendar = self._calendar or _apart(self._keep_asking())
        try:
            yield doubt
        finally:
            del self._dues[doubt]

    async def answer(self, waiter: Waiter) -> Answer:
        """Ask at once how a task stands, and for which query it waits if it is deferred.

        :raises Exception: what Airflow's own code raises where it gives no answer.
        """
        urgent = _Urgent(waiter, asyncio.get_running_loop().create_future())
        self._urgent.append(urgent)
        self._hurry = self._hurry or _apart(self._answer_urgent())
        answer = await urgent.answer
        return answer if answer.state != DEFERRED else await self._ask_alone(waiter)

    async def _keep_asking(self) -> None:
        try:
            await self._ask_while_somebody_waits()
        finally:
            self._calendar = None
            self._asked.clear()

    async def _ask_while_somebody_waits(self) -> None:
        while (due_at := next_at(self._dues.values(), self._asked)) is not None:
            inquiry = next_inquiry(self._dues.values(), self._asked, time.monotonic())
            if inquiry is None:
                await asyncio.sleep(min(max(due_at - time.monotonic(), 0.0), LONGEST_REST))
                continue
            began = time.monotonic()
            await self._ask_by_calendar(inquiry)
            await asyncio.sleep(pause_after(time.monotonic() - began))

    async def _ask_by_calendar(self, inquiry: Inquiry) -> None:
        answers: Mapping[Waiter, Answer] = {}
        try:
            answers = await self._ask(inquiry)
        except Exception as e:
            tasks = len(inquiry.waiters)
            log.warning(
                "Airflow does not say how %s waiting tasks stand (%s: %s); they wait on. DAG %s.",
                *(tasks, type(e).__name__, e, inquiry.dag_id),
            )
        now = time.monotonic()
        self._asked[inquiry.dag_id] = now
        asked = frozenset(inquiry.waiters)
        for doubt, due in list(self._dues.items()):
            if due.waiter in asked:
                doubt.is_there = _gives_doubt(answers.get(due.waiter))
                self._dues[doubt] = due.after_inquiry(now)

    async def _answer_urgent(self) -> None:
        """Answer all; what ends this also ends the questions: the loop, or an SDK whose supervisor is gone."""
        together: list[_Urgent] = []
        try:
            while self._urgent:
                together, self._urgent = self._urgent, []
                for inquiry in inquiries(dict.fromkeys(urgent.waiter for urgent in together)):
                    await self._tell(inquiry, together)
        except asyncio.CancelledError:
            unanswered, self._urgent = [*together, *self._urgent], []
            for urgent in unanswered:
                urgent.fail(ConnectionAbortedError("the triggerer ends, or its supervisor is gone"))
            raise
        finally:
            self._hurry = None

    async def _tell(self, inquiry: Inquiry, together: Sequence[_Urgent]) -> None:
        """Ask, and tell those that are meant what came of it."""
        asked = frozenset(inquiry.waiters)
        waiting = [urgent for urgent in together if urgent.waiter in asked]
        try:
            answers = await self._ask(inquiry)
        except Exception as e:
            for urgent in waiting:
                urgent.fail(e)
        else:
            for urgent in waiting:
                urgent.succeed(answers[urgent.waiter])

    async def _ask_alone(self, waiter: Waiter) -> Answer:
        ask = sync_to_async(airflow_for_tasks().waiting_task, thread_sensitive=False)
        async with self._channel:
            return await ask(waiter.identity, waiter.try_number, is_remembered=_is_remembered())

    async def _ask(self, inquiry: Inquiry) -> Mapping[Waiter, Answer]:
        """Ask in a thread: on the event loop of a dying trigger, what the SDK offers fails or blocks the loop."""
        ask = sync_to_async(airflow_for_tasks().waiting_tasks, thread_sensitive=False)
        async with self._channel:
            return await ask(inquiry, is_remembered=_is_remembered())


async def answer_about(waiter: Waiter) -> Answer:
    """Ask at once; see :meth:`Inquirer.answer`."""
    return await inquirer().answer(waiter)


def inquirer() -> Inquirer:
    """Return the one of the running loop."""
    return _inquirers.setdefault(asyncio.get_running_loop(), Inquirer())


_inquirers: WeakKeyDictionary[asyncio.AbstractEventLoop, Inquirer] = WeakKeyDictionary()


def _gives_doubt(answer: Answer | None) -> bool:
    return task_standing(answer, is_deferred=True).nobody_waits


def _is_remembered() -> bool:
    return HAS_TASK_STATE_STORE or bool(configured_record_path())


def _apart(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Begin work that belongs to no trigger: its log lines are not to be taken for one's."""
    return asyncio.get_running_loop().create_task(work, context=Context())
