"""Where a redirect may lead, the same table for every driver: to the same origin with the same request, else nowhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from airflow_provider_veza.exceptions import RedirectRefusedError, RequestError
from airflow_provider_veza.transport.elastic_client import target_of
from airflow_provider_veza.transport.steps import WireRequest
from transport.conftest import call
from transport.every_driver import EVERY_DRIVER, Driver, cluster_settings, good
from transport.servers import HttpServer, answer, raw

Open = Callable[[str], Driver]
Tenant = Callable[..., HttpServer]

REDIRECTS = (301, 302, 303, 307, 308)
CHANGES_THE_METHOD = (301, 302, 303)
METHODS = ("GET", "POST", "DELETE")


@pytest.fixture(params=EVERY_DRIVER)
def open_driver(request: pytest.FixtureRequest) -> Iterator[Open]:
    with ExitStack() as stack:

        def open_one(base_url: str) -> Driver:
            driver = EVERY_DRIVER[request.param].open(base_url)
            stack.callback(driver.close)
            return driver

        yield open_one


ELSEWHERE = {
    "another port": "http://127.0.0.1:{other}/api",
    "another host": "http://localhost:{port}/api",
    "another host and port": "//localhost:{other}/api",
    "another scheme": "https://127.0.0.1:{port}/api",
    "credentials of its own": "http://key:pw@127.0.0.1:{other}/api",
}
NOWHERE = {
    "a port that is no number": "http://127.0.0.1:port/",
    "a port out of range": "http://127.0.0.1:99999/",
    "half an IPv6 address": "http://[::1",
    "an IPv6 address that is none": "http://[zz]/",
    "no HTTP": "ftp://127.0.0.1/",
    "a tab in the path": "/a\tb",
    "a tab in the host": "http://127.0.0.1\t:80/",
    "a space": "/a b",
    "letters outside ASCII": "/\u00e5",
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("status", REDIRECTS)
@pytest.mark.parametrize("location", ELSEWHERE.values(), ids=ELSEWHERE)
def test_nothing_goes_to_another_origin(
    tenant: Tenant, open_driver: Open, location: str, status: int, method: str
) -> None:
    other, server = tenant(good()), tenant()
    there = location.format(other=other.port, port=server.port)
    server.replies.append(answer(status, location=there))

    with pytest.raises(RedirectRefusedError, match="another host"):
        open_driver(server.url).run(call(method, body={"a": 1}))
    assert (other.connections, len(server.seen)) == (0, 1)


@pytest.mark.parametrize("status", REDIRECTS)
@pytest.mark.parametrize("location", NOWHERE.values(), ids=NOWHERE)
def test_what_is_no_address_is_followed_nowhere(tenant: Tenant, open_driver: Open, location: str, status: int) -> None:
    server = tenant(answer(status, location=location), good())

    with pytest.raises(RedirectRefusedError, match="no HTTP address"):
        open_driver(server.url).run(call())
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", REDIRECTS)
@pytest.mark.parametrize("character", ["\x00", "\x01", "\x0b", "\x1c", "\x7f", "\x85"], ids=repr)
def test_a_control_character_in_the_address_is_a_failed_request_in_our_tree(
    tenant: Tenant, open_driver: Open, status: int, character: str
) -> None:
    head = f"HTTP/1.1 {status} Moved\r\ncontent-length: 0\r\nlocation: /a{character}b\r\n\r\n".encode("latin-1")
    server = tenant(*[raw(head)] * 3)

    with pytest.raises(RequestError):
        open_driver(server.url).run(call())
    assert {seen.target for seen in server.seen} == {"/api"}


@pytest.mark.parametrize("status", REDIRECTS)
def test_a_get_follows_within_the_origin(tenant: Tenant, open_driver: Open, status: int) -> None:
    server = tenant(answer(status, location="/there?x=1"), good(200, b'"there"'))

    assert open_driver(server.url).run(call()).body == b'"there"'
    assert server.seen[1].target == "/there?x=1"
    assert server.seen[1].headers["authorization"] == server.seen[0].headers["authorization"]


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("status", [307, 308])
def test_what_changes_something_follows_within_the_origin_as_it_is(
    tenant: Tenant, open_driver: Open, status: int, method: str
) -> None:
    server = tenant(answer(status, location="/there"), good())

    open_driver(server.url).run(call(method, body={"a": 1}))

    assert [(seen.method, seen.target, seen.body) for seen in server.seen] == [
        (method, "/api", b'{"a":1}'),
        (method, "/there", b'{"a":1}'),
    ]


@pytest.mark.parametrize("location", [{"location": "/there"}, {}], ids=["somewhere", "without an address"])
@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("status", CHANGES_THE_METHOD)
def test_no_redirect_turns_a_cancel_or_a_submit_into_a_success(
    tenant: Tenant, open_driver: Open, status: int, method: str, location: dict[str, str]
) -> None:
    server = tenant(answer(status, **location), good())

    with pytest.raises(RedirectRefusedError):
        open_driver(server.url).run(call(method))
    assert [seen.method for seen in server.seen] == [method]


def test_redirects_that_do_not_end_are_refused(tenant: Tenant, open_driver: Open) -> None:
    server = tenant(*[answer(307, location="/again")] * 9)

    with pytest.raises(RedirectRefusedError, match="more than 3 times"):
        open_driver(server.url).run(call())
    assert len(server.seen) == 4


def test_a_cluster_beneath_a_path_is_followed_within_that_path_only() -> None:
    settings = cluster_settings("http://elastic.example:80/es")

    assert target_of(WireRequest("GET", "http://elastic.example/es/a?b=1", {}), settings) == "/a?b=1"
    with pytest.raises(RedirectRefusedError, match="out of the path /es"):
        target_of(WireRequest("GET", "http://elastic.example/other", {}), settings)
