"""The command with a file of data and a certificate: a connector of Veza's SDK fills a tenant in its own process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from oaaclient.client import OAAClient
from oaaclient.templates import CustomApplication, OAAPermission

from tests.conftest import Refused
from tests.oaa.queries import Queries
from veza_emulator.http.server import Certificate

COMMAND = [sys.executable, "-m", "veza_emulator"]
ADA = "nodes: [{id: u1, type: OktaUser, properties: {name: Ada, email: ada@acme.example}}]"


@contextmanager
def served(*flags: str) -> Iterator[str]:
    """Run the command and give the URL at which it listens."""
    with subprocess.Popen([*COMMAND, *flags], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().removeprefix("listening on ").rstrip("\n")
        finally:
            process.kill()


def tls_flags(certificate: Certificate) -> list[str]:
    files = (certificate.certificate, certificate.private_key)
    return ["--tls-certificate", str(files[0]), "--tls-private-key", str(files[1])]


def test_a_connector_fills_a_tenant_that_was_started_with_a_file(
    tmp_path: Path, certificate: Certificate, ca_bundle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ca_bundle)
    (tmp_path / "tenant.yaml").write_text(ADA)
    flags = ["--data", str(tmp_path / "tenant.yaml"), "--pace", "at_once", *tls_flags(certificate)]
    app = CustomApplication("Wiki", application_type="Wiki")
    app.add_custom_permission("Edit", [OAAPermission.DataWrite])
    app.add_local_user("ada", identities=["ada@acme.example"]).add_permission("Edit", apply_to_application=True)
    with served(*flags) as url:
        assert url.startswith("https://127.0.0.1:")
        sdk = OAAClient(url, api_key="emulator-key")
        assert sdk.push_application("Wiki", "Wiki", app, create_provider=True) == {"warnings": []}
        asked = Queries(url, "emulator-key").access("OktaUser", "OAA.Wiki.Application")
    assert asked == {("Ada", "Wiki"): (["Edit"], ["DataWrite"])}


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--tls-certificate", "only.pem"], "--tls-certificate and --tls-private-key go together"),
        (["--tls-certificate", "missing.pem", "--tls-private-key", "missing.pem"], "No such file"),
        (["--data", "missing.yaml"], "missing.yaml cannot be read: No such file"),
    ],
)
def test_the_command_says_why_it_cannot_start(refused: Refused, flags: list[str], words: str) -> None:
    status, output, errors = refused("--size", "100", *flags)
    assert (status, output) == (1, "")
    assert words in errors
