"""Who may call: a page of another site reaches nothing, by whatever name; the admin API is for its own machine, or the key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from veza_emulator.http.server import RunningTenant, running_tenant
from veza_emulator.tenant.settings import TenantSettings
from veza_emulator.tenant.tenant import Tenant

PATHS = [
    "/api/v1/assessments/queries",
    "/_emulator/",
    "/_emulator/health",
    "/_emulator/state",
    "/oauth/token",
    "/nowhere",
]
KEY = {"Authorization": "Bearer emulator-key"}
REBOUND = "rebound.example"


@pytest.fixture(scope="module")
def running() -> Iterator[RunningTenant]:
    with running_tenant(Tenant(TenantSettings(size=100)), known_hosts=["Tenant.Example"]) as running:
        yield running


def get(running: RunningTenant, path: str, **headers: str) -> requests.Response:
    return requests.get(running.url + path, headers={**KEY, **headers}, timeout=10)


def port_of(running: RunningTenant) -> str:
    return running.url.rpartition(":")[2]


def reason(response: requests.Response) -> Any:
    return response.json()["details"][-1]["reason"]


@pytest.mark.parametrize("path", PATHS)
def test_a_name_that_was_bound_to_loopback_reaches_nothing(running: RunningTenant, path: str) -> None:
    # What a browser sends whose page comes from that name, once the name has the address 127.0.0.1.
    host = f"{REBOUND}:{port_of(running)}"
    refused = get(running, path, Host=host, Origin=f"http://{host}")
    assert (refused.status_code, reason(refused)) == (403, "FOREIGN_SITE")
    assert get(running, path, Host=host).status_code == 403


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("origin", ["http://rebound.example", "null", "https://127.0.0.1", "http://127.0.0.1:1"])
def test_a_page_of_another_origin_reaches_nothing(running: RunningTenant, path: str, origin: str) -> None:
    assert get(running, path, Origin=origin).status_code == 403


@pytest.mark.parametrize(
    "host", ["", "127.0.0.1.rebound.example", "localhost.rebound.example", "a:b:c", "[::1", "127.0.0.1@x.example"]
)
def test_a_host_that_only_looks_like_this_one_is_foreign(running: RunningTenant, host: str) -> None:
    assert get(running, "/_emulator/health", Host=host).status_code in (400, 403)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]", "tenant.example", "192.0.2.7"])
def test_an_address_localhost_and_known_names_are_this_one(running: RunningTenant, host: str) -> None:
    here = f"{host}:{port_of(running)}"
    assert get(running, PATHS[0], Host=here).status_code == 200
    assert get(running, PATHS[0], Host=here, Origin=f"http://{here}").status_code == 200


@pytest.mark.parametrize(("host", "status"), [("localhost", 200), ("tenant.example", 401), ("192.0.2.7", 401)])
@pytest.mark.parametrize("path", ["/_emulator/", "/_emulator/health", "/_emulator/journal"])
def test_the_admin_api_needs_the_key_unless_it_is_called_as_loopback(
    running: RunningTenant, host: str, status: int, path: str
) -> None:
    assert requests.get(running.url + path, headers={"Host": host}, timeout=10).status_code == status
    assert get(running, path, Host=host).status_code == 200


def test_a_refused_request_is_no_request_of_the_api(running: RunningTenant) -> None:
    before = len(running.tenant.journal.entries())
    get(running, PATHS[0], Host=REBOUND)
    assert len(running.tenant.journal.entries()) == before
