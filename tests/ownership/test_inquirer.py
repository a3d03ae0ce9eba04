"""How a triggerer's process asks Airflow: one inquiry at a time, in few inquiries, and nobody waits for them but the dying."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from airflow_provider_veza.async_query import inquiries
from airflow_provider_veza.async_query.identity import TaskIdentity
from airflow_provider_veza.async_query.inquiries import Waiter
from airflow_provider_veza.async_query.standing import Answer
from airflow_provider_veza.ownership import inquirer as inquirer_module
from airflow_provider_veza.ownership.inquirer import Doubt, Inquirer
from support.told_airflow import ToldAirflow

CLEARED, ENDED, DEFERRED = Answer(None), Answer("failed"), Answer("deferred")


def waiter(task: str = "ask", index: int = -1, dag: str = "access") -> Waiter:
    return Waiter(TaskIdentity(dag, task, "r", index), 1)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every wait be due as soon as it begins, and again as soon as it was asked about."""
    for name in ("FIRST_AFTER", "LONGEST_AFTER", "BETWEEN_INQUIRIES", "SHORTEST_PAUSE"):
        monkeypatch.setattr(inquiries, name, 0.0)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not is_so():
            await asyncio.sleep(0)


async def doubts_of(waiters: list[Waiter], then: Callable[[list[Doubt]], bool]) -> list[bool]:
    inquirer = Inquirer()
    with inquirer.about(waiters[0]) as first, inquirer.about(waiters[-1]) as last:
        await until(lambda: then([first, last]))
        return [first.is_there, last.is_there]


@pytest.mark.usefixtures("at_once")
def test_a_wait_that_nobody_waits_for_any_more_is_doubted_and_no_other(told_airflow: ToldAirflow) -> None:
    told_airflow.answer, told_airflow.tasks["cleared"] = DEFERRED, CLEARED
    doubts = asyncio.run(doubts_of([waiter("waits"), waiter("cleared")], lambda found: found[1].is_there))
    assert doubts == [False, True]


@pytest.mark.usefixtures("at_once")
def test_an_airflow_that_does_not_answer_makes_nobody_doubt(
    told_airflow: ToldAirflow, caplog: pytest.LogCaptureFixture
) -> None:
    told_airflow.does_not_answer()
    doubts = asyncio.run(doubts_of([waiter()], lambda found: len(told_airflow.inquiries) > 2))
    assert doubts == [False, False]
    assert "Airflow does not say how 1 waiting tasks stand (ConnectionError: no answer)" in caplog.text


def test_a_wait_that_has_just_begun_is_not_asked_about(told_airflow: ToldAirflow) -> None:
    async def begin_and_end() -> None:
        with Inquirer().about(waiter()):
            await asyncio.sleep(0)

    asyncio.run(begin_and_end())
    assert told_airflow.inquiries == []


@pytest.mark.usefixtures("at_once")
def test_nothing_goes_on_once_nobody_waits(told_airflow: ToldAirflow) -> None:
    async def left() -> set[asyncio.Task[None]]:
        inquirer = Inquirer()
        with inquirer.about(waiter()):
            await until(lambda: bool(told_airflow.inquiries))
        await until(lambda: len(asyncio.all_tasks()) == 1)
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert asyncio.run(left()) == set()


@pytest.mark.usefixtures("at_once")
def test_a_dag_that_was_asked_about_leaves_its_turn_to_others_for_a_while(
    monkeypatch: pytest.MonkeyPatch, told_airflow: ToldAirflow
) -> None:
    monkeypatch.setattr(inquiries, "BETWEEN_INQUIRIES", 3_600.0)
    dags = [f"dag {number}" for number in range(5)]

    async def begin_one_after_another() -> None:
        inquirer = Inquirer()
        with ExitStack() as waits:
            for dag in dags:
                waits.enter_context(inquirer.about(waiter(dag=dag)))
                await until(lambda dag=dag: told_airflow.inquiries and told_airflow.inquiries[-1].dag_id == dag)

    asyncio.run(begin_one_after_another())
    assert [inquiry.dag_id for inquiry in told_airflow.inquiries] == dags


@pytest.mark.usefixtures("at_once")
def test_after_each_inquiry_whoever_answered_is_left_alone_by_how_long_it_took(
    monkeypatch: pytest.MonkeyPatch, told_airflow: ToldAirflow
) -> None:
    took: list[float] = []
    monkeypatch.setattr(inquirer_module, "pause_after", lambda seconds: took.append(seconds) or 0.0)
    told_airflow.before_answer = lambda: threading.Event().wait(0.02)
    asyncio.run(doubts_of([waiter()], lambda _found: len(told_airflow.inquiries) > 2))

    assert len(took) >= 2
    assert min(took) >= 0.02


def test_a_thousand_that_are_killed_at_once_are_told_by_a_few_inquiries(told_airflow: ToldAirflow) -> None:
    told_airflow.answer = ENDED
    waiters = [waiter(index=index) for index in range(1_000)]

    async def killed() -> list[Answer]:
        inquirer = Inquirer()
        return list(await asyncio.gather(*(inquirer.answer(one) for one in waiters)))

    assert asyncio.run(killed()) == [ENDED] * 1_000
    assert len(told_airflow.asked) <= 3


def test_only_the_deferred_are_asked_for_which_query_they_wait(told_airflow: ToldAirflow) -> None:
    told_airflow.answer, told_airflow.tasks["deferred"] = ENDED, DEFERRED

    async def killed() -> None:
        inquirer = Inquirer()
        await asyncio.gather(*(inquirer.answer(waiter(task)) for task in ("a", "b", "deferred")))

    asyncio.run(killed())
    assert told_airflow.asked.count("task") == 1


def test_an_answer_that_does_not_come_is_an_error_for_each_that_asked(told_airflow: ToldAirflow) -> None:
    told_airflow.does_not_answer()

    async def killed() -> list[Answer | BaseException]:
        inquirer = Inquirer()
        return list(await asyncio.gather(*(inquirer.answer(waiter(index=i)) for i in range(3)), return_exceptions=True))

    assert [type(answer) for answer in asyncio.run(killed())] == [ConnectionError] * 3


def test_questions_that_the_sdk_gives_up_since_its_supervisor_is_gone_are_an_error_for_each_that_asked(
    told_airflow: ToldAirflow,
) -> None:
    def give_up() -> None:
        # What run_coroutine_threadsafe raises in a thread whose coroutine is cancelled; asyncio makes its own error of it.
        raise concurrent.futures.CancelledError

    told_airflow.before_answer = give_up

    async def killed() -> list[Answer | BaseException]:
        inquirer = Inquirer()
        asked = (inquirer.answer(waiter(dag=f"dag {n}")) for n in range(3))
        async with asyncio.timeout(60):
            return list(await asyncio.gather(*asked, return_exceptions=True))

    assert [type(answer) for answer in asyncio.run(killed())] == [ConnectionAbortedError] * 3


@pytest.mark.usefixtures("at_once")
def test_one_inquiry_at_a_time_is_under_way(told_airflow: ToldAirflow) -> None:
    under_way, most = 0, 0
    lock = threading.Lock()

    def answer() -> None:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        asked = len(told_airflow.inquiries)
        threading.Event().wait(0.001 * (asked % 3))
        with lock:
            under_way -= 1

    told_airflow.before_answer = answer
    told_airflow.tasks["deferred"] = DEFERRED  # These are asked about once more, alone.

    async def ask_everything() -> None:
        inquirer = Inquirer()
        with inquirer.about(waiter("waits")):
            tasks = ["ended", "deferred"] * 10
            await asyncio.gather(*(inquirer.answer(waiter(task, dag=f"dag {n}")) for n, task in enumerate(tasks)))
            await until(lambda: any(q.task_ids == ("waits",) for q in told_airflow.inquiries))

    asyncio.run(ask_everything())
    assert most == 1
