"""Serves a cluster double on loopback, in a thread of this process; and the remote control of any double, by its URL."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from urllib.request import Request, urlopen

import uvicorn

from esql_double.admin import ROOT
from esql_double.app import build_app
from esql_double.cluster import API_KEY, Cluster
from esql_double.script import Failure, Script, Settings

LOOPBACK = "127.0.0.1"
MOST_THAT_CONNECT_AT_ONCE = 10_000
KEEPS_IDLE_CONNECTIONS_SECONDS = 3_600
"""Elasticsearch keeps them for as long as its clients do; uvicorn would close them after five seconds."""


@dataclass
class Double:
    """A running double, by its URL; it may run in another process."""

    url: str
    api_key: str = API_KEY
    settings: Settings = field(default_factory=Settings)

    def script(self, **fields: Any) -> None:
        """Say what the next query comes to that has no script yet; see :class:`~.script.Script`."""
        self._post("script", Script(**fields).to_json())

    def usual(self, **fields: Any) -> None:
        """Say what every query comes to for which no script waits."""
        self._post("usual", Script(**fields).to_json())

    def configure(self, **fields: Any) -> None:
        """Make it another kind of cluster; see :class:`~.script.Settings`."""
        self.settings = replace(self.settings, **fields)
        self._post("settings", asdict(self.settings))

    def take_keys(self, *authorizations: str) -> None:
        """Take these Authorization headers and no others."""
        self._post("keys", list(authorizations))

    def refuse_next(self, status: int, kind: str, reason: str) -> None:
        """Refuse the next request, whatever it is."""
        self._post("refuse", asdict(Failure(status, kind, reason)))

    def end(self, query_id: str, **fields: Any) -> None:
        """End a running query, by its script or by another."""
        self._post(f"queries/{query_id}/end", Script(**fields).to_json() if fields else None)

    def cancel(self, query_id: str) -> None:
        """Cancel a query as the task API does."""
        self._post(f"queries/{query_id}/cancel")

    def skip(self, seconds: float) -> None:
        """Let so much time pass at once for results that are stored or about to be; what runs does not feel it."""
        self._post("skip", seconds)

    def expire(self, query_id: str) -> None:
        """Let a query's keep_alive end now."""
        self._post(f"queries/{query_id}/expire")

    @property
    def queries(self) -> list[dict[str, Any]]:
        """All queries ever submitted: id, body, running, stored, gets."""
        return self._state()["queries"]  # type: ignore[no-any-return]

    @property
    def submits(self) -> list[dict[str, Any]]:
        """The body of each submit that was taken."""
        return self._state()["submits"]  # type: ignore[no-any-return]

    @property
    def requests(self) -> list[str]:
        """Method, path and status of each request."""
        return self._state()["requests"]  # type: ignore[no-any-return]

    @property
    def running(self) -> list[str]:
        """Ids of the queries that run."""
        return [query["id"] for query in self.queries if query["running"]]

    @property
    def stored(self) -> list[str]:
        """Ids of the queries whose result is stored."""
        return [query["id"] for query in self.queries if query["stored"]]

    def _state(self) -> dict[str, Any]:
        with urlopen(f"{self.url}{ROOT}", timeout=10) as answer:
            state: dict[str, Any] = json.load(answer)
        return state

    def _post(self, path: str, data: Any = None) -> None:
        body = b"" if data is None else json.dumps(data).encode()
        with urlopen(Request(f"{self.url}{ROOT}/{path}", body, method="POST"), timeout=10):
            pass


@contextmanager
def running_double(port: int = 0) -> Iterator[Double]:
    """Serve a new cluster until the block ends; port 0 takes any free port."""
    with socket.create_server((LOOPBACK, port), backlog=MOST_THAT_CONNECT_AT_ONCE) as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        config = uvicorn.Config(
            build_app(Cluster()),
            log_config=None,
            log_level="warning",
            lifespan="off",
            timeout_keep_alive=KEEPS_IDLE_CONNECTIONS_SECONDS,
        )
        server = _Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), name="esql-double", daemon=True)
        thread.start()
        server.ready.wait(timeout=10)
        try:
            yield Double(f"http://{LOOPBACK}:{listener.getsockname()[1]}")
        finally:
            server.should_exit = server.force_exit = True
            thread.join()


class _Server(uvicorn.Server):
    """A uvicorn server that says when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()
