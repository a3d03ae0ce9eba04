"""Whoever hands something to the background goes on at once, whatever becomes of it."""

from __future__ import annotations

import threading

from airflow_provider_veza.listeners.background import Background

LIMIT = 10.0


def test_everything_is_worked_off_in_order_by_one_thread() -> None:
    done: list[tuple[int, str]] = []
    background: Background[int] = Background(
        lambda item: done.append((item, threading.current_thread().name)), "worker"
    )

    assert all(background.take(number) for number in range(3))
    background.join()

    assert done == [(0, "worker"), (1, "worker"), (2, "worker")]


def test_handing_over_does_not_wait_for_the_work() -> None:
    may_go_on, done = threading.Event(), threading.Event()

    def work(_: int) -> None:
        assert may_go_on.wait(LIMIT)
        done.set()

    background: Background[int] = Background(work, "worker")
    background.take(1)

    assert not done.is_set()
    may_go_on.set()
    assert done.wait(LIMIT)


def test_what_does_not_fit_is_refused_at_once() -> None:
    begun, may_go_on = threading.Event(), threading.Event()

    def work(_: int) -> None:
        begun.set()
        assert may_go_on.wait(LIMIT)

    background: Background[int] = Background(work, "worker", capacity=1)
    background.take(1)
    assert begun.wait(LIMIT)

    assert (background.take(2), background.take(3)) == (True, False)
    may_go_on.set()


def test_an_error_is_logged_and_the_next_is_worked_off(caplog) -> None:
    done: list[float] = []
    background: Background[int] = Background(lambda item: done.append(1 / item), "worker")

    background.take(0)
    background.take(1)
    background.join()

    assert done == [1.0]
    assert "worker failed for 0" in caplog.text


def test_the_thread_does_not_keep_the_process_alive() -> None:
    daemon: list[bool] = []
    background: Background[int] = Background(lambda _: daemon.append(threading.current_thread().daemon), "worker")

    background.take(1)
    background.join()

    assert daemon == [True]
