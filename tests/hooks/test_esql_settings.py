"""What a connection of type `elasticsearch` means, field by field, as Airflow's own provider reads it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

import pytest

from airflow_provider_veza.exceptions import ConnectionSettingsError
from airflow_provider_veza.hooks.esql_settings import EsqlSettings, read_connection
from airflow_provider_veza.transport.elastic_settings import ElasticAuth

CLOUD_ID = "logs:" + base64.b64encode(b"eu-west-1.aws.found.io$abc123$kib456").decode()
CLOUD_ID_WITH_PORT = "logs:" + base64.b64encode(b"eu-west-1.aws.found.io:9243$abc123$").decode()


@dataclass(frozen=True)
class Connection:
    conn_id: str = "elasticsearch_default"
    host: str | None = "elastic.example"
    schema: str | None = None
    port: int | None = None
    login: str | None = None
    password: str | None = None
    extra: str | None = None


def read(extra: Any = None, **fields: Any) -> EsqlSettings:
    return read_connection(Connection(extra=json.dumps(extra) if extra is not None else None, **fields))


@pytest.mark.parametrize(
    ("fields", "extra", "url"),
    [
        ({}, {}, "http://elastic.example:9200"),
        ({"schema": "https"}, {}, "https://elastic.example:9200"),
        ({"schema": "https", "port": 9243}, {}, "https://elastic.example:9243"),
        ({"host": "elastic.example:9201"}, {}, "http://elastic.example:9201"),
        ({"host": "https://elastic.example"}, {}, "https://elastic.example:443"),
        ({"host": "http://elastic.example/es/"}, {}, "http://elastic.example:80/es"),
        ({"host": "https://elastic.example", "port": 9200}, {}, "https://elastic.example:9200"),
        ({"host": "::1"}, {}, "http://[::1]:9200"),
        ({"host": None}, {"cloud_id": CLOUD_ID}, "https://abc123.eu-west-1.aws.found.io:443"),
        ({"host": None}, {"cloud_id": CLOUD_ID_WITH_PORT}, "https://abc123.eu-west-1.aws.found.io:9243"),
        ({}, {"host": "other.example", "port": "9300", "scheme": "https"}, "https://other.example:9300"),
    ],
    ids=lambda value: json.dumps(value)[:60],
)
def test_the_address_is_never_without_a_port(fields: dict[str, Any], extra: dict[str, Any], url: str) -> None:
    assert read(extra, **fields).tenant == url


HALVED = "half-\ud83d-secret-key"


@pytest.mark.parametrize("name", ["host", "schema", "login", "password"])
def test_half_of_a_character_is_refused_in_every_field_and_not_shown(name: str) -> None:
    with pytest.raises(ConnectionSettingsError, match=f"{name} holds half of a character") as refused:
        read({}, **{name: HALVED})
    assert "secret-key" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("api_key", HALVED),
        ("http_auth", ["elastic", HALVED]),
        ("headers", {"X-Team": HALVED}),
        ("headers", {HALVED: "acme"}),
        ("cloud_id", HALVED),
        ("ca_certs", HALVED),
        ("opaque_id", HALVED),
    ],
    ids=str,
)
def test_half_of_a_character_is_refused_wherever_it_is_in_the_extra(name: str, value: Any) -> None:
    with pytest.raises(ConnectionSettingsError, match=f"extra {name} holds half of a character") as refused:
        read({name: value})
    assert "secret-key" not in str(refused.value)


@pytest.mark.parametrize(
    ("fields", "extra", "auth"),
    [
        ({}, {}, None),
        ({"login": "elastic", "password": "pw"}, {}, ElasticAuth("basic_auth", ("elastic", "pw"))),
        ({}, {"user": "elastic", "password": "pw"}, ElasticAuth("basic_auth", ("elastic", "pw"))),
        ({}, {"api_key": "a2V5"}, ElasticAuth("api_key", "a2V5")),
        ({}, {"api_key": ["id", "key"]}, ElasticAuth("api_key", ("id", "key"))),
        ({}, {"bearer_auth": "token"}, ElasticAuth("bearer_auth", "token")),
        ({}, {"http_auth": ["u", "p"]}, ElasticAuth("basic_auth", ("u", "p"))),
        ({"login": "elastic", "password": "pw"}, {"api_key": "a2V5"}, ElasticAuth("api_key", "a2V5")),
    ],
    ids=["none", "login", "login in the extra", "key", "key of two parts", "bearer", "http_auth", "key over login"],
)
def test_credentials_are_found_where_the_official_provider_has_them(
    fields: dict[str, Any], extra: dict[str, Any], auth: ElasticAuth | None
) -> None:
    assert read(extra, schema="https", **fields).transport.auth == auth


def test_arguments_of_the_client_are_passed_on() -> None:
    extra = {"verify_certs": "false", "ca_certs": "/ca.pem", "headers": {"x-a": "b"}, "http_compress": True}
    assert read(extra).transport.options == (
        ("ca_certs", "/ca.pem"),
        ("headers", (("x-a", "b"),)),
        ("http_compress", True),
        ("verify_certs", False),
    )


def test_times_and_connections_have_defaults_and_can_be_set() -> None:
    usual = read().transport
    assert (usual.request_timeout, usual.max_connections) == (60.0, 200)
    own = read({"request_timeout": "30", "connections_per_node": 500}).transport
    assert (own.request_timeout, own.max_connections) == (30.0, 500)


def test_equal_connections_share_a_client() -> None:
    extra = {"api_key": "a2V5", "headers": {"x": "y"}}
    one, other = read(extra, schema="https").transport, read(extra, schema="https").transport
    assert (hash(one), one) == (hash(other), other)


def test_extras_that_nothing_reads_are_named_and_the_clients_own_retries_are_not_among_them() -> None:
    assert read({"api_kye": "x", "max_retries": 3, "retry_on_timeout": True}).unknown_extras == ("api_kye",)


@pytest.mark.parametrize(
    ("fields", "extra", "problem"),
    [
        ({"host": None}, {}, "host is empty"),
        ({"host": "  "}, {}, "host is empty"),
        ({"schema": "ftp"}, {}, "host with schema makes no"),
        ({"host": "a b"}, {}, "host with schema makes no"),
        ({"host": "http://elastic.example?x=1"}, {}, "host with schema makes no"),
        ({"host": "http://u:p@elastic.example"}, {}, "host holds credentials"),
        ({}, {"cloud_id": "nonsense"}, "extra cloud_id is no cloud id"),
        ({}, {"api_key": "a", "bearer_auth": "b"}, "extra has api_key and bearer_auth"),
        ({}, {"api_key": ["id"]}, "extra api_key must be"),
        ({}, {"verify_certs": "perhaps"}, "extra verify_certs must be true or false"),
        ({}, {"request_timeout": 0}, "extra request_timeout must be a number"),
        ({}, {"request_timeout": "soon"}, "extra request_timeout must be a number"),
        ({}, {"ca_certs": 7}, "extra ca_certs must be a text"),
        ({}, {"headers": "x"}, "extra headers must be an object"),
        ({}, {"port": "ninety"}, "port is no number"),
        ({}, ["api_key"], "extra must be a JSON object"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named_with_its_field(fields: dict[str, Any], extra: Any, problem: str) -> None:
    with pytest.raises(ConnectionSettingsError, match=f"'elasticsearch_default': {problem}.*Nothing was sent"):
        read(extra, **fields)


def test_no_complaint_shows_a_secret() -> None:
    with pytest.raises(ConnectionSettingsError) as raised:
        read({"api_key": ["id", 7, "s3cret"]})
    assert "s3cret" not in str(raised.value)


def test_settings_show_no_secret() -> None:
    shown = repr(read({"api_key": "s3cret", "headers": {"x-token": "h3ader"}}, schema="https"))
    assert "s3cret" not in shown
    assert "h3ader" not in shown


@pytest.mark.parametrize("bad", ["s3cret\n", "s3\x00cret", "s3cret\r\nx: y", "\u2028s3cret"], ids=ascii)
@pytest.mark.parametrize(
    ("fields", "extra", "named"),
    [
        ({}, lambda bad: {"api_key": bad}, "extra api_key"),
        ({}, lambda bad: {"api_key": ["id", bad]}, "extra api_key"),
        ({}, lambda bad: {"bearer_auth": bad}, "extra bearer_auth"),
        ({}, lambda bad: {"user": "elastic", "password": bad}, "password"),
        ({}, lambda bad: {"user": bad, "password": "pw"}, "login"),
        ({}, lambda bad: {"headers": {"authorization": bad}}, "extra headers"),
    ],
    ids=["key", "key of two parts", "bearer", "password", "login", "header"],
)
def test_a_credential_with_a_control_character_is_refused_and_not_shown(
    fields: dict[str, Any], extra: Any, named: str, bad: str
) -> None:
    with pytest.raises(ConnectionSettingsError, match=f"{named} holds a line break") as raised:
        read(extra(bad), schema="https", **fields)
    assert "cret" not in str(raised.value)


CREDENTIALS = [{"api_key": "a2V5"}, {"user": "elastic", "password": "pw"}, {"headers": {"Authorization": "ApiKey x"}}]


@pytest.mark.parametrize("extra", CREDENTIALS, ids=["key", "login", "header"])
def test_credentials_go_in_clear_text_to_no_other_host(extra: dict[str, Any]) -> None:
    with pytest.raises(ConnectionSettingsError, match="in clear text: use https"):
        read(extra)


@pytest.mark.parametrize(
    ("fields", "extra"),
    [
        ({"schema": "https"}, {}),
        ({"host": "localhost"}, {}),
        ({"host": "127.0.0.1"}, {}),
        ({"host": "::1"}, {}),
        ({}, {"verify_certs": False}),
    ],
    ids=["https", "localhost", "loopback", "loopback in IPv6", "where the connection says so"],
)
def test_credentials_go_by_tls_or_stay_on_this_machine_or_the_connection_says_so(
    fields: dict[str, Any], extra: dict[str, Any]
) -> None:
    assert read({"api_key": "a2V5"} | extra, **fields).transport.auth == ElasticAuth("api_key", "a2V5")


def test_a_cluster_without_credentials_may_be_asked_in_clear_text() -> None:
    assert read().transport.auth is None
