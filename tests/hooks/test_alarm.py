"""An alarm is awaited as a sleep of asyncio is, and leaves nothing behind that lives until it goes off."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_veza.hooks.alarm import Alarm
from support.virtual_time import VirtualLoop, run

Pause = Callable[[float], Awaitable[None]]


def by_alarm() -> Pause:
    loop = asyncio.get_running_loop()
    alarm = Alarm(loop)
    return lambda seconds: alarm.at(loop.time() + seconds)


def by_sleep() -> Pause:
    return asyncio.sleep


@dataclass(frozen=True)
class Sleeper:
    """A task that makes pauses, and is cancelled at some moments, for a reason or none; then it goes on with its next pause."""

    pauses: list[float]
    cancelled_at: dict[float, str | None]


# Eighths add up without an error, so that moments are often the same.
EIGHTHS = st.integers(min_value=1, max_value=40).map(lambda number: number / 8)
CANCELS = st.dictionaries(EIGHTHS, st.sampled_from([None, "user action", ""]), max_size=3)
SLEEPERS = st.lists(st.builds(Sleeper, st.lists(EIGHTHS, max_size=5), CANCELS), max_size=8)


async def told(sleepers: list[Sleeper], pause_by: Callable[[], Pause]) -> list[tuple[float, int, str]]:
    """Return what happened to which of them, and when."""
    loop, seen = asyncio.get_running_loop(), []

    async def sleep(number: int, sleeper: Sleeper) -> None:
        pause = pause_by()
        for seconds in sleeper.pauses:
            try:
                await pause(seconds)
                seen.append((loop.time(), number, "went on"))
            except asyncio.CancelledError as e:
                seen.append((loop.time(), number, f"was cancelled: {e.args}"))

    tasks = [asyncio.ensure_future(sleep(number, sleeper)) for number, sleeper in enumerate(sleepers)]
    for task, sleeper in zip(tasks, sleepers, strict=True):
        for moment, why in sleeper.cancelled_at.items():
            # Between two eighths: which of two timers of one moment comes first is nobody's promise.
            loop.call_at(moment + 1 / 16, task.cancel, why)
    await asyncio.gather(*tasks)
    return sorted(seen)


@given(SLEEPERS)
def test_tasks_go_on_and_are_cancelled_as_with_sleeps_of_asyncio(sleepers: list[Sleeper]) -> None:
    assert run(told(sleepers, by_alarm)) == run(told(sleepers, by_sleep))


def test_it_is_future_like() -> None:
    async def is_future() -> bool:
        return asyncio.isfuture(Alarm(asyncio.get_running_loop()))

    assert run(is_future())


def test_a_task_that_is_cancelled_after_its_alarm_went_off_and_before_it_ran_is_cancelled() -> None:
    async def cancelled_in_between() -> None:
        loop = asyncio.get_running_loop()
        task = asyncio.ensure_future(_wait_until(1.0))
        await asyncio.sleep(0)
        loop.call_at(1.0, task.cancel)
        await task

    with pytest.raises(asyncio.CancelledError):
        run(cancelled_in_between())


def test_a_time_limit_ends_it() -> None:
    async def limited() -> None:
        async with asyncio.timeout(1.0):
            await _wait_until(60.0)

    with pytest.raises(TimeoutError):
        run(limited())


async def _wait_until(moment: float) -> None:
    await Alarm(asyncio.get_running_loop()).at(moment)


def test_an_alarm_that_is_set_later_for_an_earlier_moment_goes_off_first() -> None:
    async def gone_off() -> list[float]:
        loop, seen = asyncio.get_running_loop(), []

        async def wait(moment: float) -> None:
            await _wait_until(moment)
            seen.append(loop.time())

        await asyncio.gather(*(wait(moment) for moment in (9.0, 5.0, 1.0, 5.0, 7.0)))
        return seen

    assert run(gone_off()) == [1.0, 5.0, 5.0, 7.0, 9.0]


def test_all_alarms_of_a_loop_share_one_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    timers: list[float] = []
    call_at = VirtualLoop.call_at

    def noted(loop: VirtualLoop, moment: float, *called: Any) -> asyncio.TimerHandle:
        timers.append(moment)
        return call_at(loop, moment, *called)

    monkeypatch.setattr(VirtualLoop, "call_at", noted)

    async def wait() -> None:
        await asyncio.gather(*(_wait_until(1.0 + number % 10) for number in range(1_000)))

    run(wait())
    assert timers == [1.0 + number for number in range(10)]


def test_a_pause_keeps_one_object_of_a_task_and_nothing_else() -> None:
    many = 500

    async def kept() -> float:
        tasks = [asyncio.ensure_future(_pause_again_and_again()) for _ in range(many)]
        await asyncio.sleep(10.5)
        gc.collect()
        gc.freeze()
        try:
            await asyncio.sleep(5)
            return len(gc.get_objects()) / many
        finally:
            gc.unfreeze()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    assert run(kept()) < 1.1


async def _pause_again_and_again() -> None:
    pause = by_alarm()
    while True:
        await pause(1.0)


def test_a_loop_that_is_closed_is_not_kept_in_memory_by_waits_that_were_cancelled() -> None:
    async def give_up() -> weakref.ref[asyncio.AbstractEventLoop]:
        waiting = asyncio.ensure_future(_wait_until(3_600.0))
        await asyncio.sleep(0)
        waiting.cancel()
        return weakref.ref(asyncio.get_running_loop())

    loop = run(give_up())
    gc.collect()
    assert loop() is None
