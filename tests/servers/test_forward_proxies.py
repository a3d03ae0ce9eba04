"""The same through other people's forward proxies: plain and in tunnels, with logins, past them, and when they refuse."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_veza.async_query.message import Call
from airflow_provider_veza.exceptions import NoAnswerError, NotSentError, RequestError
from airflow_provider_veza.services.veza_errors import json_object
from servers.conftest import Patient, Wished, outcome
from servers.played import FORWARD_PROXIES, LOGIN, TLS_SERVERS, WITHOUT_LOGINS, Place, running
from transport.every_driver import EVERY_DRIVER
from transport.servers import LOOPBACK, free_port

WRONG = "somebody:wr0ng-passw0rd"
READS_TUNNELS = {"mitmproxy"}
"""They answer in the tenant's place within TLS."""

READS_NO_BODY = {"tinyproxy"}
"""It refuses when it has read a head, and closes: where the body comes behind it, the system drops the answer and resets."""


@dataclass(frozen=True)
class Way:
    """A tenant, and a proxy before it.

    :param trusted: PEM file of the authorities of both.
    :param tenant: where it runs; requests are noted there.
    """

    name: str
    proxy: Place
    tenant: Place
    scheme: str
    trusted: Path

    @property
    def url(self) -> str:
        return f"{self.scheme}://{LOOPBACK}:{self.tenant.port}"

    def through(self, login: str = "") -> str:
        return f"http://{login}{'@' if login else ''}{LOOPBACK}:{self.proxy.port}"

    def wish(self) -> Wished:
        return Wished(self.tenant.folder)


@pytest.fixture(scope="session")
def secured_tenant(tmp_path_factory: pytest.TempPathFactory, certificate: Path) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("secured-tenant")
    with running(TLS_SERVERS["hypercorn"], folder, 0, certificate, "tls") as place:
        yield place


def _played(name: str, folder: Path, mode: str) -> Iterator[Place]:
    with running(FORWARD_PROXIES[name], folder, 0, None, mode) as place:
        yield place


@pytest.fixture(scope="module", params=FORWARD_PROXIES)
def proxy(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Place]]:
    for place in _played(request.param, tmp_path_factory.mktemp("proxy"), "plain"):
        yield request.param, place


@pytest.fixture(scope="module", params=[name for name in FORWARD_PROXIES if name not in WITHOUT_LOGINS])
def guarded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Place]]:
    for place in _played(request.param, tmp_path_factory.mktemp("guarded"), "login"):
        yield request.param, place


@pytest.fixture(params=["http", "https"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def lead(backend: Place, secured_tenant: Place, authorities: Path, tmp_path: Path) -> Callable[..., Way]:
    def lead_(played: tuple[str, Place], scheme: str) -> Way:
        name, place = played
        own, trusted = place.folder / "mitmproxy-ca-cert.pem", tmp_path / "trusted.pem"
        trusted.write_text(authorities.read_text() + (own.read_text() if own.exists() else ""))
        return Way(name, place, secured_tenant if scheme == "https" else backend, scheme, trusted)

    return lead_


@pytest.fixture
def way(proxy: tuple[str, Place], lead: Callable[..., Way], scheme: str) -> Way:
    return lead(proxy, scheme)


@pytest.fixture
def guarded_way(guarded: tuple[str, Place], lead: Callable[..., Way], scheme: str) -> Way:
    return lead(guarded, scheme)


@pytest.fixture(params=["requests", "aiohttp"])
def open_by(request: pytest.FixtureRequest) -> Iterator[Callable[..., Patient]]:
    with ExitStack() as stack:

        def open_(way: Way, url: str = "", **fields: Any) -> Patient:
            driver = EVERY_DRIVER[request.param].open(url or way.url, ca_bundle=str(way.trusted), **fields)
            stack.callback(driver.close)
            return Patient(driver)

        yield open_


Open = Callable[..., Patient]


@pytest.mark.parametrize("length", [0, 64 * 1024 + 1, 1024 * 1024])
def test_a_body_arrives_whole_and_once(open_by: Open, way: Way, length: int) -> None:
    wish = way.wish()
    call = wish.submit({"q": "x" * length})

    answer = json.loads(open_by(way, proxy=way.through()).run(call).body)
    assert answer["length"] == len(call.request.content or b"")
    assert wish.times == 1


@pytest.mark.parametrize("framing", [{}, {"framing": "chunked"}, {"close": True}, {"encoding": "gzip"}], ids=str)
def test_an_answer_arrives_whole(open_by: Open, way: Way, framing: dict[str, Any]) -> None:
    driver = open_by(way, proxy=way.through())

    for _ in range(3):
        assert len(json.loads(driver.run(way.wish().call(size=300_000, **framing)).body)["filling"]) == 300_000


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_look_goes_on_after_an_error_page_and_a_submit_does_not(open_by: Open, way: Way, status: int) -> None:
    driver, look, submit = open_by(way, proxy=way.through()), way.wish(), way.wish()
    page = {"status": status, "kind": "text/html", "header": "Retry-After:0"}

    assert driver.run(look.call(fails=2, **page)).status == 200
    assert look.times == 3
    if status != 429:
        assert driver.run(submit.submit(**page)).status == status
        assert submit.times == 1


def test_an_answer_that_is_cut_is_none_and_not_asked_for_again(open_by: Open, way: Way) -> None:
    wish = way.wish()

    said = outcome(
        lambda: open_by(way, proxy=way.through()).run(wish.submit(size=200_000, cut=True), timeout=(5.0, 2.0))
    )
    assert isinstance(said, RequestError) or said == 502
    assert wish.times == 1


@pytest.mark.parametrize("named_in", ["extra", "environment"])
def test_a_login_opens_the_way_however_it_is_named(
    open_by: Open, guarded_way: Way, monkeypatch: pytest.MonkeyPatch, named_in: str
) -> None:
    wish, proxy = guarded_way.wish(), guarded_way.through(LOGIN)
    if named_in == "environment":
        monkeypatch.setenv(f"{guarded_way.scheme.upper()}_PROXY", proxy)
    driver = open_by(guarded_way, **({"proxy": proxy} if named_in == "extra" else {}))

    for _ in range(3):
        assert driver.run(wish.submit()).status == 200
    assert wish.times == 3


@pytest.mark.parametrize("named_in", ["extra", "environment"])
@pytest.mark.parametrize("login", ["", WRONG], ids=["none", "a wrong one"])
def test_without_the_right_login_nothing_is_sent_and_no_login_is_shown(
    open_by: Open, guarded_way: Way, monkeypatch: pytest.MonkeyPatch, named_in: str, login: str
) -> None:
    wish, proxy = guarded_way.wish(), guarded_way.through(login)
    if named_in == "environment":
        monkeypatch.setenv(f"{guarded_way.scheme.upper()}_PROXY", proxy)
    driver = open_by(guarded_way, **({"proxy": proxy} if named_in == "extra" else {}))

    refusal = "HTTP 40[17]"
    if guarded_way.name in READS_NO_BODY and guarded_way.scheme == "http":
        refusal += f"|through the proxy {LOOPBACK}:{guarded_way.proxy.port} broke"
    with pytest.raises(RequestError, match=refusal) as raised:
        driver.run(Call(wish.submit().request, json_object))
    assert wish.times == 0
    assert "wr0ng" not in "".join(traceback.format_exception(raised.value))
    if guarded_way.scheme == "https":
        assert isinstance(raised.value, NotSentError)
        assert f"proxy {LOOPBACK}:{guarded_way.proxy.port}" in str(raised.value)
        assert "(1 attempt)" in str(raised.value)


def test_what_no_proxy_lists_goes_past_it(open_by: Open, guarded_way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", guarded_way.through(WRONG))
    monkeypatch.setenv("NO_PROXY", "10.0.0.0/8, 127.0.0.0/8")
    wish = guarded_way.wish()

    assert open_by(guarded_way).run(wish.submit()).status == 200
    assert wish.times == 1


def test_a_tenant_that_is_down_is_told_by_the_proxy(open_by: Open, way: Way) -> None:
    """Before a tunnel, nothing was sent; a page over plain HTTP, or within TLS, leaves a doubt."""
    down = f"{LOOPBACK}:{free_port()}"
    driver = open_by(way, f"{way.scheme}://{down}", proxy=way.through())

    said = outcome(lambda: driver.run(way.wish().submit()))
    if isinstance(said, int):
        assert said >= 500
        assert way.scheme == "http" or way.name in READS_TUNNELS
    else:
        may_be_lost = way.scheme == "http" and way.name in READS_NO_BODY
        assert isinstance(said, (NotSentError, NoAnswerError) if may_be_lost else NotSentError)
        assert f"{down} through the proxy {LOOPBACK}:{way.proxy.port}" in str(said)


@pytest.mark.parametrize("name", FORWARD_PROXIES)
def test_a_proxy_that_goes_down_takes_nothing_twice(
    open_by: Open, lead: Callable[..., Way], tmp_path: Path, scheme: str, name: str
) -> None:
    with ExitStack() as stack:
        way = lead((name, stack.enter_context(running(FORWARD_PROXIES[name], tmp_path))), scheme)
        driver, wish = open_by(way, proxy=way.through()), way.wish()
        assert driver.run(way.wish().call()).status == 200
        stack.close()
        said = outcome(lambda: driver.run(wish.submit()))

    assert isinstance(said, RequestError)
    assert wish.times == 0
    assert f"the proxy {LOOPBACK}:{way.proxy.port}" in str(said)
