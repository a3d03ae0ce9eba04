"""Connections looked up by triggers: once for all that ask together, for a while, and no longer than they hold."""

from __future__ import annotations

import asyncio
import logging

import pytest

from airflow_provider_veza.exceptions import ConnectionSettingsError
from airflow_provider_veza.hooks.settings_cache import SettingsCache


class Airflow:
    """Answers look-ups, each after the others had a turn, and counts them."""

    def __init__(self) -> None:
        self.answer: str | Exception = "first"
        self.look_ups = 0

    async def look_up(self) -> str:
        self.look_ups += 1
        await asyncio.sleep(0)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Cached:
    """A cache over that Airflow, with a clock that only tests move."""

    def __init__(self) -> None:
        self.airflow = Airflow()
        self.now = 1_000.0
        self.cache = SettingsCache(60.0, clock=lambda: self.now)

    def get(self, key: str = "veza_default") -> str:
        return str(asyncio.run(self.cache.get(key, self.airflow.look_up)))


@pytest.fixture
def cached() -> Cached:
    return Cached()


def test_of_many_that_ask_at_once_one_looks_up(cached: Cached) -> None:
    async def ask() -> list[str]:
        return await asyncio.gather(*(cached.cache.get("veza_default", cached.airflow.look_up) for _ in range(100)))

    assert asyncio.run(ask()) == ["first"] * 100
    assert cached.airflow.look_ups == 1


@pytest.mark.parametrize("had", ["an answer before", "none"])
def test_a_look_up_that_does_not_end_holds_up_only_those_who_have_nothing_else(
    cached: Cached, caplog: pytest.LogCaptureFixture, had: str
) -> None:
    async def never() -> str:
        await asyncio.Event().wait()
        raise AssertionError

    async def ask() -> str:
        async with asyncio.timeout(0.01 if had == "none" else None):
            return str(await cached.cache.get("veza_default", never))

    cached.cache._patience = 0.0
    if had == "none":
        with pytest.raises(TimeoutError):
            asyncio.run(ask())
        return
    cached.get()
    cached.now += 60
    with caplog.at_level(logging.WARNING):
        assert [asyncio.run(ask()) for _ in range(2)] == ["first", "first"]
    [message] = caplog.messages
    assert message.endswith("is used as it was: TimeoutError: no answer within 0 s")


def test_each_key_has_settings_of_its_own(cached: Cached) -> None:
    cached.get("a")
    cached.airflow.answer = "second"

    assert (cached.get("b"), cached.get("a")) == ("second", "first")


@pytest.mark.parametrize(("seconds", "answer"), [(0, "first"), (59.9, "first"), (60, "second"), (3600, "second")])
def test_settings_hold_for_their_lifetime(cached: Cached, seconds: float, answer: str) -> None:
    cached.get()
    cached.airflow.answer = "second"
    cached.now += seconds

    assert cached.get() == answer


def test_what_is_made_by_settings_stays_while_they_say_the_same(cached: Cached) -> None:
    async def look_up() -> list[str]:
        return ["as ever"]

    first = asyncio.run(cached.cache.get("veza_default", look_up))
    cached.now += 60

    assert asyncio.run(cached.cache.get("veza_default", look_up)) is first


def test_outdated_settings_are_looked_up_again_at_once(cached: Cached) -> None:
    cached.cache.forget("veza_default", cached.get())
    cached.airflow.answer = "second"

    assert cached.get() == "second"


def test_settings_that_somebody_else_has_renewed_are_not_forgotten(cached: Cached) -> None:
    outdated = cached.get()
    cached.airflow.answer = "second"
    cached.cache.forget("veza_default", outdated)
    cached.get()

    cached.cache.forget("veza_default", outdated)

    assert cached.get() == "second"
    assert cached.airflow.look_ups == 2


def test_what_was_never_looked_up_can_be_forgotten(cached: Cached) -> None:
    cached.cache.forget("veza_default", "anything")

    assert cached.get() == "first"


def test_a_first_look_up_that_fails_is_an_error_and_the_next_one_asks_again(cached: Cached) -> None:
    cached.airflow.answer = TimeoutError("no answer")
    with pytest.raises(TimeoutError):
        cached.get()
    cached.airflow.answer = "second"

    assert cached.get() == "second"


def test_a_later_look_up_that_fails_leaves_the_old_settings_in_use_for_another_lifetime(
    cached: Cached, caplog: pytest.LogCaptureFixture
) -> None:
    cached.get()
    cached.airflow.answer = TimeoutError("no answer")
    cached.now += 60
    with caplog.at_level(logging.WARNING):
        answers = [cached.get() for _ in range(3)]

    assert answers == ["first"] * 3
    assert cached.airflow.look_ups == 2
    assert caplog.messages == [
        "veza_default could not be looked up again and is used as it was: TimeoutError: no answer"
    ]


def test_a_connection_that_is_now_malformed_is_an_error(cached: Cached) -> None:
    cached.get()
    cached.airflow.answer = ConnectionSettingsError("host is empty")
    cached.now += 60

    with pytest.raises(ConnectionSettingsError):
        cached.get()


def test_forgotten_settings_are_not_used_even_if_the_look_up_fails(cached: Cached) -> None:
    cached.cache.forget("veza_default", cached.get())
    cached.airflow.answer = TimeoutError("no answer")

    with pytest.raises(TimeoutError):
        cached.get()
