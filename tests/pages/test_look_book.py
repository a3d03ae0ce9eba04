"""One look at a query in ten seconds, whoever asks and however often; what was seen is shown to all others meanwhile."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_veza.pages import look_book
from airflow_provider_veza.pages.look_book import KEPT_SECONDS, PAUSE_SECONDS, LookBook


class Clock:
    """Tells the time that a test has set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@given(st.lists(st.tuples(st.floats(0.0, 25.0), st.sampled_from("ab"), st.booleans()), max_size=60))
def test_two_looks_at_one_query_never_begin_within_the_pause_and_never_overlap(
    asked: list[tuple[float, str, bool]],
) -> None:
    clock = Clock()
    book: LookBook[str] = LookBook(clock)
    begun: dict[str, list[float]] = {"a": [], "b": []}
    under_way: set[str] = set()
    for pause, query, answers in asked:
        clock.now += pause
        if book.claim(query):
            assert query not in under_way
            begun[query].append(clock.now)
            under_way.add(query)
        if answers and query in under_way:
            book.keep(query, "seen")
            under_way.discard(query)
    for times in begun.values():
        assert all(later - sooner >= PAUSE_SECONDS for sooner, later in itertools.pairwise(times))


def test_of_many_browsers_at_once_one_looks() -> None:
    book, gate = LookBook[str](), threading.Barrier(8)

    def ask(_: int) -> bool:
        gate.wait()
        return book.claim("q")

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(8))) == 1


def test_what_was_seen_last_is_shown_while_the_next_look_is_under_way_and_replaced_by_it() -> None:
    clock = Clock()
    book: LookBook[str] = LookBook(clock)
    assert book.last("q") is None
    assert book.claim("q")
    assert book.keep("q", "first") == "first"

    clock.now = PAUSE_SECONDS
    assert book.claim("q")
    assert book.last("q") == "first"
    book.keep("q", "second")
    assert book.last("q") == "second"


def test_a_look_that_was_given_up_is_none_and_the_next_one_may_begin_at_once() -> None:
    book: LookBook[str] = LookBook()
    assert book.claim("q")
    book.give_up("q")
    assert book.claim("q")


def test_no_more_queries_are_kept_than_may_be_and_room_is_made_by_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look_book, "MOST_QUERIES", 3)
    clock = Clock()
    book: LookBook[str] = LookBook(clock)
    assert [book.claim(query) for query in "abcd"] == [True, True, True, False]

    for query in "ab":
        book.keep(query, "seen")
    clock.now = KEPT_SECONDS
    assert [book.claim(query) for query in "de"] == [True, True]
    assert book.last("a") is None
    assert not book.claim("c"), "its look is still under way"
