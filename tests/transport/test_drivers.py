"""What both drivers do over real sockets: the same table of cases for requests and for aiohttp."""

from __future__ import annotations

import json
import logging
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from airflow_provider_veza.async_query.message import Call, Request
from airflow_provider_veza.async_query.retry import ONE_ATTEMPT
from airflow_provider_veza.exceptions import (
    NoAnswerError,
    NotSentError,
    RedirectRefusedError,
    UnauthorizedError,
)
from airflow_provider_veza.transport.sync import SyncTransport
from support.at_once import let_nobody_pause
from transport.conftest import AT_ONCE, KEY, Driver, call, settings_for, submit
from transport.servers import (
    CUT_SHORT,
    CUT_SHORT_CHUNK,
    HALF_OF_THE_HEADERS,
    LOOPBACK,
    DroppingServer,
    HttpServer,
    LoopbackServer,
    Proxy,
    Reply,
    answer,
    free_port,
    hang_up,
    reset,
    stall,
    then,
)

Open = Callable[..., Driver]
Tenant = Callable[..., HttpServer]
Start = Callable[[LoopbackServer], Any]


def test_the_answer_is_read_by_the_call(tenant: Tenant, open_driver: Open) -> None:
    server = tenant(answer(200, {"rows": 3}, x_request_id="r1"))

    response = open_driver(settings_for(server.url)).run(call())

    assert (response.status, json.loads(response.body)) == (200, {"rows": 3})
    assert response.headers["x-request-id"] == "r1"


def test_what_the_call_raises_is_raised(tenant: Tenant, open_driver: Open) -> None:
    def refuse(_: object) -> None:
        raise UnauthorizedError(401, "the key is inactive")

    server = tenant(answer(401))

    with pytest.raises(UnauthorizedError, match="the key is inactive"):
        open_driver(settings_for(server.url)).run(Call(Request("GET", "/api"), refuse))
    assert len(server.seen) == 1


def test_every_request_carries_the_key_and_says_who_asks(tenant: Tenant, open_driver: Open) -> None:
    server = tenant(answer())

    open_driver(settings_for(server.url, user_agent="airflow-provider-veza/1.0")).run(call())

    headers = server.seen[0].headers
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["user-agent"] == "airflow-provider-veza/1.0"
    assert headers["accept"] == "application/json"


def test_a_colon_in_the_path_reaches_the_wire_as_a_colon(tenant: Tenant, open_driver: Open) -> None:
    server = tenant(answer())

    open_driver(settings_for(server.url)).run(call(path="/api/v1/query_spec:nodes%2Fx"))

    assert server.seen[0].target == "/api/v1/query_spec:nodes%2Fx"


def test_params_are_encoded_with_a_plus_for_a_space(tenant: Tenant, open_driver: Open) -> None:
    server = tenant(answer())

    open_driver(settings_for(server.url)).run(call(params={"filter": 'name eq "å&b"', "page_token": "a+b/="}))

    assert server.seen[0].target == "/api?filter=name+eq+%22%C3%A5%26b%22&page_token=a%2Bb%2F%3D"


def test_a_body_is_compact_json_in_utf8(tenant: Tenant, open_driver: Open) -> None:
    server = tenant(answer())

    open_driver(settings_for(server.url)).run(call("POST", body={"name": "Åsa", "n": [1, 2]}))

    assert server.seen[0].body == '{"name":"Åsa","n":[1,2]}'.encode()
    assert server.seen[0].headers["content-type"] == "application/json"


def test_a_post_without_body_says_so(tenant: Tenant, open_driver: Open) -> None:
    server = tenant(answer())

    open_driver(settings_for(server.url)).run(call("POST"))

    assert server.seen[0].body == b""
    assert "content-type" not in server.seen[0].headers


def test_calls_share_one_connection(tenant: Tenant, open_driver: Open) -> None:
    server = tenant(answer(), answer(), answer())
    driver = open_driver(settings_for(server.url))

    for _ in range(3):
        driver.run(call())

    assert (len(server.seen), server.connections) == (3, 1)


BROKEN: list[Any] = [
    pytest.param(reset, id="reset"),
    pytest.param(hang_up, id="closed without an answer"),
    pytest.param(CUT_SHORT, id="body cut short"),
    pytest.param(CUT_SHORT_CHUNK, id="chunk cut short"),
]


@pytest.mark.parametrize("broken", BROKEN)
def test_a_submit_without_a_whole_answer_is_not_sent_again(tenant: Tenant, open_driver: Open, broken: Reply) -> None:
    server = tenant(broken, answer())

    with pytest.raises(NoAnswerError, match=rf"1 attempt.*may have been acted on.*\(POST {server.url}/api:submit\)$"):
        open_driver(settings_for(server.url)).run(submit())
    assert len(server.seen) == 1


@pytest.mark.parametrize("broken", BROKEN)
def test_a_look_without_a_whole_answer_is_sent_again(tenant: Tenant, open_driver: Open, broken: Reply) -> None:
    server = tenant(broken, broken, answer(200, b"at last"))

    assert open_driver(settings_for(server.url)).run(call()).body == b"at last"
    assert len(server.seen) == 3


@pytest.mark.parametrize("broken", BROKEN)
def test_the_http_library_itself_repeats_nothing(tenant: Tenant, open_driver: Open, broken: Reply) -> None:
    server = tenant(broken, answer())

    with pytest.raises(NoAnswerError):
        open_driver(settings_for(server.url)).run(call(), retry=ONE_ATTEMPT)
    assert len(server.seen) == 1


@pytest.mark.parametrize("silence", [pytest.param(stall, id="no byte"), pytest.param(HALF_OF_THE_HEADERS, id="half")])
def test_silence_is_no_answer_after_the_read_timeout(tenant: Tenant, open_driver: Open, silence: Reply) -> None:
    server = tenant(silence, answer())

    with pytest.raises(NoAnswerError, match=rf"{server.address} sent nothing for 0\.2 s"):
        open_driver(settings_for(server.url, read_timeout=0.2)).run(submit())
    assert server.connections <= 1, "nothing is sent again"


def test_one_run_may_be_given_less_time(tenant: Tenant, open_driver: Open) -> None:
    server = tenant(stall, answer())

    with pytest.raises(NoAnswerError, match=r"sent nothing for 0\.1 s"):
        open_driver(settings_for(server.url)).run(call(), retry=ONE_ATTEMPT, timeout=(5.0, 0.1))


def test_a_connection_that_breaks_after_it_was_made_may_have_carried_the_request(
    start: Start, open_driver: Open
) -> None:
    server = start(DroppingServer())

    with pytest.raises(NoAnswerError):
        open_driver(settings_for(f"http://{server.address}")).run(submit())
    assert server.connections == 1


def test_a_submit_on_a_kept_alive_connection_that_breaks_is_not_sent_again(tenant: Tenant, open_driver: Open) -> None:
    server = tenant(answer(), reset, answer())
    driver = open_driver(settings_for(server.url))
    driver.run(call())

    with pytest.raises(NoAnswerError):
        driver.run(submit())
    assert (len(server.seen), server.connections) == (2, 1)


def test_a_refused_connection_is_not_sent_and_names_the_address(open_driver: Open) -> None:
    address = f"{LOOPBACK}:{free_port()}"

    with pytest.raises(NotSentError, match=rf"3 attempts.*no connection to {address} \(Connection refused\)"):
        open_driver(settings_for(f"http://{address}")).run(submit())


def test_an_unknown_host_is_not_sent_and_names_the_host(open_driver: Open) -> None:
    with pytest.raises(NotSentError, match=r"no connection to tenant\.invalid:443, since the name was not found"):
        open_driver(settings_for("https://tenant.invalid")).run(submit(), retry=ONE_ATTEMPT)


def test_a_redirect_to_another_host_is_refused_and_the_other_host_sees_nothing(
    tenant: Tenant, open_driver: Open
) -> None:
    other = tenant(answer())
    server = tenant(answer(307, location=f"{other.url}/login?next=secret"))

    with pytest.raises(RedirectRefusedError, match=rf"Credentials .*redirected to {other.url}\)$") as raised:
        open_driver(settings_for(server.url)).run(call())
    assert other.connections == 0
    assert "next=" not in str(raised.value)


def test_a_redirect_within_the_host_is_followed_with_the_key(tenant: Tenant, open_driver: Open) -> None:
    server = tenant(answer(301, location="/v2/api?x=1"), answer(200, b"moved"))

    assert open_driver(settings_for(server.url)).run(call()).body == b"moved"
    assert server.seen[1].target == "/v2/api?x=1"
    assert server.seen[1].headers["authorization"] == f"Bearer {KEY}"


def test_a_submit_is_repeated_where_a_307_within_the_host_asks_for_it(tenant: Tenant, open_driver: Open) -> None:
    server = tenant(answer(307, location="/v2/submit"), answer())

    open_driver(settings_for(server.url)).run(submit())

    assert [(seen.method, seen.target, seen.body) for seen in server.seen] == [
        ("POST", "/api:submit", b'{"a":1}'),
        ("POST", "/v2/submit", b'{"a":1}'),
    ]


@pytest.mark.parametrize(("status", "sent"), [(429, 2), (503, 1), (500, 1)])
def test_a_submit_is_sent_again_only_where_it_was_certainly_not_accepted(
    tenant: Tenant, open_driver: Open, monkeypatch: pytest.MonkeyPatch, status: int, sent: int
) -> None:
    let_nobody_pause(monkeypatch)
    server = tenant(answer(status, retry_after="0"), answer())

    open_driver(settings_for(server.url)).run(submit())

    assert len(server.seen) == sent


def test_the_last_answer_is_read_after_the_last_attempt(
    tenant: Tenant, open_driver: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_nobody_pause(monkeypatch)
    server = tenant(*[answer(503, b"first")] * (AT_ONCE.max_attempts - 1), answer(503, b"last"))

    assert open_driver(settings_for(server.url)).run(call()).body == b"last"
    assert len(server.seen) == AT_ONCE.max_attempts


def test_netrc_does_not_override_the_key(
    tenant: Tenant, open_driver: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine {LOOPBACK} login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server = tenant(answer())

    open_driver(settings_for(server.url)).run(call())

    assert server.seen[0].headers["authorization"] == f"Bearer {KEY}"


def test_cookies_are_not_kept(tenant: Tenant, open_driver: Open) -> None:
    server = tenant(answer(200, set_cookie="session=1; Path=/"), answer())
    driver = open_driver(settings_for(f"http://localhost:{server.port}"))

    driver.run(call())
    driver.run(call())

    assert "cookie" not in server.seen[1].headers


def test_an_error_that_was_being_handled_is_not_taken_for_the_cause(tenant: Tenant, open_driver: Open) -> None:
    server = tenant(reset)
    driver = open_driver(settings_for(server.url))
    nobody = f"http://{LOOPBACK}:{free_port()}"

    with SyncTransport(settings_for(nobody)) as other:
        try:
            other.session.get(nobody)
        except requests.ConnectionError:
            with pytest.raises(NoAnswerError, match=r"broke \(Connection reset by peer\)"):
                driver.run(submit())


def test_no_secret_is_logged_or_shown_in_a_traceback(
    tenant: Tenant, start: Start, open_driver: Open, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server, proxy = tenant(answer(), reset), start(Proxy())
    driver = open_driver(settings_for(server.url, proxy=f"http://somebody:pr0xy-pw@{proxy.address}"))
    driver.run(call())

    with pytest.raises(NoAnswerError) as raised:
        driver.run(submit())

    shown = caplog.text + "".join(traceback.format_exception(raised.value)) + repr(raised.value.__cause__)
    assert KEY not in shown
    assert "pr0xy-pw" not in shown


def test_what_the_server_was_asked_to_wait_counts_as_no_silence(tenant: Tenant, open_driver: Open) -> None:
    server = tenant(then(lambda _: time.sleep(0.4), answer()))

    assert open_driver(settings_for(server.url, read_timeout=0.1)).run(call(wait=10.0), retry=ONE_ATTEMPT).status == 200


def test_an_error_status_that_passes_by_itself_is_asked_for_again(tenant: Tenant, open_driver: Open) -> None:
    server = tenant(answer(404), answer(200))
    absent_for_now = Call(Request("GET", "/api"), lambda r: r.status, is_passing=lambda r: r.status == 404)

    assert open_driver(settings_for(server.url)).run(absent_for_now) == 200
