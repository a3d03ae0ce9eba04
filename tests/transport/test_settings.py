"""The settings of a transport: what they refuse, what they hide, and what importing them costs."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from airflow_provider_veza.exceptions import ConnectionSettingsError
from airflow_provider_veza.transport.settings import ApiKeyAuth, OAuth2ClientCredentials
from transport.conftest import KEY, settings_for

OAUTH = OAuth2ClientCredentials("https://login.example/token", "client", "cl1ent-s3cret", "viewer")


def test_equal_settings_are_equal_and_hash_alike() -> None:
    one, other = settings_for("https://tenant.example"), settings_for("https://tenant.example")

    assert one == other
    assert hash(one) == hash(other)
    assert one != settings_for("https://tenant.example", auth=ApiKeyAuth("another"))


def test_no_secret_is_shown() -> None:
    proxy = "http://somebody:pr0xy@proxy.example:3128"
    shown = repr([settings_for("https://t.example", proxy=proxy), settings_for("https://t.example", auth=OAUTH)])

    for secret in (KEY, "cl1ent-s3cret", "pr0xy"):
        assert secret not in shown


@pytest.mark.parametrize("key", ["", "two words", "line\nbreak", "ключ", "null\0"])
def test_a_key_that_no_header_can_carry_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(ConnectionSettingsError, match="The API key is empty or holds") as raised:
        ApiKeyAuth(key)
    assert not key or key not in str(raised.value)


@pytest.mark.parametrize(
    "url", ["tenant.example", "ftp://tenant.example", "https://", "https://tenant.example:port", "https://two words"]
)
def test_a_url_that_is_no_http_url_is_refused(url: str) -> None:
    with pytest.raises(ConnectionSettingsError, match="`host` is malformed"):
        settings_for(url)
    with pytest.raises(ConnectionSettingsError, match="`token_url` is malformed"):
        OAuth2ClientCredentials(url, "client", "secret")


def test_a_url_with_a_login_is_refused_without_being_shown() -> None:
    with pytest.raises(ConnectionSettingsError, match="`host` holds a login") as raised:
        settings_for("https://somebody:passw0rd@tenant.example")
    assert "passw0rd" not in str(raised.value)


@pytest.mark.parametrize("missing", [{"client_id": ""}, {"client_secret": ""}])
def test_client_credentials_need_both_parts(missing: dict[str, str]) -> None:
    given = {"client_id": "client", "client_secret": "secret"} | missing

    with pytest.raises(ConnectionSettingsError, match="both a client id"):
        OAuth2ClientCredentials("https://login.example/token", **given)


@pytest.mark.parametrize("name", ["connect_timeout", "read_timeout", "rate_limit", "max_connections"])
@pytest.mark.parametrize("value", [0, -1])
def test_a_limit_that_is_not_positive_is_refused(name: str, value: int) -> None:
    wrong: dict[str, Any] = {name: value}

    with pytest.raises(ConnectionSettingsError, match=f"`{name}` must be positive, not {value}"):
        settings_for("https://tenant.example", **wrong)


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("settings", {"requests", "aiohttp"}),
        ("exchange", {"requests", "aiohttp"}),
        ("sync", {"aiohttp"}),
        ("shared", {"requests", "aiohttp"}),
    ],
)
def test_a_module_loads_no_http_library_but_its_own(module: str, absent: set[str]) -> None:
    code = f"import sys, airflow_provider_veza.transport.{module}; print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()

    assert absent.isdisjoint(loaded)
    assert f"airflow_provider_veza.transport.{module}" in loaded
