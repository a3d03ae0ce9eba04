"""What the emulator's tests share: a served tenant whose clock stands still, and a client that knows its paths."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from hypothesis import settings as hypothesis_settings

from veza_emulator import __main__ as command
from veza_emulator.http.server import RunningTenant, running_tenant
from veza_emulator.tenant.settings import TenantSettings
from veza_emulator.tenant.tenant import Tenant

# The same examples each time, and no time limit, since the machine may be busy.
hypothesis_settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis_settings.load_profile("repeatable")

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)

Refused = Callable[..., tuple[object, str, str]]


class EmulatorClient:
    """Speaks to a served tenant over a real socket."""

    def __init__(self, running: RunningTenant) -> None:
        self.running = running
        self.tenant = running.tenant
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {running.api_key}"

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(method, f"{self.running.url}{path}", timeout=10, **options)

    def answer(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        response = self.call(method, path, **options)
        assert response.status_code == 200, response.text
        return dict(response.json())

    def assessments(self, name: str, body: object) -> requests.Response:
        return self.call("POST", f"/api/v1/assessments/{name}", json=body)

    def create(self, spec: object, **options: object) -> dict[str, Any]:
        mode = "cached_result_if_available" if options else "immediate_run"
        return self.create_as({mode: {"request": {"body": spec}, **options}})

    def create_as(self, body: object) -> dict[str, Any]:
        response = self.assessments("query_spec:nodes_async_create", body)
        assert response.status_code == 200, response.text
        return dict(response.json())

    def look(self, query_id: str, **page: object) -> dict[str, Any]:
        response = self.assessments("query_spec:nodes_async_get", {"query_result_id": query_id, **page})
        assert response.status_code == 200, response.text
        return dict(response.json())

    def create_task(self, spec: object) -> dict[str, Any]:
        response = self.assessments("query_spec:result_async_create", spec)
        assert response.status_code == 200, response.text
        return dict(response.json()["task"])

    def task(self, task_id: str) -> dict[str, Any]:
        response = self.call("GET", f"/api/v1/assessments/async_tasks/{task_id}")
        assert response.status_code == 200, response.text
        return dict(response.json()["task"])

    def admin(self, path: str, body: object | None = None) -> dict[str, Any]:
        response = self.call("GET" if body is None else "POST", f"/_emulator/{path}", json=body)
        assert response.status_code == 200, response.text
        return dict(response.json())

    def advance(self, seconds: float) -> None:
        self.admin("clock/advance", {"seconds": seconds})


@pytest.fixture
def settings() -> TenantSettings:
    return TenantSettings(size=1_000)


@pytest.fixture
def client(settings: TenantSettings) -> Iterator[EmulatorClient]:
    with running_tenant(Tenant(settings, now=lambda: NOON)) as running:
        yield EmulatorClient(running)


@pytest.fixture
def okta_users() -> dict[str, Any]:
    return {"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}


@pytest.fixture
def payroll_access(okta_users: dict[str, Any]) -> dict[str, Any]:
    bucket = {"node_type": "S3Bucket", "node_id": "arn:aws:s3:::acme-payroll-exports"}
    return {**okta_users, "relates_to_exp": {"specs": [{"node_types": {"nodes": [bucket]}}]}}


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Refused:
    """Run the command in this process, with flags that must not let it serve; return its status and what it printed."""
    signals = {"SIGINT": signal.SIGINT, "SIGTERM": signal.SIGTERM, "signal": lambda *_: None}
    monkeypatch.setattr(command, "signal", SimpleNamespace(**signals))
    monkeypatch.setattr(command, "threading", SimpleNamespace(Event=lambda: SimpleNamespace(wait=lambda: None)))

    def run(*flags: str) -> tuple[object, str, str]:
        with pytest.raises(SystemExit) as left:
            command.main(flags)
        return left.value.code, *capsys.readouterr()

    return run
