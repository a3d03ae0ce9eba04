"""Which Airflow connections are accepted and as what, and which are refused with which words."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import BaseHook, Connection
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_veza.exceptions import ConnectionSettingsError
from airflow_provider_veza.hooks.connection_fields import EXTRA_FIELDS
from airflow_provider_veza.hooks.veza_settings import VezaSettings, read_connection
from airflow_provider_veza.services.veza_nodes import VezaNodesService
from airflow_provider_veza.services.veza_saved_queries import VezaSavedQueriesService
from airflow_provider_veza.transport.settings import ApiKeyAuth, OAuth2ClientCredentials, TotalTimes

KEY = "k1-personal-api-key"
TENANT = "https://acme.vezacloud.com"
OAUTH2 = {"auth": "oauth2_client_credentials", "token_url": f"{TENANT}/oauth/token"}

Read = Callable[..., VezaSettings]


@pytest.fixture
def read(define_connection: Callable[..., None]) -> Read:
    """Define the connection, let Airflow find it, and read it."""

    def read_defined(uri: str | None = None, **fields: Any) -> VezaSettings:
        define_connection("acme", uri, **({"host": TENANT, "password": KEY} | fields))
        return read_connection(BaseHook.get_connection("acme"))

    return read_defined


# Host


@pytest.mark.parametrize(
    ("fields", "tenant"),
    [
        ({"host": "https://acme.vezacloud.com"}, TENANT),
        ({"host": "https://acme.vezacloud.com/"}, TENANT),
        ({"host": " https://acme.vezacloud.com// "}, TENANT),
        ({"host": "acme.vezacloud.com"}, TENANT),
        ({"host": "acme.vezacloud.com", "schema": "https"}, TENANT),
        ({"host": "HTTPS://Acme.VezaCloud.com"}, TENANT),
        ({"host": "https://acme.vezacloud.com:443"}, TENANT),
        ({"host": "https://acme.vezacloud.com", "port": 443}, TENANT),
        ({"host": "https://acme.vezacloud.com:8443"}, f"{TENANT}:8443"),
        ({"host": "acme.vezacloud.com", "port": 8443}, f"{TENANT}:8443"),
        ({"host": "acme.vezacloud.com", "port": 0}, TENANT),
        ({"host": "https://acme.vezacloud.com:8443", "port": 9443}, f"{TENANT}:8443"),
        ({"host": "http://127.0.0.1:8080"}, "http://127.0.0.1:8080"),
        ({"host": "http://localhost"}, "http://localhost"),
        ({"host": "http://veza.localhost:80"}, "http://veza.localhost"),
        ({"host": "127.0.0.1", "schema": "http", "port": 8080}, "http://127.0.0.1:8080"),
        ({"host": "http://[::1]:8080"}, "http://[::1]:8080"),
        ({"host": "[::1]", "schema": "http"}, "http://[::1]"),
        ({"host": "::1", "schema": "http", "port": 8080}, "http://[::1]:8080"),
        ({"host": "2001:db8::7"}, "https://[2001:db8::7]"),
        ({"host": "http://veza.internal", "extra": {"verify": False}}, "http://veza.internal"),
    ],
)
def test_the_host_is_read_as_the_tenants_base_url(read: Read, fields: dict[str, Any], tenant: str) -> None:
    assert read(**fields).tenant == tenant


@pytest.mark.parametrize(
    ("uri", "tenant"),
    [
        (f"veza://:{KEY}@acme.vezacloud.com", TENANT),
        (f"veza://:{KEY}@acme.vezacloud.com:8443", f"{TENANT}:8443"),
        (f"veza://:{KEY}@http%3A%2F%2F127.0.0.1:8080", "http://127.0.0.1:8080"),
        (f"veza://:{KEY}@127.0.0.1:8080/http", "http://127.0.0.1:8080"),
        (f"veza://:{KEY}@[::1]:8080/http", "http://[::1]:8080"),
    ],
)
def test_a_connection_may_be_given_as_a_uri(read: Read, uri: str, tenant: str) -> None:
    settings = read(uri)

    assert (settings.tenant, settings.transport.auth) == (tenant, ApiKeyAuth(KEY))


@pytest.mark.parametrize(
    ("host", "problem"),
    [
        (None, "host is empty: put the tenant's URL there"),
        ("", "host is empty: put the tenant's URL there"),
        ("  ", "host is empty: put the tenant's URL there"),
        ("https://acme.vezacloud.com/api/v1", "give only https://acme.vezacloud.com, without a path"),
        ("acme.vezacloud.com/api", "give only https://acme.vezacloud.com, without a path"),
        ("https://acme.vezacloud.com?team=1", "without a path"),
        ("https://acme.vezacloud.com#top", "without a path"),
        ("https://me:secret-key@acme.vezacloud.com", "host holds credentials: the API key belongs into password"),
        ("http://acme.vezacloud.com", "would send the API key in clear text: use https://"),
        ("http://10.0.0.1", "would send the API key in clear text: use https://"),
        ("http://localhost.evil.example", "would send the API key in clear text: use https://"),
        ("ftp://acme.vezacloud.com", "host is no http(s) URL of a host"),
        ("https://", "host is no http(s) URL of a host"),
        ("https://acme.veza cloud.com", "host is no http(s) URL of a host"),
        ("https://acme.vezacloud.com:port", "host is no http(s) URL of a host"),
        ("https://acme.vezacloud.com:70000", "host is no http(s) URL of a host"),
        ("https://[::1", "host is no http(s) URL of a host"),
        ("https://your-tenant.vezacloud.com", "host is the one of an example: put your own tenant's URL there"),
    ],
)
def test_a_wrong_host_is_refused_with_what_to_put_there(read: Read, host: str | None, problem: str) -> None:
    with pytest.raises(ConnectionSettingsError) as refused:
        read(host=host)

    assert str(refused.value).startswith("Airflow connection 'acme': ")
    assert str(refused.value).endswith(". Nothing was sent.")
    assert problem in str(refused.value)
    assert "secret-key" not in str(refused.value)


def test_a_schema_that_is_no_scheme_is_refused_by_its_own_name(read: Read) -> None:
    with pytest.raises(ConnectionSettingsError, match="schema must be https, http or empty, not 'api/v1'"):
        read(host="acme.vezacloud.com", schema="api/v1")


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"password": "Bearer abc"}, "begins with 'Bearer', which is sent by itself: put the key alone there"),
        ({"password": '"abc"'}, "has quotation marks around it: put the key alone there"),
        ({"password": "'abc'"}, "has quotation marks around it: put the key alone there"),
        ({"password": "${VEZA_KEY}"}, "is a placeholder that nothing has filled in"),
        ({"password": "{{ var.value.key }}"}, "is a placeholder that nothing has filled in"),
        ({"password": "<your key>"}, "is a placeholder that nothing has filled in"),
        ({"password": "..."}, "is a placeholder that nothing has filled in"),
        (
            {"password": "", "login": "secret-key"},
            "put a personal API key of the tenant there (it is not read from login)",
        ),
        ({"password": "", "extra": {"token": "secret-key"}}, "(it is not read from the extra 'token')"),
    ],
)
def test_what_is_no_key_is_refused_with_what_to_put_there_and_never_shown(
    read: Read, fields: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ConnectionSettingsError) as refused:
        read(**fields)

    assert str(refused.value).startswith("Airflow connection 'acme': password ")
    assert problem in str(refused.value)
    assert "abc" not in str(refused.value)
    assert "secret-key" not in str(refused.value)


@pytest.mark.parametrize("key", ["abc", "ab/c+d==", "k.e-y_~", "a'b", "$money"])
def test_a_key_of_any_printable_characters_is_taken(read: Read, key: str) -> None:
    assert read(password=key).transport.auth == ApiKeyAuth(key)


HALVED = "half-\ud83d-secret-key"


@pytest.mark.parametrize("auth", [{}, OAUTH2], ids=["key", "oauth2"])
@pytest.mark.parametrize(
    "name", ["host", "login", "password", *(f"extra {field.name}" for field in EXTRA_FIELDS if field.kind == "string")]
)
def test_half_of_a_character_is_refused_in_every_field_and_not_shown(name: str, auth: dict[str, Any]) -> None:
    extra = {name.removeprefix("extra "): HALVED} if name.startswith("extra ") else {}
    fields = {"host": TENANT, "login": "client", "password": KEY, "schema": None, "port": None} | {name: HALVED}
    conn: Any = SimpleNamespace(conn_id="acme", **fields, extra=json.dumps(auth | extra))
    with pytest.raises(ConnectionSettingsError, match=f"{name} holds half of a character") as refused:
        read_connection(conn)
    assert "secret-key" not in str(refused.value)


# Credentials


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        (None, "password is empty: put a personal API key of the tenant there"),
        (" ", "password is empty: put a personal API key of the tenant there"),
        ("k1 personal api key", "password is no API key"),
        ("k1-personal\napi-key", "password is no API key"),
        ("k1-persönlich", "password is no API key"),
    ],
)
def test_a_password_that_is_no_key_is_refused_and_not_shown(read: Read, password: str | None, problem: str) -> None:
    with pytest.raises(ConnectionSettingsError) as refused:
        read(password=password)

    assert problem in str(refused.value)
    assert "k1" not in str(refused.value)


def test_white_space_around_a_key_is_dropped(read: Read) -> None:
    assert read(password=f" {KEY}\n").transport.auth == ApiKeyAuth(KEY)


def test_client_credentials_are_login_password_and_token_url(read: Read) -> None:
    settings = read(login="client", password="client secret", extra=OAUTH2 | {"scope": "viewer"})

    assert settings.transport.auth == OAuth2ClientCredentials(
        f"{TENANT}/oauth/token", "client", "client secret", "viewer"
    )


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"login": ""}, "login is empty, which auth=oauth2_client_credentials needs"),
        ({"password": ""}, "password is empty, which auth=oauth2_client_credentials needs"),
        ({"extra": OAUTH2 | {"token_url": ""}}, "extra token_url is empty, which auth=oauth2_client_credentials needs"),
        ({"extra": OAUTH2 | {"token_url": "/oauth/token"}}, "extra token_url is no http(s) URL of a host"),
        (
            {"extra": OAUTH2 | {"token_url": "http://acme.vezacloud.com/t"}},
            "would send the client secret in clear text",
        ),
    ],
)
def test_client_credentials_that_lack_something_are_refused(read: Read, fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConnectionSettingsError) as refused:
        read(**({"login": "client", "password": "client-secret", "extra": OAUTH2} | fields))

    assert problem in str(refused.value)
    assert "client-secret" not in str(refused.value)


def test_no_secret_is_in_the_text_of_the_settings(read: Read) -> None:
    proxy = "http://user:proxy-secret@proxy.example:3128"
    by_key = read(extra={"proxy": proxy})
    by_client = read(login="client", password="client-secret", extra=OAUTH2)

    assert not [secret for secret in (KEY, "proxy-secret", "client-secret") if secret in f"{by_key}{by_client}"]


# Extras


def test_without_extras_the_documented_defaults_hold(read: Read) -> None:
    settings = read()

    transport = settings.transport
    assert (transport.verify, transport.ca_bundle, transport.proxy) == (True, None, None)
    assert (transport.timeouts, transport.rate_limit, transport.max_connections) == ((10.0, 60.0), 20.0, 200)
    assert settings.nodes == VezaNodesService(100, "/api/v1/assessments/query_spec:nodes_async_get", "POST")
    assert (settings.stale_grace, settings.ui_url_template) == (timedelta(seconds=4), "")
    assert settings.unknown_extras == ()


EVERY_EXTRA = {
    "auth": "api_key",
    "token_url": "",
    "scope": "",
    "verify": "false",
    "ca_bundle": "/etc/ssl/acme.pem",
    "proxy": "http://proxy.example:3128",
    "connect_timeout": 1,
    "read_timeout": "2.5",
    "look_timeout": 3,
    "page_timeout": "4.5",
    "token_timeout": 5,
    "cancel_timeout": 6,
    "max_answer_bytes": "123456",
    "page_size": "50",
    "rate_limit": 7.5,
    "max_connections": 10.0,
    "nodes_get_path": "/api/v2/nodes:get",
    "nodes_get_method": "GET",
    "rows_field": "result",
    "saved_query_create_path": "/api/v2/queries/{id}:run",
    "saved_query_owner_field": "author",
    "stale_grace": 0,
    "ui_url_template": "{tenant}/app/queries/{query_id}",
}


@pytest.mark.parametrize("as_text", [dict, lambda extra: {k: str(v) for k, v in extra.items()}], ids=["typed", "text"])
def test_every_extra_is_read_from_its_type_or_from_text_as_a_uri_gives_it(read: Read, as_text: Any) -> None:
    settings = read(extra=as_text(EVERY_EXTRA))

    assert set(EVERY_EXTRA) == {field.name for field in EXTRA_FIELDS}
    transport = settings.transport
    assert (transport.verify, transport.ca_bundle) == (False, "/etc/ssl/acme.pem")
    assert (transport.proxy, transport.timeouts) == ("http://proxy.example:3128", (1.0, 2.5))
    assert (transport.rate_limit, transport.max_connections) == (7.5, 10)
    assert transport.total_times == TotalTimes(look=3.0, page=4.5, token=5.0, cancel=6.0)
    assert transport.max_answer_bytes == 123_456
    assert settings.nodes == VezaNodesService(50, "/api/v2/nodes:get", "GET", ("result",))
    assert settings.result.rows_fields == ("result",)
    assert settings.sync.rows_fields == ("result", "values", "path_values")
    assert settings.saved_queries == VezaSavedQueriesService(50, "/api/v2/queries/{id}:run", ("author",))
    assert settings.stale_grace == timedelta(0)
    assert settings.ui_url("q1") == f"{TENANT}/app/queries/q1"


def test_without_a_template_the_link_leads_to_the_tenant(read: Read) -> None:
    assert read().ui_url("q1") == TENANT


@pytest.mark.parametrize("empty", [None, ""])
@pytest.mark.parametrize("name", [field.name for field in EXTRA_FIELDS])
def test_an_empty_extra_is_the_default(read: Read, name: str, empty: Any) -> None:
    assert read(extra={name: empty}) == read()


def test_what_the_test_button_of_airflow_2_sends_twice_is_read_once_and_not_taken_for_misspelt(read: Read) -> None:
    settings = read(extra={"page_size": "50", "extra__veza__page_size": "50", "extra__veza__verify": "y"})

    assert (settings.nodes.page_size, settings.unknown_extras) == (50, ())


@pytest.mark.parametrize("value", [True, "true", "True", 1, "1", "y", "yes", "on"])
def test_verify_may_be_switched_on_in_several_words(read: Read, value: Any) -> None:
    assert read(extra={"verify": value}).transport.verify is True


@pytest.mark.parametrize("value", [False, "false", "FALSE", 0, "0", "n", "no", "off"])
def test_verify_may_be_switched_off_in_several_words(read: Read, value: Any) -> None:
    assert read(extra={"verify": value}).transport.verify is False


@pytest.mark.parametrize(
    ("extra", "problem"),
    [
        ({"auth": "basic"}, "extra auth must be one of api_key, oauth2_client_credentials, not 'basic'"),
        ({"nodes_get_method": "PUT"}, "extra nodes_get_method must be one of POST, GET, not 'PUT'"),
        ({"verify": "maybe"}, "extra verify must be of type boolean, not 'maybe'"),
        ({"verify": []}, "extra verify must be of type boolean, not []"),
        ({"ca_bundle": True}, "extra ca_bundle must be of type string, not True"),
        ({"read_timeout": "soon"}, "extra read_timeout must be of type number, not 'soon'"),
        ({"read_timeout": True}, "extra read_timeout must be of type number, not True"),
        ({"read_timeout": "nan"}, "extra read_timeout must be of type number, not 'nan'"),
        ({"rate_limit": "inf"}, "extra rate_limit must be of type number, not 'inf'"),
        ({"page_size": 2.5}, "extra page_size must be of type integer, not 2.5"),
        ({"page_size": [100]}, "extra page_size must be of type integer, not [100]"),
        ({"page_size": 0}, "extra page_size is out of range: 0 (from 1 to any)"),
        ({"rate_limit": 0}, "extra rate_limit is out of range: 0 (from 0.01 to any)"),
        ({"connect_timeout": 0}, "extra connect_timeout is out of range: 0 (from 0.1 to 86400.0)"),
        ({"read_timeout": 1e9}, "extra read_timeout is out of range: 1000000000.0 (from 0.1 to 86400.0)"),
        ({"stale_grace": -1}, "extra stale_grace is out of range: -1 (from 0.0 to 86400.0)"),
        ({"stale_grace": 1e300}, "extra stale_grace is out of range"),
        ({"max_connections": 10_001}, "extra max_connections is out of range: 10001 (from 1 to 10000)"),
        (
            {"nodes_get_path": "api/v1"},
            "extra nodes_get_path must be a plain path that starts with one '/', not 'api/v1'",
        ),
        ({"nodes_get_path": "//evil.example/api"}, "extra nodes_get_path must be a plain path"),
        ({"nodes_get_path": "/api?x=1"}, "extra nodes_get_path must be a plain path"),
        ({"nodes_get_path": "/api\r\nHost: evil.example"}, "extra nodes_get_path must be a plain path"),
        ({"proxy": "proxy.example:3128"}, "extra proxy is no http(s) URL of a host"),
        ({"proxy": "socks5://proxy.example"}, "extra proxy is no http(s) URL of a host"),
    ],
)
def test_a_wrong_extra_is_refused_by_name(read: Read, extra: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConnectionSettingsError) as refused:
        read(extra=extra)

    assert f"Airflow connection 'acme': {problem}" in str(refused.value)


@pytest.mark.parametrize(
    ("extra", "problem"),
    [
        ("{not json", "extra is not JSON"),
        ("[1]", "extra must be a JSON object"),
        ('"text"', "extra must be a JSON object"),
    ],
)
def test_an_extra_that_is_no_json_object_is_refused(extra: str, problem: str) -> None:
    conn = Connection(conn_id="acme", conn_type="veza", host=TENANT, password=KEY, extra=extra)

    with pytest.raises(ConnectionSettingsError, match=problem):
        read_connection(conn)


def test_the_path_that_runs_a_saved_query_is_an_extra(read: Read) -> None:
    path = "/api/private/assessments/queries/{id}:nodes_async_create"

    assert read(extra={"saved_query_create_path": path}).saved_queries.create_path == path
    assert read(extra={"page_size": 7}).saved_queries == VezaSavedQueriesService(page_size=7)


@pytest.mark.parametrize("path", ["/api/queries:run", "/api/{id}/{id}", "queries/{id}", "/api/{id}?x=1"])
def test_a_path_without_one_place_for_the_id_is_refused(read: Read, path: str) -> None:
    with pytest.raises(ConnectionSettingsError, match="extra saved_query_create_path must"):
        read(extra={"saved_query_create_path": path})


def test_extras_that_nothing_reads_are_told(read: Read) -> None:
    assert read(extra={"pagesize": 50, "page_size": 50, "Verify": True}).unknown_extras == ("Verify", "pagesize")


@given(extra=st.dictionaries(st.sampled_from([f.name for f in EXTRA_FIELDS]), st.floats() | st.text() | st.integers()))
def test_whatever_an_extra_holds_it_is_read_or_refused_by_name(extra: dict[str, Any]) -> None:
    conn = Connection(conn_id="acme", conn_type="veza", host=TENANT, password=KEY, extra=json.dumps(extra))
    try:
        settings = read_connection(conn)
    except ConnectionSettingsError:
        return
    assert 0.1 <= settings.transport.read_timeout <= 86_400
    assert timedelta(0) <= settings.stale_grace <= timedelta(days=1)


@pytest.mark.parametrize(
    ("template", "url"),
    [
        ("{tenant}/queries/{query_id}", f"{TENANT}/queries/..%2Fq%201%0A"),
        (f"{TENANT}:8443/queries?id={{query_id}}", f"{TENANT}:8443/queries?id=..%2Fq%201%0A"),
        (
            "http://" + TENANT.partition("://")[2] + "/{query_id}",
            "http://" + TENANT.partition("://")[2] + "/..%2Fq%201%0A",
        ),
        ("https://evil.example/{query_id}", ""),
        ("{tenant}.evil.example/{query_id}", ""),
        ("{tenant}@evil.example/{query_id}", ""),
        ("https://evil.example\\@" + TENANT.partition("://")[2] + "/{query_id}", ""),
        ("javascript:alert('{query_id}')", ""),
        ("{tenant}/a\nb", ""),
        ("//evil.example/{query_id}", ""),
        ("https://[half/{query_id}", ""),
        ("queries/{query_id}", ""),
    ],
)
def test_a_link_leads_to_the_tenants_host_by_http_or_nowhere_and_ids_are_quoted(
    read: Read, template: str, url: str
) -> None:
    assert read(extra={"ui_url_template": template}).ui_url("../q 1\n") == url
