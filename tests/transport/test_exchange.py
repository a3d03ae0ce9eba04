"""The decisions of an exchange as pure data: which steps it takes for which answers, at given times."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_provider_veza.async_query.message import Request, Response
from airflow_provider_veza.async_query.process_counts import Counts
from airflow_provider_veza.async_query.retry import ONE_ATTEMPT, Failure, RetryPolicy
from airflow_provider_veza.exceptions import (
    AnswerTooLargeError,
    NoAnswerError,
    NotSentError,
    RedirectRefusedError,
    UnauthorizedError,
)
from airflow_provider_veza.transport.exchange import (
    Begun,
    Rules,
    exchange,
    fetch_token,
    needs_no_decision,
    straight_request,
)
from airflow_provider_veza.transport.pacing import Lane, Place
from airflow_provider_veza.transport.settings import OAuth2ClientCredentials, TransportSettings
from airflow_provider_veza.transport.steps import (
    Answer,
    Authorize,
    Authorized,
    Failed,
    Moment,
    Pause,
    Received,
    Report,
    Resumed,
    Send,
    Step,
    Steps,
    TakeTurn,
)
from transport.conftest import KEY, settings_for

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
AT = Moment(wall=NOW, monotonic=1000.0, jitter=0.5)
TENANT = settings_for("https://tenant.example")
OAUTH = OAuth2ClientCredentials("https://login.example/token", "client", "cl1ent-s3cret")
LOOK = Request("GET", "/api/v1/look")
SUBMIT = Request("POST", "/api/v1/query_spec:create", body={"q": 1}, idempotent=False)
USUAL = Rules(RetryPolicy(base_delay=2.0))
PLACE = Place(Lane.LOOKS, AT.monotonic, rate=20.0)
PACED = replace(USUAL, place=PLACE, total=60.0)


def received(status: int = 200, body: bytes = b"{}", **headers: str) -> Received:
    return Received(Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, body), AT)


NOT_SENT = Failed(Failure.NOT_SENT, "no connection", AT)
NO_ANSWER = Failed(Failure.NO_ANSWER, "it broke", AT)
RESUMED = Resumed(AT)


def play(steps: Steps[Any], answers: Iterable[Answer]) -> tuple[list[Step], Any]:
    """Answer each step in turn; return the steps and the result."""
    taken: list[Step] = []
    waiting = iter(answers)
    try:
        step = next(steps)
        while True:
            taken.append(step)
            step = steps.send(next(waiting))
    except StopIteration as end:
        return taken, end.value


def run(request: Request, *answers: Answer, settings: TransportSettings = TENANT, rules: Rules = USUAL) -> Any:
    return play(exchange(request, settings, rules, AT), answers)


def pauses(steps: list[Step]) -> list[float]:
    return [step.seconds for step in steps if isinstance(step, Pause)]


def sent(steps: list[Step]) -> list[tuple[str, str | None]]:
    return [(step.request.url, step.request.authorization) for step in steps if isinstance(step, Send)]


def test_a_good_answer_is_the_result_at_once() -> None:
    steps, response = run(LOOK, received(200, b"rows"))

    assert sent(steps) == [("https://tenant.example/api/v1/look", f"Bearer {KEY}")]
    assert response.body == b"rows"


def test_an_attempt_that_was_made_already_is_neither_booked_nor_sent_again() -> None:
    begun = Begun(AT.monotonic + 60.0, received(503))
    answers = [RESUMED, RESUMED, RESUMED, received(), RESUMED]

    steps, response = play(exchange(LOOK, TENANT, PACED, AT, begun), answers)

    assert [type(step) for step in steps] == [Report, Pause, TakeTurn, Send, Report]
    assert response.attempts == 2


def test_a_redirect_in_answer_to_an_attempt_that_was_made_already_is_followed() -> None:
    begun = Begun(AT.monotonic + 60.0, received(302, location="/there"))

    steps, _ = play(exchange(LOOK, TENANT, USUAL, AT, begun), [received()])

    assert sent(steps) == [("https://tenant.example/there", f"Bearer {KEY}")]


@pytest.mark.parametrize("status", [100, 201, 204, 301, 307, 400, 401, 404, 429, 500, 503])
def test_whatever_is_no_plain_success_is_decided_on(status: int) -> None:
    assert not needs_no_decision(status)


def test_what_may_be_sent_without_asking_is_what_an_exchange_sends() -> None:
    steps, _ = run(SUBMIT, received())

    assert steps == [Send(straight_request(SUBMIT, TENANT))]


def test_nothing_is_sent_without_asking_where_a_token_is_needed() -> None:
    assert straight_request(LOOK, settings_for("https://tenant.example", auth=OAUTH)) is None


def test_a_trailing_slash_of_the_base_url_is_not_doubled() -> None:
    steps, _ = run(LOOK, received(), settings=settings_for("https://tenant.example/"))

    assert sent(steps)[0][0] == "https://tenant.example/api/v1/look"


@pytest.mark.parametrize(
    ("retry_after", "pause"),
    [
        pytest.param("7", 7.0 + 0.5 * 2.0, id="seconds"),
        pytest.param("Sun, 22 Nov 2026 12:00:30 GMT", 30.0 + 0.5 * 2.0, id="HTTP date"),
        pytest.param("Sun, 22 Nov 2026 11:59:00 GMT", 0.0 + 0.5 * 2.0, id="HTTP date that has passed"),
        pytest.param("soon", 0.5 * 2.0, id="neither: the policy's own delay"),
    ],
)
def test_the_pause_before_the_next_attempt_is_what_retry_after_asks_for(retry_after: str, pause: float) -> None:
    steps, response = run(SUBMIT, received(429, retry_after=retry_after), RESUMED, received(200, b"accepted"))

    assert pauses(steps) == [pause]
    assert response.body == b"accepted"


def test_a_longer_pause_than_the_policy_allows_ends_the_exchange_with_the_answer() -> None:
    steps, response = run(LOOK, received(429, retry_after="121"))

    assert (len(steps), response.status) == (1, 429)


def test_pauses_grow_with_the_attempts_and_take_the_jitter_of_their_moment() -> None:
    steps, _ = run(LOOK, received(503), RESUMED, received(503), RESUMED, received(503), RESUMED, received())

    assert pauses(steps) == [0.5 * 2.0, 0.5 * 4.0, 0.5 * 8.0]


def test_a_submit_that_was_not_sent_is_sent_again() -> None:
    steps, response = run(SUBMIT, NOT_SENT, RESUMED, received(200, b"accepted"))

    assert len(sent(steps)) == 2
    assert response.body == b"accepted"


def test_a_submit_without_an_answer_is_given_up_at_once() -> None:
    with pytest.raises(
        NoAnswerError, match=r"\(1 attempt\).*\(POST https://tenant\.example/api/v1/query_spec:create\)$"
    ):
        run(SUBMIT, NO_ANSWER)


def test_the_error_after_the_last_attempt_counts_them() -> None:
    with pytest.raises(NotSentError, match=r"was not sent \(5 attempts\): no connection\."):
        run(LOOK, *[NOT_SENT, RESUMED] * 4, NOT_SENT)


def test_each_sending_waits_for_its_turn_first_at_the_place_that_the_first_one_had() -> None:
    steps, _ = run(LOOK, RESUMED, received(503), RESUMED, RESUMED, RESUMED, received(), RESUMED, rules=PACED)

    assert [type(step) for step in steps] == [TakeTurn, Send, Report, Pause, TakeTurn, Send, Report]
    assert [step for step in steps if isinstance(step, TakeTurn)] == [TakeTurn(PLACE, math.inf)] * 2


def test_what_is_sent_again_and_waits_for_its_turn_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = Counts()
    monkeypatch.setattr("airflow_provider_veza.transport.exchange.COUNTS", counts)
    in_turn, again = (Resumed(Moment(NOW, AT.monotonic + seconds, 0.5)) for seconds in (0.5, 4.0))

    run(LOOK, in_turn, received(503), RESUMED, RESUMED, again, received(), RESUMED, rules=PACED)

    assert (counts.retries, counts.throttled_seconds) == (1, 4.5)


@pytest.mark.parametrize(
    ("answer", "report"),
    [
        (received(429, retry_after="7"), Report(AT.monotonic, True, 7.0)),
        (received(500), Report(AT.monotonic, True)),
        (received(503, retry_after="121"), Report(AT.monotonic, True, 121.0)),
        (received(404), Report(AT.monotonic, False)),
        (received(200), Report(AT.monotonic, False)),
    ],
)
def test_all_who_ask_the_tenant_are_told_how_it_answers(answer: Received, report: Report) -> None:
    steps, _ = run(LOOK, RESUMED, answer, RESUMED, rules=replace(PACED, retry=ONE_ATTEMPT))

    assert steps[-1] == report


def test_an_error_status_that_is_what_was_asked_for_tells_of_no_failure() -> None:
    rules = replace(PACED, is_answer=lambda _: True)

    steps, _ = run(LOOK, RESUMED, received(500), RESUMED, rules=rules)

    assert steps[-1] == Report(AT.monotonic, False)


def test_a_repetition_whose_turn_does_not_come_in_time_leaves_the_answer_of_the_attempt_before() -> None:
    rules = replace(PACED, until=AT.monotonic + 5.0)
    too_late = Resumed(Moment(NOW, AT.monotonic + 5.0, 0.5))

    steps, response = run(LOOK, RESUMED, received(503), RESUMED, RESUMED, too_late, rules=rules)

    assert (type(steps[-1]), response.status, response.attempts) == (TakeTurn, 503, 1)


def test_a_redirect_is_followed_in_a_turn_of_its_own() -> None:
    steps, _ = run(LOOK, RESUMED, received(302, location="/there"), RESUMED, received(), RESUMED, rules=PACED)

    assert [type(step) for step in steps] == [TakeTurn, Send, TakeTurn, Send, Report]


def test_an_api_key_that_gets_a_401_is_not_sent_again() -> None:
    steps, response = run(LOOK, received(401))

    assert (len(steps), response.status) == (1, 401)


def test_an_access_token_is_asked_for_and_after_a_401_another_one() -> None:
    steps, response = run(
        SUBMIT,
        Authorized("t1", AT),
        received(401),
        Authorized("t2", AT),
        received(200, b"accepted"),
        settings=settings_for("https://tenant.example", auth=OAUTH),
    )

    assert [step for step in steps if isinstance(step, Authorize)] == [Authorize(OAUTH), Authorize(OAUTH, "t1")]
    assert [authorization for _, authorization in sent(steps)] == ["Bearer t1", "Bearer t2"]
    assert response.body == b"accepted"


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/there:now?x=1", "https://tenant.example/there:now?x=1"),
        ("other", "https://tenant.example/api/v1/other"),
        ("https://TENANT.example:443/there#top", "https://tenant.example/there"),
        ("https://tenant.example", "https://tenant.example/"),
        (r"https://other.example\@tenant.example/there", "https://tenant.example/there"),
    ],
)
def test_a_redirect_within_the_origin_is_followed(location: str, target: str) -> None:
    steps, _ = run(LOOK, received(302, location=location), received())

    assert sent(steps)[1] == (target, f"Bearer {KEY}")


@pytest.mark.parametrize(
    ("location", "named"),
    [
        ("https://other.example/login?token=1", "https://other.example"),
        ("//other.example/login", "https://other.example"),
        ("http://tenant.example/api", "http://tenant.example"),
        ("https://tenant.example:8443/api", "https://tenant.example:8443"),
        ("https://user:pw@other.example/", "https://other.example"),
    ],
)
def test_a_redirect_to_another_origin_is_refused_and_only_that_origin_is_named(location: str, named: str) -> None:
    with pytest.raises(RedirectRefusedError, match=rf"redirected \(301\).* redirected to {named}\)$"):
        run(LOOK, received(301, location=location))


@pytest.mark.parametrize("location", ["mailto:somebody@example", "http://[", "https://tenant.example:port/"])
def test_a_redirect_to_no_http_address_is_refused(location: str) -> None:
    with pytest.raises(RedirectRefusedError, match="no HTTP address"):
        run(LOOK, received(301, location=location))


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_redirect_that_would_change_a_submit_is_refused(status: int) -> None:
    with pytest.raises(RedirectRefusedError, match="may be repeated"):
        run(SUBMIT, received(status, location="/there"))


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_that_keeps_a_submit_is_followed(status: int) -> None:
    steps, _ = run(SUBMIT, received(status, location="/there"), received())

    second = steps[1]
    assert isinstance(second, Send)
    assert (second.request.method, second.request.url, second.request.body) == (
        "POST",
        "https://tenant.example/there",
        b'{"q":1}',
    )


def test_redirects_that_do_not_end_are_refused_after_the_third() -> None:
    with pytest.raises(RedirectRefusedError, match="more than 3 times"):
        run(LOOK, *[received(302, location="/again")] * 4)


@pytest.mark.parametrize("answer", [received(304), received(302)])
def test_a_3xx_without_a_location_is_read_by_the_service(answer: Received) -> None:
    _, response = run(LOOK, answer)

    assert response is answer.response


def test_an_attempt_after_a_redirect_begins_at_the_first_url() -> None:
    steps, _ = run(LOOK, received(302, location="/there"), received(503), RESUMED, received())

    assert [url for url, _ in sent(steps)] == [
        "https://tenant.example/api/v1/look",
        "https://tenant.example/there",
        "https://tenant.example/api/v1/look",
    ]


@pytest.mark.parametrize(
    ("expires_in", "renew_after"),
    [
        pytest.param(3600, 3540.0, id="a minute before the end"),
        pytest.param(300, 270.0, id="a tenth of a short life before the end"),
        pytest.param("300", 270.0, id="a number as text"),
        pytest.param(None, float("inf"), id="no life named: only a 401 ends it"),
    ],
)
def test_a_token_is_renewed_before_it_expires(expires_in: Any, renew_after: float) -> None:
    life = "" if expires_in is None else f', "expires_in": "{expires_in}"'
    body = f'{{"access_token": "t1"{life}}}'.encode()

    _, token = play(fetch_token(OAUTH, "tests/1", USUAL.retry, AT), [received(200, body)])

    assert token.renew_at == AT.monotonic + renew_after


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refused_token_request_is_not_repeated(status: int) -> None:
    with pytest.raises(UnauthorizedError, match="invalid_scope"):
        play(fetch_token(OAUTH, "tests/1", USUAL.retry, AT), [received(status, b'{"error": "invalid_scope"}')])


def test_no_step_and_no_answer_shows_a_secret() -> None:
    tokens = settings_for("https://tenant.example", auth=OAUTH)
    steps, _ = run(SUBMIT, Authorized("t0ken", AT), received(401), settings=tokens)
    steps += run(SUBMIT, received())[0] + play(fetch_token(OAUTH, "tests/1", USUAL.retry, AT), [])[0]

    shown = repr([*steps, Authorized("t0ken", AT)])

    for secret in (KEY, OAUTH.client_secret, "t0ken", "Basic"):
        assert secret not in shown


def test_a_driver_that_answers_a_step_with_something_else_is_told_so() -> None:
    with pytest.raises(TypeError, match="not with Resumed"):
        run(LOOK, RESUMED)


# When it is over


def later(seconds: float) -> Moment:
    return replace(AT, monotonic=AT.monotonic + seconds)


def bounded(**fields: Any) -> Rules:
    return replace(USUAL, **({"total": 60.0, "setting": "look_timeout"} | fields))


def test_the_whole_answer_must_be_there_when_the_total_time_is_over_and_what_the_server_was_asked_to_wait() -> None:
    steps, _ = run(replace(LOOK, wait=30.0), received(), rules=bounded())

    assert [step.until for step in steps if isinstance(step, Send)] == [AT.monotonic + 90.0]


def test_what_one_attempt_took_the_next_one_has_not_and_pauses_do_not_count() -> None:
    busy = replace(received(503), at=later(40.0))
    steps, _ = run(LOOK, busy, Resumed(later(1_000.0)), received(), rules=bounded())

    assert [step.until for step in steps if isinstance(step, Send)] == [AT.monotonic + 60.0, AT.monotonic + 1_020.0]


@pytest.mark.parametrize("failure", [Failure.NO_ANSWER, Failure.NOT_SENT])
def test_nothing_is_repeated_when_the_total_time_is_over_and_the_error_names_it(failure: Failure) -> None:
    with pytest.raises((NoAnswerError, NotSentError), match=r"within 60 s \(the connection's extra `look_timeout`\)"):
        run(LOOK, Failed(failure, "it broke", later(60.0)), rules=bounded())


def test_a_failure_in_time_keeps_its_own_reason() -> None:
    with pytest.raises(NoAnswerError, match="it broke"):
        run(SUBMIT, Failed(Failure.NO_ANSWER, "it broke", later(59.9)), rules=bounded())


def test_no_pause_outlasts_the_time_that_the_caller_has() -> None:
    steps, response = run(LOOK, received(429, retry_after="7"), rules=bounded(until=AT.monotonic + 8.0))

    assert (len(steps), response.status) == (1, 429)


def test_a_turn_that_comes_too_late_for_the_caller_is_not_waited_for() -> None:
    rules = bounded(place=PLACE, until=AT.monotonic + 5.0)

    with pytest.raises(
        NotSentError, match=r"\(1 attempt\): its turn did not come in time: .* `rate_limit` .* 429 or 5xx"
    ):
        run(SUBMIT, Resumed(later(5.0)), rules=rules)


def test_waiting_for_its_turn_takes_nothing_of_a_requests_total_time() -> None:
    steps, _ = run(LOOK, Resumed(later(100.0)), received(), RESUMED, rules=bounded(place=PLACE))

    assert [step.until for step in steps if isinstance(step, Send)] == [AT.monotonic + 160.0]


def test_an_answer_that_is_too_large_is_not_asked_for_again() -> None:
    with pytest.raises(AnswerTooLargeError, match="it is too large"):
        run(LOOK, Failed(Failure.TOO_LARGE, "it is too large", AT), rules=bounded())


def test_a_token_has_a_total_time_of_its_own_and_no_more_than_its_caller_has() -> None:
    fetching = fetch_token(OAUTH, "tests/1", USUAL.retry, AT, total=30.0, until=AT.monotonic + 20.0)
    steps, _ = play(fetching, [received(200, b'{"access_token": "t"}')])

    assert [step.until for step in steps if isinstance(step, Send)] == [AT.monotonic + 20.0]
