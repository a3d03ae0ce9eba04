"""The same over TLS, as other people's servers speak it: each version, an authority between, certificates of clients."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_veza.exceptions import NoAnswerError
from servers.conftest import Patient, Wished, outcome
from servers.played import TLS_SERVERS, Place, running
from transport.every_driver import EVERY_DRIVER
from transport.servers import LOOPBACK

VERSIONS = ["1.2", "1.3"]
WITHOUT_A_WORD = {"node", "hypercorn", "envoy", "stunnel"}
"""They close the connection, some of them now and then before the client has read why."""


@pytest.fixture(scope="module", params=[(name, version) for name in TLS_SERVERS for version in VERSIONS], ids=" ".join)
def secured(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, backend: Place, certificate: Path
) -> Iterator[Place]:
    name, version = request.param
    if name == "hypercorn" and version == "1.2":
        pytest.skip("speaks what OpenSSL speaks")
    folder = tmp_path_factory.mktemp("secured")
    with running(TLS_SERVERS[name], folder, backend.port, certificate, "tls", version) as place:
        yield place


@pytest.fixture
def wished(request: pytest.FixtureRequest, secured: Place, backend: Place) -> Callable[[], Wished]:
    name, _ = request.node.callspec.params["secured"]
    return lambda: Wished(backend.folder if TLS_SERVERS[name].gateway else secured.folder)


@pytest.fixture(params=EVERY_DRIVER)
def open_to(request: pytest.FixtureRequest, authorities: Path) -> Iterator[Callable[..., Patient]]:
    opened: list[Patient] = []
    kind = EVERY_DRIVER[request.param]
    trust = kind.trusting(str(authorities))

    def open_(place: Place, host: str = LOOPBACK) -> Patient:
        opened.append(Patient(kind.open(f"https://{host}:{place.port}", **trust)))
        return opened[-1]

    yield open_
    for driver in opened:
        driver.close()


Open = Callable[..., Patient]
Wish = Callable[[], Wished]


@pytest.mark.parametrize("length", [0, 64 * 1024, 1024 * 1024])
def test_a_body_arrives_whole_and_once(open_to: Open, secured: Place, wished: Wish, length: int) -> None:
    wish = wished()
    call = wish.submit({"q": "x" * length})

    assert json.loads(open_to(secured).run(call).body)["length"] == len(call.request.content or b"")
    assert wish.times == 1


def test_a_host_is_found_by_its_name(open_to: Open, secured: Place, wished: Wish) -> None:
    assert json.loads(open_to(secured, "localhost").run(wished().call()).body)["host"].startswith("localhost")


@pytest.mark.parametrize("framing", [{}, {"framing": "chunked"}, {"close": True}, {"encoding": "gzip"}], ids=str)
def test_an_answer_arrives_whole(open_to: Open, secured: Place, wished: Wish, framing: dict[str, Any]) -> None:
    driver = open_to(secured)

    for _ in range(7):
        assert len(json.loads(driver.run(wished().call(size=300_000, **framing)).body)["filling"]) == 300_000


def test_an_answer_that_is_cut_is_none(open_to: Open, secured: Place, wished: Wish) -> None:
    wish = wished()

    with pytest.raises(NoAnswerError, match="may have been acted on"):
        open_to(secured).run(wish.submit(size=200_000, cut=True), timeout=(5.0, 2.0))
    assert wish.times == 1


def test_a_submit_over_a_connection_that_ends_is_never_sent_twice(open_to: Open, secured: Place, wished: Wish) -> None:
    driver, wish = open_to(secured), wished()
    driver.run(wished().call())

    time.sleep(1.3)
    assert driver.run(wish.submit()).status == 200
    assert wish.times == 1


@pytest.mark.parametrize("name", TLS_SERVERS)
def test_a_server_that_asks_for_a_certificate_is_not_sent_to(
    tmp_path: Path, open_to: Open, backend: Place, certificate: Path, name: str
) -> None:
    """Some refuse with an answer in HTTP, most in TLS's words, some without a word, which leaves a doubt; none does the work."""
    server = TLS_SERVERS[name]
    wish = Wished(backend.folder if server.gateway else tmp_path)
    with running(server, tmp_path, backend.port, certificate, "tls", "client") as place:
        said = outcome(lambda: open_to(place).run(wish.submit()))
    assert said in {400, 421} or "TLS" in str(said) or name in WITHOUT_A_WORD
    assert wish.times == 0
