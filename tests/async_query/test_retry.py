"""Which failed requests are sent again, when, and which never are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_veza.async_query.retry import ONE_ATTEMPT, Failure, RetryPolicy, parse_retry_after

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

JITTERS = st.floats(min_value=0, max_value=1, exclude_max=True)
ATTEMPTS = st.integers(min_value=1, max_value=50)
STATUSES = st.sampled_from([408, 429, 500, 502, 503, 504]) | st.integers(min_value=100, max_value=599)
OUTCOMES = st.sampled_from(Failure) | STATUSES
WISHES = st.one_of(st.none(), st.floats(min_value=0, max_value=1_000))
POLICIES = st.builds(
    RetryPolicy,
    max_attempts=st.integers(min_value=1, max_value=20),
    max_attempts_on_500=st.integers(min_value=1, max_value=20),
)


def delay_after(
    outcome: int | Failure,
    *,
    attempt: int = 1,
    idempotent: bool = True,
    retry_after: float | None = None,
    jitter: float = 0.5,
) -> float | None:
    return RetryPolicy().delay(
        attempt=attempt, idempotent=idempotent, outcome=outcome, retry_after=retry_after, jitter=jitter
    )


@given(
    POLICIES,
    ATTEMPTS,
    st.one_of(st.just(Failure.NO_ANSWER), st.just(408), st.integers(min_value=500, max_value=599)),
    WISHES,
    JITTERS,
)
def test_a_submit_that_may_have_been_accepted_is_never_sent_again(
    policy: RetryPolicy, attempt: int, outcome: int | Failure, wish: float | None, jitter: float
) -> None:
    assert policy.delay(attempt=attempt, idempotent=False, outcome=outcome, retry_after=wish, jitter=jitter) is None


@pytest.mark.parametrize("outcome", [Failure.NOT_SENT, 429], ids=str)
def test_a_submit_that_cannot_have_been_accepted_is_sent_again(outcome: int | Failure) -> None:
    assert delay_after(outcome, idempotent=False) is not None


@pytest.mark.parametrize("outcome", [Failure.NOT_SENT, Failure.NO_ANSWER, 408, 429, 500, 502, 503, 504], ids=str)
def test_an_idempotent_request_is_sent_again_after_what_may_heal(outcome: int | Failure) -> None:
    assert delay_after(outcome) is not None


@pytest.mark.parametrize("outcome", [200, 301, 400, 401, 403, 404, 409, 422, 501, 505])
def test_nothing_is_sent_again_after_what_cannot_heal(outcome: int) -> None:
    assert delay_after(outcome) is None


@given(POLICIES, st.booleans(), st.lists(st.tuples(OUTCOMES, WISHES, JITTERS), min_size=20, max_size=20))
def test_however_the_attempts_fail_no_more_are_made_than_the_policy_allows(
    policy: RetryPolicy, idempotent: bool, failures: list[tuple[int | Failure, float | None, float]]
) -> None:
    sent = 1
    for outcome, wish, jitter in failures:
        if policy.delay(attempt=sent, idempotent=idempotent, outcome=outcome, retry_after=wish, jitter=jitter) is None:
            break
        sent += 1

    assert sent <= policy.max_attempts


def test_a_500_is_repeated_less_often_since_veza_answers_so_to_queries_that_are_simply_wrong() -> None:
    assert [attempt for attempt in range(1, 10) if delay_after(500, attempt=attempt) is not None] == [1, 2]
    assert [attempt for attempt in range(1, 10) if delay_after(503, attempt=attempt) is not None] == [1, 2, 3, 4]


@given(OUTCOMES, st.booleans(), WISHES, JITTERS)
def test_one_attempt_means_one(outcome: int | Failure, idempotent: bool, wish: float | None, jitter: float) -> None:
    assert ONE_ATTEMPT.delay(attempt=1, idempotent=idempotent, outcome=outcome, retry_after=wish, jitter=jitter) is None


@given(POLICIES, ATTEMPTS, OUTCOMES, JITTERS)
def test_the_pause_before_an_attempt_is_never_negative_and_never_above_the_cap(
    policy: RetryPolicy, attempt: int, outcome: int | Failure, jitter: float
) -> None:
    delay = policy.delay(attempt=attempt, idempotent=True, outcome=outcome, retry_after=None, jitter=jitter)

    assert delay is None or 0 <= delay <= policy.max_delay


def test_the_pauses_double_up_to_the_cap_and_the_jitter_takes_all_of_each() -> None:
    policy = RetryPolicy(max_attempts=9)

    pauses = [
        policy.delay(attempt=attempt, idempotent=True, outcome=503, retry_after=None, jitter=0.5)
        for attempt in range(1, 9)
    ]

    assert pauses == pytest.approx([0.3, 0.6, 1.2, 2.4, 4.8, 9.6, 15, 15])
    assert policy.delay(attempt=8, idempotent=True, outcome=503, retry_after=None, jitter=0.0) == 0


@given(st.floats(min_value=0, max_value=120), JITTERS)
def test_the_server_is_never_asked_again_before_it_said_to(wish: float, jitter: float) -> None:
    delay = delay_after(429, retry_after=wish, jitter=jitter)

    assert delay is not None
    assert wish <= delay <= wish + RetryPolicy().base_delay


def test_a_server_that_asks_for_too_long_a_pause_is_not_waited_for() -> None:
    assert delay_after(429, retry_after=120) is not None
    assert delay_after(429, retry_after=121) is None


@given(st.integers(min_value=0, max_value=10**9))
def test_retry_after_in_seconds_is_read_as_it_stands(seconds: int) -> None:
    assert parse_retry_after(f" {seconds} ", NOW) == seconds


@given(st.integers(min_value=-(10**8), max_value=10**8))
def test_retry_after_as_a_date_is_the_time_until_then_and_never_negative(seconds: int) -> None:
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)

    assert parse_retry_after(date, NOW) == max(seconds, 0)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("Sun, 22 Nov 2026 12:00:10 -0000", 10),
        ("Sunday, 22-Nov-26 12:00:10 GMT", 10),
        ("Sun, 22 Nov 2026 13:00:10 +0100", 10),
    ],
)
def test_older_forms_of_a_date_are_read_too(header: str, seconds: float) -> None:
    assert parse_retry_after(header, NOW) == seconds


@pytest.mark.parametrize(
    "header", [None, "", " ", "soon", "-5", "1.5", "²", "Thu, 32 Jan 2026 00:00:00 GMT", "7 Feb 2026 1:0:99999999999"]
)
def test_a_header_that_makes_no_sense_counts_as_none(header: str | None) -> None:
    assert parse_retry_after(header, NOW) is None


@given(
    st.one_of(
        st.text(),
        st.from_regex(r"(Thu, )?[0-9]{1,3} (Jan|Feb) [0-9]{1,6} [0-9]{1,3}(:[0-9]{1,20}){1,2} ?([+-][0-9]{1,25})?"),
    )
)
def test_no_header_whatever_breaks_the_reading(header: str) -> None:
    seconds = parse_retry_after(header, NOW)

    assert seconds is None or seconds >= 0
