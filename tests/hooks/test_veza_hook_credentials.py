"""Credentials of VezaHook over real sockets: the ready session, the test of a connection, and OAuth2."""

from __future__ import annotations

import socket

import pytest

from airflow_provider_veza.hooks.veza import VezaHook
from hooks.tenant_site import Site, in_an_hour, query

CREATE, GET = "query_spec:nodes_async_create", "query_spec:nodes_async_get"


def test_the_session_carries_the_key_to_its_tenant_and_nowhere_else(site: Site) -> None:
    session = site.connect().get_conn()

    assert session.get(f"{site.demo.url}/api/v1/assessments/queries").status_code == 200
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        # Nobody answers there: what was sent is all that counts.
        with pytest.raises(OSError, match="timed out"):
            session.get(f"http://127.0.0.1:{elsewhere.getsockname()[1]}/", timeout=(5, 0.05))
        sent = elsewhere.accept()[0].recv(65_536).decode()
    assert sent.startswith("GET / HTTP/1.1")
    assert "authorization" not in sent.lower()
    assert site.demo.api_key not in sent


def test_the_session_is_the_same_until_the_hook_is_closed(site: Site) -> None:
    hook = site.connect()
    first = hook.get_conn()

    assert hook.get_conn() is first
    hook.close()
    assert hook.get_conn() is not first


def test_a_good_connection_is_said_to_be_good(site: Site) -> None:
    assert site.connect().test_connection() == (
        True,
        f"{site.demo.url} accepts the credentials, and they may read queries.",
    )
    assert site.seen == ["queries 200"]


@pytest.mark.parametrize(
    ("key", "name"),
    [("wrong-key-of-acme", "UnauthorizedError"), ("no-query-rights", "ForbiddenError"), ("", "Connection")],
)
def test_a_bad_connection_is_said_to_be_bad_and_why(site: Site, key: str, name: str) -> None:
    good, message = site.connect(password=key).test_connection()

    assert not good
    assert message.startswith(name)


def test_client_credentials_are_exchanged_once_and_renewed_after_a_401(site: Site) -> None:
    settings = site.demo.tenant.settings
    site.define_connection(
        "oauth",
        host=site.demo.url,
        login=settings.oauth_client_id,
        password=settings.oauth_client_secret,
        extra={"auth": "oauth2_client_credentials", "token_url": f"{site.demo.url}/oauth/token", "rate_limit": 1e5},
    )
    hook = VezaHook(veza_conn_id="oauth")

    handle = hook.submit(query(), deadline=in_an_hour())
    hook.look(handle)
    site.demo.tenant.clock.advance(settings.oauth_token_lifetime)
    hook.look(handle)

    assert site.seen == ["token 200", f"{CREATE} 200", f"{GET} 200", f"{GET} 401", "token 200", f"{GET} 200"]


def test_client_credentials_that_are_refused_name_what_to_check(site: Site) -> None:
    site.define_connection(
        "oauth",
        host=site.demo.url,
        login="emulator-client",
        password="not-the-secret",
        extra={"auth": "oauth2_client_credentials", "token_url": f"{site.demo.url}/oauth/token"},
    )

    good, message = VezaHook(veza_conn_id="oauth").test_connection()

    assert not good
    assert "Check login (client id), password (client secret)" in message
    assert "not-the-secret" not in message
    assert site.seen == ["token 401"]
