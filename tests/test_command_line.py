"""`python -m airflow_provider_veza`: what each command prints, and which exit status it leaves."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.emulator.server import RunningTenant
from airflow_provider_veza.hooks.veza import VezaHook
from airflow_provider_veza.services.veza_query import check_query

COMMAND = [sys.executable, "-m", "airflow_provider_veza"]


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    output: str
    errors: str


def run(*arguments: str) -> Ended:
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=60, check=False)
    return Ended(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def handle(demo: RunningTenant, define_connection: Callable[..., None]) -> QueryHandle:
    """Submit a query that runs on connection ``veza_acme``."""
    define_connection("veza_acme", host=demo.url, password=demo.api_key)
    spec = {"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}
    deadline = Deadline.after(datetime.now(UTC), timedelta(hours=1))
    return VezaHook("veza_acme").submit(check_query(spec).query, deadline=deadline)


def states(demo: RunningTenant) -> list[str]:
    return [str(execution.state(demo.tenant.clock.now())) for execution in demo.tenant.executions()]


def test_a_running_query_is_cancelled_by_its_handle(demo: RunningTenant, handle: QueryHandle) -> None:
    ended = run("cancel", json.dumps(handle.to_json()))

    assert ended.status == 0, ended.errors
    assert f"Query {handle.id} was cancelled." in ended.output
    assert states(demo) == ["CANCELED"]


def test_a_query_that_has_ended_is_left_alone_and_that_is_no_failure(demo: RunningTenant, handle: QueryHandle) -> None:
    demo.tenant.clock.advance(timedelta(seconds=3))

    ended = run("cancel", json.dumps(handle.to_json()))

    assert ended.status == 0, ended.errors
    assert "Nothing was cancelled: the query had already ended (state DONE)." in ended.output
    assert states(demo) == ["SUCCEEDED"]


def test_another_connection_to_the_same_tenant_will_do(
    demo: RunningTenant, handle: QueryHandle, define_connection: Callable[..., None]
) -> None:
    define_connection("veza_admin", host=demo.url, password=demo.api_key)

    assert run("cancel", "--conn-id", "veza_admin", json.dumps(handle.to_json())).status == 0
    assert states(demo) == ["CANCELED"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("{not json", "HandleError: Not a query handle: the text is not JSON"),
        ("{}", "HandleError: Not a query handle: it lacks service, id, tenant"),
        ("[]", "HandleError: Not a query handle: list instead of a mapping"),
    ],
)
def test_what_is_no_handle_is_said_so_with_status_one(text: str, error: str) -> None:
    ended = run("cancel", text)

    assert ended.status == 1
    assert error in ended.errors
    assert "Traceback" not in ended.errors


def test_a_connection_to_another_tenant_is_refused_with_status_one(
    demo: RunningTenant, handle: QueryHandle, define_connection: Callable[..., None]
) -> None:
    define_connection("other", host="https://other.vezacloud.com", password=demo.api_key)

    ended = run("cancel", "--conn-id", "other", json.dumps(handle.to_json()))

    assert ended.status == 1
    assert "ForeignTenantError" in ended.errors
    assert len(demo.tenant.journal.entries()) == 1


def test_a_connection_that_is_not_defined_is_named_with_status_one(handle: QueryHandle) -> None:
    ended = run("cancel", "--conn-id", "nowhere", json.dumps(handle.to_json()))

    assert ended.status == 1
    assert "ConnectionSettingsError: Airflow connection 'nowhere' is not defined" in ended.errors


@pytest.mark.parametrize("arguments", [(), ("explode",), ("cancel",)], ids=["none", "unknown", "no handle"])
def test_a_wrong_command_is_answered_with_the_usage_and_status_two(arguments: tuple[str, ...]) -> None:
    ended = run(*arguments)

    assert ended.status == 2
    assert "usage: python -m airflow_provider_veza" in ended.errors


def test_the_emulator_listens_until_it_is_told_to_stop_and_leaves_with_status_zero() -> None:
    with subprocess.Popen([*COMMAND, "emulator", "--size", "100"], stdout=subprocess.PIPE, text=True) as emulator:
        assert emulator.stdout is not None
        assert emulator.stdout.readline().startswith("listening on http://127.0.0.1:")
        emulator.send_signal(signal.SIGTERM)
        assert emulator.wait(timeout=30) == 0


def test_the_emulators_own_flags_are_its_own() -> None:
    ended = run("emulator", "--help")

    assert ended.status == 0
    assert "usage: python -m airflow_provider_veza.emulator" in ended.output
