"""What the tests of pushed data share: a tenant served over https, as Veza's SDK demands, and the SDK."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from oaaclient.client import OAAClient
from oaaclient.templates import CustomApplication

from tests.oaa.codehost import codehost
from tests.oaa.queries import Queries
from veza_emulator.http.server import LOOPBACK, Certificate, RunningTenant, running_tenant
from veza_emulator.tenant.behaviours import Behaviour, Pace
from veza_emulator.tenant.settings import TenantSettings
from veza_emulator.tenant.tenant import Tenant


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def certificate(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    folder: Path = tmp_path_factory.mktemp("tls")
    issued = authority.issue_cert(LOOPBACK)
    issued.cert_chain_pems[0].write_to_path(str(folder / "certificate.pem"))
    issued.private_key_pem.write_to_path(str(folder / "private_key.pem"))
    return Certificate(folder / "certificate.pem", folder / "private_key.pem")


@pytest.fixture(scope="session")
def ca_bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("authority") / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def running(certificate: Certificate, ca_bundle: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningTenant]:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ca_bundle)
    # A refusal must not be waited out.
    monkeypatch.setenv("OAA_API_RETRIES", "0")
    with running_tenant(Tenant(TenantSettings(size=300)), certificate=certificate) as running:
        running.tenant.set_behaviour(Behaviour(duration=None).at_pace(Pace.AT_ONCE))
        yield running


@pytest.fixture
def sdk(running: RunningTenant) -> OAAClient:
    return OAAClient(running.url, api_key=running.api_key)


@pytest.fixture
def ask(running: RunningTenant) -> Queries:
    return Queries(running.url, running.api_key)


@pytest.fixture
def application() -> CustomApplication:
    return codehost()
