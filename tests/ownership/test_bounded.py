"""Work that no signal breaks off: done once, to its end, whoever waits for it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from threading import Event, Semaphore, main_thread
from types import FrameType

import pytest

from airflow_provider_veza.ownership.bounded import Uninterrupted, result_of

EDGE = 10.0
"""Seconds that nothing here comes near, unless it hangs."""


class TerminatedError(BaseException):
    """What Airflow raises into a task that it ends."""


class Slow:
    """Work that ends when a test lets it end."""

    def __init__(self) -> None:
        self.may_end = Event()
        self.times = 0

    def __call__(self) -> str:
        self.times += 1
        self.may_end.wait(EDGE)
        return "answer"


def interrupt_main_thread() -> None:
    signal.pthread_kill(main_thread().ident or 0, signal.SIGUSR1)


@pytest.fixture
def interruptions() -> Iterator[Semaphore]:
    """Counts the signals that the main thread has handled as Airflow does: by raising."""
    counted = Semaphore(0)

    def handler(number: int, frame: FrameType | None) -> None:
        counted.release()
        raise TerminatedError

    before = signal.signal(signal.SIGUSR1, handler)
    yield counted
    signal.signal(signal.SIGUSR1, before)


@pytest.fixture
def slow() -> Iterator[Slow]:
    work = Slow()
    yield work
    work.may_end.set()


def test_it_returns_what_the_work_returns() -> None:
    assert Uninterrupted(lambda: "answer").result() == "answer"


def test_it_raises_what_the_work_raises() -> None:
    def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        Uninterrupted(fail).result()
    assert Uninterrupted(fail).is_done_within(EDGE)


def test_whoever_waits_too_short_may_wait_again_for_the_same_work(slow: Slow) -> None:
    work = Uninterrupted(slow)
    with pytest.raises(TimeoutError):
        work.result(0.0)
    assert not work.is_done_within(0.0)
    slow.may_end.set()
    assert (work.result(EDGE), slow.times) == ("answer", 1)


def test_what_is_raised_into_the_thread_that_waits_does_not_reach_the_work(
    slow: Slow, interruptions: Semaphore
) -> None:
    def interrupted_at_once() -> str:
        interrupt_main_thread()
        return slow()

    work = Uninterrupted(interrupted_at_once)
    with pytest.raises(TerminatedError):
        work.result(EDGE)
    slow.may_end.set()
    assert (work.wait_out(EDGE), work.result(), slow.times) == (None, "answer", 1)


def test_it_is_waited_out_however_often_that_wait_is_interrupted(interruptions: Semaphore) -> None:
    def interrupts_three_times() -> str:
        for _ in range(3):
            interrupt_main_thread()
            assert interruptions.acquire(timeout=EDGE)
        return "answer"

    work = Uninterrupted(interrupts_three_times)
    with pytest.raises(TerminatedError):
        work.result(EDGE)
    assert (work.wait_out(EDGE), work.result()) == (None, "answer")


def test_waiting_it_out_tells_what_went_wrong(slow: Slow) -> None:
    def fail() -> None:
        raise ValueError("no")

    failing = Uninterrupted(fail)
    failing.is_done_within(EDGE)
    assert isinstance(failing.wait_out(EDGE), ValueError)
    assert isinstance(Uninterrupted(slow).wait_out(0.0), TimeoutError)


def test_the_work_knows_its_own_thread() -> None:
    seen: list[bool] = []
    work: Uninterrupted[None] = Uninterrupted(lambda: seen.append(work.is_mine))
    work.result()
    assert (seen, work.is_mine) == ([True], False)


def test_whoever_waits_for_a_result_looks_up_meanwhile(slow: Slow) -> None:
    seen: list[int] = []

    def look_up() -> None:
        seen.append(1)
        if len(seen) == 3:
            slow.may_end.set()

    assert result_of(slow, meanwhile=look_up, every=0.0) == "answer"
    assert len(seen) >= 3


def test_whoever_looks_up_may_give_up_the_wait(slow: Slow) -> None:
    def give_up() -> None:
        raise TerminatedError

    with pytest.raises(TerminatedError):
        result_of(slow, meanwhile=give_up, every=0.0)


def test_a_result_that_is_an_error_is_raised() -> None:
    def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        result_of(fail, meanwhile=lambda: None, every=EDGE)
