"""A real S3 server (moto's) behind a door that plays look-alikes: some ignore conditions, refuse them, or lose answers."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import boto3
import pytest
from airflow.providers.common.compat.sdk import ObjectStoragePath
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

CONDITIONS = ("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH")
LOGIN = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}


@dataclass(frozen=True)
class Refusal:
    """An answer of the door's own."""

    status: str
    code: str


@dataclass
class Door:
    """What stands between the client and the server; each field is one way of not being Amazon.

    :param ignores: HTTP methods whose conditions are taken away.
    :param refuses: HTTP methods whose requests are refused where they carry a condition, and how.
    :param forbids: HTTP methods that are not allowed.
    :param answers_to_lose: so many conditional requests are carried out, and answered by an error that clients repeat.
    :param conflicts: so many conditional requests are answered by S3's "another request for this key is under way".
    """

    server: Callable[..., Iterable[bytes]]
    ignores: set[str] = field(default_factory=set)
    refuses: dict[str, Refusal] = field(default_factory=dict)
    forbids: set[str] = field(default_factory=set)
    answers_to_lose: int = 0
    conflicts: int = 0
    requests: list[str] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        self.requests.append(method)
        conditional = any(name in environ for name in CONDITIONS)
        if refusal := self._refusal(method, conditional):
            return refused(start, refusal)
        if method in self.ignores:
            for name in CONDITIONS:
                environ.pop(name, None)
        if conditional and self.answers_to_lose:
            self.answers_to_lose -= 1
            list(self.server(environ, lambda *_: None))
            return refused(start, Refusal("503 Slow Down", "SlowDown"))
        return self.server(environ, start)

    def _refusal(self, method: str, conditional: bool) -> Refusal | None:
        if method in self.forbids:
            return Refusal("403 Forbidden", "AccessDenied")
        if conditional and self.conflicts:
            self.conflicts -= 1
            return Refusal("409 Conflict", "ConditionalRequestConflict")
        return self.refuses.get(method) if conditional else None


def refused(start: Callable[..., Any], refusal: Refusal) -> Iterable[bytes]:
    start(refusal.status, [("Content-Type", "application/xml")])
    return [f"<Error><Code>{refusal.code}</Code><Message>the door says no</Message></Error>".encode()]


@contextmanager
def serving(door: Door) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, door, threaded=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def door() -> Door:
    return Door(DomainDispatcherApplication(create_backend_app))


@pytest.fixture
def folder(door: Door, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return a folder in a bucket of its own behind the door."""
    name = f"lake-{secrets.token_hex(4)}"
    with serving(door) as endpoint:
        boto3.client("s3", endpoint_url=endpoint, **LOGIN).create_bucket(Bucket=name)
        # Airflow keeps one client per connection, so each door needs a connection of its own.
        connection = {"conn_type": "aws", "login": "test", "password": "test"}
        extra = {"endpoint_url": endpoint, "region_name": "us-east-1"}
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.replace('-', '_').upper()}", json.dumps(connection | {"extra": extra}))
        folder = ObjectStoragePath(f"s3://{name.replace('-', '_')}@{name}/records of/veza")
        door.requests.clear()
        yield folder
