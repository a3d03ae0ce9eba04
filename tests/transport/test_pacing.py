"""The pace of requests to one tenant."""

from __future__ import annotations

import threading
from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_veza.async_query.retry import ONE_ATTEMPT
from airflow_provider_veza.exceptions import NotSentError
from airflow_provider_veza.transport.origin import Origin
from airflow_provider_veza.transport.pacing import Pace, TenantPace, Turn, burst, tenant_pace
from airflow_provider_veza.transport.sync import SyncTransport
from transport.conftest import call, settings_for
from transport.servers import LOOPBACK, free_port

RATES = st.floats(min_value=0.1, max_value=1000.0)
GAPS = st.lists(st.floats(min_value=0.0, max_value=10.0) | st.just(0.0), min_size=1, max_size=60)


def starts(gaps: list[float], rate: float) -> list[float]:
    """Return when requests start that are asked for after these gaps."""
    pace, started = Pace(), []
    for asked in accumulate(gaps):
        pace, wait = pace.reserve(asked, rate=rate)
        started.append(asked + wait)
    return started


@settings(deadline=None, derandomize=True)
@given(GAPS, RATES)
def test_in_no_window_do_more_requests_start_than_the_rate_and_one_burst(gaps: list[float], rate: float) -> None:
    started = starts(gaps, rate)

    for first, begin in enumerate(started):
        for last, end in enumerate(started[first:], first):
            assert last - first + 1 <= rate * (end - begin) + burst(rate) + 1e-6


@settings(deadline=None, derandomize=True)
@given(GAPS, RATES)
def test_requests_start_in_the_order_in_which_they_were_asked_for(gaps: list[float], rate: float) -> None:
    started = starts(gaps, rate)

    assert started == sorted(started)


@settings(deadline=None, derandomize=True)
@given(st.integers(min_value=1, max_value=50), RATES)
def test_who_asks_no_faster_than_the_rate_never_waits(number: int, rate: float) -> None:
    asked = [i * (1.0 + 1e-9) / rate for i in range(number)]

    assert starts([asked[0], *(b - a for a, b in pairwise(asked))], rate) == pytest.approx(asked)


def test_a_burst_goes_at_once_and_the_next_request_waits() -> None:
    assert starts([100.0, 0.0, 0.0, 0.0, 0.0, 0.0], rate=20.0) == pytest.approx([100.0] * 5 + [100.05])


def test_who_must_go_at_once_does_and_the_others_wait_for_that() -> None:
    pace = TenantPace()

    waits = [pace.reserve(100.0, rate=1.0, turn=turn) for turn in (Turn.IN_LINE, Turn.AT_ONCE, Turn.IN_LINE)]

    assert waits == [0.0, 0.0, 2.0]


def test_all_threads_book_one_line() -> None:
    pace = TenantPace()
    waits: list[float] = []

    def book() -> None:
        waits.extend(pace.reserve(100.0, rate=1.0, turn=Turn.IN_LINE) for _ in range(100))

    threads = [threading.Thread(target=book) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(waits) == [float(n) for n in range(400)]


def test_all_clients_of_a_tenant_share_its_pace_and_no_other() -> None:
    tenant = tenant_pace(Origin.of("https://shared.example/"))

    assert tenant is tenant_pace(Origin.of("https://SHARED.example:443"))
    assert tenant is not tenant_pace(Origin.of("https://other.example"))


def test_a_transport_books_its_requests_at_the_rate_of_its_connection() -> None:
    url = f"http://{LOOPBACK}:{free_port()}"
    with SyncTransport(settings_for(url, rate_limit=0.001)) as transport, pytest.raises(NotSentError):
        transport.run(call(), retry=ONE_ATTEMPT, turn=Turn.AT_ONCE)

    wait = tenant_pace(Origin.of(url)).reserve(0.0, rate=0.001, turn=Turn.IN_LINE)
    assert wait > 1000.0
