"""Starting and ending: in a thread of this process, and as a command."""

from __future__ import annotations

import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from urllib.parse import unquote, urlsplit

import pytest
import requests

from tests.conftest import Refused
from veza_emulator.__main__ import _parser
from veza_emulator.http.middleware.callers import is_loopback
from veza_emulator.http.server import running_tenant
from veza_emulator.tenant.settings import TenantSettings
from veza_emulator.tenant.tenant import Tenant
from veza_emulator.tenant.variant_choices import choices

COMMAND = [sys.executable, "-m", "veza_emulator"]
HELP = _parser().format_help()


@contextmanager
def command(*flags: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with subprocess.Popen([*COMMAND, *flags], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline()
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_says_where_it_listens_serves_and_ends_cleanly_on_a_signal(number: signal.Signals) -> None:
    with command("--size", "150", "--api-key", "own-key", "--query-seconds", "0") as (process, first_line):
        assert first_line.startswith("listening on http://127.0.0.1:")
        url = first_line.removeprefix("listening on ").rstrip("\n")
        bearer = {"Authorization": "Bearer own-key"}
        assert requests.get(f"{url}/api/v1/assessments/queries", headers=bearer, timeout=10).status_code == 200
        assert requests.get(f"{url}/_emulator/health", timeout=10).json()["nodes"] == 150
        process.send_signal(number)
        assert process.wait(timeout=10) == 0


@pytest.mark.parametrize(
    ("flags", "status", "message"),
    [
        (["--host", "0.0.0.0"], 2, "--allow-remote"),
        (["--port", "70000"], 2, "not a port"),
        (["--query-seconds", "-1"], 2, "not a number of seconds"),
        (["--query-seconds", "0:00:03"], 2, "not a number of seconds from 0 to 1e9, such as 3"),
        (["--pace", "slow"], 2, "slow is not a pace; use one of: time, tick, at_once"),
        (["--variable", "aws=1"], 1, "'aws' is not the name of a variable"),
        (["--variant", "lost_query=vanished"], 1, "lost_query: 'vanished' is not a valid LostQuery"),
        (["--variant", "lots_query=not_found"], 1, "lots_query: is not a field of this request; it takes: api_keys, "),
        (["--size", "3"], 1, "at least 100 nodes"),
    ],
)
def test_the_command_refuses_a_wrong_flag_with_the_reason(
    refused: Refused, flags: list[str], status: int, message: str
) -> None:
    left_with, output, errors = refused(*flags)
    assert (left_with, output) == (status, "")
    assert message in errors


def test_the_command_prints_a_line_that_makes_it_airflows_connection() -> None:
    with command("--size", "100", "--api-key", "a:key/+=") as (process, first_line):
        assert process.stdout is not None
        address = first_line.removeprefix("listening on http://").rstrip("\n")
        [name, uri] = shlex.split(process.stdout.readline())[1].split("=", 1)
    parts = urlsplit(uri)
    assert (name, parts.scheme, parts.path) == ("AIRFLOW_CONN_VEZA_DEFAULT", "veza", "/http")
    assert (unquote(parts.password or ""), f"{parts.hostname}:{parts.port}") == ("a:key/+=", address)


def test_what_help_shows_as_a_default_the_flag_takes() -> None:
    shown = dict(re.findall(r"(--[a-z-]+) [A-Z_]+\s[^-]*?\(default:\s+(\S+)\)", HELP))
    assert len(shown) >= 8
    parser = _parser()
    for flag, default in shown.items():
        assert default == "none" or parser.parse_args([flag, default])


def test_help_lists_every_switch_with_its_choices() -> None:
    listed = "".join(HELP.split())
    assert all(f"{name}=" in listed for name in choices())
    assert "lost_query=status_unknown|not_found" in listed


def test_the_command_starts_a_tenant_with_the_pace_and_the_variants_that_are_asked() -> None:
    flags = ["--size", "100", "--pace", "tick", "--variant", "maximum_page_size=7", "--variant", "lost_query=not_found"]
    with command(*flags) as (_, first_line):
        url = first_line.removeprefix("listening on ").rstrip("\n")
        changed = requests.get(f"{url}/_emulator/state", timeout=10).json()["changed_variants"]
        behaviour = requests.post(f"{url}/_emulator/behaviour", json={}, timeout=10).json()
    assert changed == {"maximum_page_size": 7, "lost_query": "not_found"}
    assert (behaviour["pending_seconds"], behaviour["duration_seconds"]) == (None, None)


def test_the_command_refuses_a_port_that_is_taken(refused: Refused) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        status, _, errors = refused("--port", port, "--size", "100")
    assert status == 1
    assert f"port {port} is taken" in errors
    assert "choose another --port" in errors


def test_two_tenants_in_one_process_know_nothing_of_each_other() -> None:
    settings = TenantSettings(size=100, query_duration=timedelta())
    other_settings = replace(settings, api_key="another-key")
    with running_tenant(Tenant(settings)) as one, running_tenant(Tenant(other_settings)) as other:
        assert one.url != other.url
        path = "/api/v1/assessments/queries"
        crossed = requests.get(other.url + path, headers={"Authorization": f"Bearer {one.api_key}"}, timeout=10)
        assert crossed.status_code == 401
        assert (len(one.tenant.journal.entries()), len(other.tenant.journal.entries())) == (0, 1)


def test_callers_at_the_same_time_each_get_their_own_answer() -> None:
    spec = {"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}
    body = {"immediate_run": {"request": {"body": spec}}}

    def create_look_cancel(url: str) -> list[int | str]:
        with requests.Session() as session:
            session.headers["Authorization"] = "Bearer emulator-key"
            prefix = f"{url}/api/v1/assessments/query_spec:nodes_async"
            handle = {
                "query_result_id": session.post(f"{prefix}_create", json=body, timeout=10).json()["query_result_id"]
            }
            cancelled = session.post(f"{prefix}_cancel", json=handle, timeout=10).status_code
            return [cancelled, session.post(f"{prefix}_get", json=handle, timeout=10).json()["status"]]

    with running_tenant(Tenant(TenantSettings(size=100))) as running, ThreadPoolExecutor(8) as callers:
        outcomes = list(callers.map(create_look_cancel, [running.url] * 40))
        assert outcomes == [[200, "UNKNOWN"]] * 40
        assert len(running.tenant.journal.entries()) == 120
        assert running.tenant.running() == []


def test_after_the_block_nobody_listens() -> None:
    with running_tenant(Tenant(TenantSettings(size=100))) as running:
        pass
    with pytest.raises(requests.ConnectionError):
        requests.get(running.url, timeout=10)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False)],
)
def test_a_host_is_loopback_if_only_this_machine_reaches_it(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback
