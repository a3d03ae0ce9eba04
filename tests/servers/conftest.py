"""Each played server runs as long as its tests do; an authority signs for those that speak TLS."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme

from airflow_provider_veza.async_query.message import Call, Request, Response
from airflow_provider_veza.exceptions import RequestError
from servers.played import BEHIND_GATEWAYS, SERVERS, Place, running
from support.no_proxies import _environment_without_proxies
from transport.every_driver import EVERY_DRIVER, Driver
from transport.servers import LOOPBACK

__all__ = ["_environment_without_proxies"]

OPEN_FILES = Path("/proc/self/fd")
_TAGS = itertools.count()


@dataclass(frozen=True)
class Patient:
    """A driver that waits no longer than a server on loopback needs."""

    driver: Driver

    def run(self, call: Call[Any], **options: Any) -> Any:
        return self.driver.run(call, **({"timeout": (5.0, 10.0)} | options))

    def close(self) -> None:
        self.driver.close()


@dataclass(frozen=True)
class Wished:
    """A request for an answer that is as wished, and what the server noted of it."""

    folder: Path
    tag: str = field(default_factory=lambda: f"request-{next(_TAGS)}")

    def call(self, body: Any = None, *, method: str = "GET", idempotent: bool = True, **wish: Any) -> Call[Response]:
        params = {name: str(int(value) if isinstance(value, bool) else value) for name, value in wish.items()}
        request = Request(method, "/", body, {"tag": self.tag, **params}, idempotent=idempotent)
        return Call(request, lambda response: response)

    def submit(self, body: Any = None, **wish: Any) -> Call[Response]:
        return self.call(body or {"a": 1}, method="POST", idempotent=False, **wish)

    @property
    def times(self) -> int:
        """How often it came."""
        path = self.folder / self.tag
        return len(path.read_bytes().splitlines()) if path.exists() else 0


def outcome(run: Callable[[], Any]) -> int | RequestError:
    """Return the status of an answer, or the error in its place."""
    try:
        return int(run().status)
    except RequestError as error:
        return error


@pytest.fixture(scope="session")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with running(BEHIND_GATEWAYS, tmp_path_factory.mktemp("backend")) as place:
        yield place


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, backend: Place) -> Iterator[Place]:
    row = SERVERS[request.param]
    with running(row, tmp_path_factory.mktemp("server"), backend.port) as place:
        yield place


@pytest.fixture
def wished(request: pytest.FixtureRequest, server: Place, backend: Place) -> Callable[[], Wished]:
    row = SERVERS[request.node.callspec.params["server"]]
    return lambda: Wished(backend.folder if row.gateway else server.folder)


@pytest.fixture
def url(server: Place) -> str:
    return f"http://{LOOPBACK}:{server.port}"


@pytest.fixture(params=EVERY_DRIVER)
def open_driver(request: pytest.FixtureRequest, url: str) -> Iterator[Callable[..., Driver]]:
    opened: list[Driver] = []
    before = sum(1 for _ in OPEN_FILES.iterdir())

    def open_() -> Driver:
        opened.append(EVERY_DRIVER[request.param].open(url))
        return Patient(opened[-1])

    yield open_
    for driver in opened:
        driver.close()
    gc.collect()
    assert sum(1 for _ in OPEN_FILES.iterdir()) <= before, "sockets were left behind"


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def authorities(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("authority") / "root.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture(scope="session")
def certificate(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key, a certificate for loopback by each name, and the authority between it and the one that is trusted."""
    path = tmp_path_factory.mktemp("certificate") / "server.pem"
    authority.create_child_ca().issue_cert(LOOPBACK, "localhost").private_key_and_cert_chain_pem.write_to_path(path)
    return path
