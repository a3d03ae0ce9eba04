"""When a signal ends the work: at once, or at the end of a hold."""

from __future__ import annotations

import os
import signal

import pytest

from airflow_provider_veza.doctor.interrupts import SIGNALS, Interrupts


def interrupt(number: signal.Signals = signal.SIGINT) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_interrupts_at_once(number: signal.Signals) -> None:
    with Interrupts(), pytest.raises(KeyboardInterrupt):
        interrupt(number)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_held_signal_interrupts_at_the_end_of_the_hold(number: signal.Signals) -> None:
    done = []
    with Interrupts() as interrupts, pytest.raises(KeyboardInterrupt):
        with interrupts.held():
            interrupt(number)
            done.append("the held work")
        done.append("what follows")

    assert done == ["the held work"]


def test_a_second_signal_is_not_held() -> None:
    done = []
    with Interrupts() as interrupts, pytest.raises(KeyboardInterrupt), interrupts.held():
        interrupt()
        done.append("after one")
        interrupt()
        done.append("after two")

    assert done == ["after one"]


def test_a_hold_after_an_interruption_is_left_in_peace() -> None:
    done = []
    with Interrupts() as interrupts:
        with pytest.raises(KeyboardInterrupt):
            interrupt()
        with interrupts.held():
            done.append("cleaned up")

    assert done == ["cleaned up"]


def test_afterwards_the_signals_are_as_they_were() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with Interrupts():
        assert [signal.getsignal(number) for number in SIGNALS] != before

    assert [signal.getsignal(number) for number in SIGNALS] == before
