"""Each fault as bytes and times on a raw socket, where no HTTP client can smooth it."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from veza_emulator.http.server import RunningTenant, running_tenant
from veza_emulator.tenant.faults import Fault, FaultKind, FaultMatch
from veza_emulator.tenant.settings import TenantSettings
from veza_emulator.tenant.tenant import Tenant

CREATE = FaultMatch(path_suffix="nodes_async_create")
SPEC = {"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}
CREATION = {"immediate_run": {"request": {"body": SPEC}}}
RETRY_SOON = {"Retry-After": "1"}
EVER_LATER = (0.2, 2.0, 8.0)
"""Seconds. A busy machine may need more than the first for anything."""


@dataclass(frozen=True)
class RawAnswer:
    """Everything that came on a connection until its end."""

    status: int
    headers: dict[str, str]
    body: bytes

    @classmethod
    def of(cls, received: bytes) -> RawAnswer:
        head, _, body = received.partition(b"\r\n\r\n")
        status_line, *lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        return cls(int(status_line.split()[1]), {name.lower(): value for name, value in headers.items()}, body)

    @property
    def announced(self) -> int:
        return int(self.headers["content-length"])


@pytest.fixture
def running() -> Iterator[RunningTenant]:
    with running_tenant(Tenant(TenantSettings(size=200))) as served:
        yield served


def address(running: RunningTenant) -> tuple[str, int]:
    host, _, port = running.url.removeprefix("http://").rpartition(":")
    return host, int(port)


@contextmanager
def asked_to_create(running: RunningTenant, connection: str = "close") -> Iterator[socket.socket]:
    body = json.dumps(CREATION)
    request = (
        "POST /api/v1/assessments/query_spec:nodes_async_create HTTP/1.1\r\n"
        f"Host: localhost\r\nAuthorization: Bearer {running.api_key}\r\nConnection: {connection}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    )
    with socket.create_connection(address(running), timeout=10) as wire:
        wire.sendall(request.encode())
        yield wire


def received(wire: socket.socket) -> bytes:
    data = b""
    while part := wire.recv(65_536):
        data += part
    return data


def answer_to_create(running: RunningTenant) -> RawAnswer:
    with asked_to_create(running) as wire:
        return RawAnswer.of(received(wire))


def first_connection(running: RunningTenant, patience: float = 10) -> float:
    """Connect until it succeeds; return the seconds that this took."""
    start = time.monotonic()
    while True:
        try:
            socket.create_connection(address(running), timeout=10).close()
        except ConnectionRefusedError:
            assert time.monotonic() - start < patience
        else:
            return time.monotonic() - start


def queries(running: RunningTenant) -> int:
    return len(running.tenant.executions())


def test_after_a_normal_answer_every_connection_is_refused_for_some_seconds(running: RunningTenant) -> None:
    assert any(refuses_after_an_answer(running, seconds) for seconds in EVER_LATER)
    before = queries(running)
    assert answer_to_create(running).status == 200
    assert queries(running) == before + 1


def refuses_after_an_answer(running: RunningTenant, seconds: float) -> bool:
    """Let it refuse for so long; return whether this machine came to see it."""
    running.tenant.faults.add(Fault(FaultKind.CONNECTION_REFUSED, seconds=seconds))
    began = time.monotonic()
    assert answer_to_create(running).status == 200
    try:
        socket.create_connection(address(running), timeout=10).close()
    except ConnectionRefusedError:
        first_connection(running, seconds + 30)
        assert time.monotonic() - began >= seconds
        return True
    return False


def test_a_tenant_that_refuses_connections_ends_those_that_others_keep_alive(running: RunningTenant) -> None:
    with socket.create_connection(address(running), timeout=10) as idle:
        running.tenant.faults.add(Fault(FaultKind.CONNECTION_REFUSED, seconds=0.1))
        answer_to_create(running)
        assert idle.recv(1) == b""


def test_the_connection_that_brought_the_fault_is_said_to_be_closed(running: RunningTenant) -> None:
    running.tenant.faults.add(Fault(FaultKind.CONNECTION_REFUSED, seconds=0.1))
    with asked_to_create(running, connection="keep-alive") as wire:
        assert RawAnswer.of(received(wire)).headers["connection"] == "close"


def test_a_tenant_may_be_refused_again_and_again(running: RunningTenant) -> None:
    running.tenant.faults.add(Fault(FaultKind.CONNECTION_REFUSED, times=3, seconds=0.05))
    for _ in range(3):
        answer_to_create(running)
        first_connection(running)
    assert queries(running) == 3


def test_a_tenant_can_end_while_it_refuses_connections() -> None:
    with running_tenant(Tenant(TenantSettings(size=100))) as running:
        running.tenant.faults.add(Fault(FaultKind.CONNECTION_REFUSED, seconds=60))
        answer_to_create(running)
    with socket.create_server(address(running)):
        pass


@pytest.mark.parametrize(("kind", "executed"), [("reset_before_accept", 0), ("reset_after_accept", 1)])
def test_a_reset_answers_nothing_before_or_after_the_request_is_executed(
    running: RunningTenant, kind: str, executed: int
) -> None:
    running.tenant.faults.add(Fault(FaultKind(kind)))
    with asked_to_create(running) as wire, pytest.raises(ConnectionResetError):
        received(wire)
    assert queries(running) == executed


@pytest.mark.parametrize(("kind", "executed"), [("delay", 0), ("slow_headers", 1)])
def test_a_silent_tenant_has_executed_the_request_or_not_and_then_answers_all(
    running: RunningTenant, kind: str, executed: int
) -> None:
    running.tenant.faults.add(Fault(FaultKind(kind), seconds=1))
    with asked_to_create(running) as wire:
        wire.settimeout(0.2)
        with pytest.raises(TimeoutError):
            wire.recv(1)
        assert queries(running) == executed
        wire.settimeout(10)
        answer = RawAnswer.of(received(wire))
    assert (answer.status, len(answer.body), queries(running)) == (200, answer.announced, 1)


def test_a_request_whose_caller_has_gone_is_executed_late_all_the_same(running: RunningTenant) -> None:
    running.tenant.faults.add(Fault(FaultKind.DELAY, seconds=0.2))
    with asked_to_create(running):
        pass
    observed, patience = threading.Event(), time.monotonic() + 10
    while queries(running) == 0 and time.monotonic() < patience:
        observed.wait(0.01)
    assert queries(running) == 1


def test_a_slow_body_comes_in_pieces_after_its_headers(running: RunningTenant) -> None:
    running.tenant.faults.add(Fault(FaultKind.SLOW_BODY, seconds=0.5))
    start = time.monotonic()
    with asked_to_create(running) as wire:
        first = wire.recv(65_536)
        whole = RawAnswer.of(first + received(wire))
    assert len(RawAnswer.of(first).body) < whole.announced == len(whole.body)
    assert time.monotonic() - start >= 0.5
    assert "query_result_id" in json.loads(whole.body)


def test_a_truncated_body_is_shorter_than_announced(running: RunningTenant) -> None:
    running.tenant.faults.add(Fault(FaultKind.TRUNCATED_BODY))
    answer = answer_to_create(running)
    assert (answer.status, len(answer.body)) == (200, answer.announced // 2)
    assert queries(running) == 1


@pytest.mark.parametrize("kind", ["truncated_json", "malformed_json"])
def test_a_spoilt_body_is_as_long_as_announced_and_no_json(running: RunningTenant, kind: str) -> None:
    running.tenant.faults.add(Fault(FaultKind(kind)))
    answer = answer_to_create(running)
    assert (answer.status, len(answer.body)) == (200, answer.announced)
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.body)


def test_a_wrong_content_type_stands_over_the_right_body(running: RunningTenant) -> None:
    running.tenant.faults.add(Fault(FaultKind.WRONG_CONTENT_TYPE))
    answer = answer_to_create(running)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "query_result_id" in json.loads(answer.body)


@pytest.mark.parametrize("kind", ["truncated_body", "truncated_json", "malformed_json", "slow_body"])
def test_an_answer_without_a_body_is_not_met_by_a_fault_of_bodies(
    running: RunningTenant, kind: str, client: Any
) -> None:
    client.tenant.faults.add(Fault(FaultKind(kind), seconds=0))
    assert client.assessments("query_spec:nodes_async_cancel", {"query_result_id": "q"}).content == b""
    assert len(client.tenant.faults.pending()) == 1


@pytest.mark.parametrize(
    ("status", "headers"), [(429, RETRY_SOON), (429, {}), (500, {}), (502, {}), (503, RETRY_SOON), (504, {})]
)
def test_a_burst_of_error_statuses_ends_and_executes_nothing(
    running: RunningTenant, status: int, headers: dict[str, str]
) -> None:
    running.tenant.faults.add(Fault(FaultKind.STATUS, CREATE, times=3, status=status, headers=headers))
    answers = [answer_to_create(running) for _ in range(4)]
    assert [answer.status for answer in answers] == [status, status, status, 200]
    assert [answer.headers.get("retry-after") for answer in answers] == [*[headers.get("Retry-After")] * 3, None]
    assert queries(running) == 1


@pytest.mark.parametrize("status", [200, 502])
def test_a_gateways_page_is_html_under_any_status(running: RunningTenant, status: int) -> None:
    running.tenant.faults.add(Fault(FaultKind.HTML, status=status))
    answer = answer_to_create(running)
    assert (answer.status, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert answer.body.startswith(b"<html>")
    assert queries(running) == 0
