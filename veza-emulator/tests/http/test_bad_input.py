"""Whatever is sent, the answer is the five-key error with the right status, and never a traceback."""

from __future__ import annotations

import json
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import pytest

FIVE_KEYS = {"code", "message", "request_id", "timestamp", "details"}
CREATE = "/api/v1/assessments/query_spec:nodes_async_create"
DEEP = b"[" * 100_000


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b"null", 400),
        (b'"text"', 400),
        (b"\xff\xfe", 400),
        (b'{"immediate_run": NaN}', 400),
        (b'{"immediate_run": 1e999}', 400),
        (b'{"immediate_run": ' + b"9" * 5_000 + b"}", 400),
        (b'{"immediate_run": ' + DEEP, 400),
        (b'{"x": ' * 101 + b"1" + b"}" * 101, 400),
        (b"x" * 1_048_577, 413),
        (b"", 400),
    ],
    ids=[
        "cut",
        "list",
        "null",
        "text",
        "not utf-8",
        "NaN",
        "too large a float",
        "too long an int",
        "deep",
        "deeper than the bound",
        "large",
        "none",
    ],
)
def test_a_body_that_is_no_json_object_is_refused(client: Any, body: bytes, status: int) -> None:
    refused = client.call("POST", CREATE, data=body)
    assert (refused.status_code, set(refused.json())) == (status, FIVE_KEYS)


def test_a_body_of_the_largest_size_is_read(client: Any, okta_users: Any) -> None:
    body = json.dumps({"immediate_run": {"request": {"body": okta_users}}}).encode()
    assert client.call("POST", CREATE, data=body.ljust(1_048_576)).status_code == 200


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json; charset=utf-8", 200),
        ("text/plain", 200),
        ("application/x-www-form-urlencoded", 200),
        (None, 200),
        ("application/xml", 415),
        ("multipart/form-data", 415),
    ],
)
def test_a_content_type_that_cannot_be_json_is_refused(
    client: Any, okta_users: Any, content_type: str | None, status: int
) -> None:
    body = json.dumps({"immediate_run": {"request": {"body": okta_users}}}).encode()
    assert client.call("POST", CREATE, data=body, headers={"Content-Type": content_type}).status_code == status


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/assessments/query_spec:nodes"),
        ("POST", "/api/v1/assessments/query_spec:result"),
        ("POST", "/api/v1/assessments/queries"),
        ("PUT", "/api/v1/assessments/queries/{saved}"),
        ("POST", "/api/v1/assessments/queries/{saved}:nodes_async_create"),
        ("POST", "/api/preview/assessments/reports"),
    ],
)
@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (DEEP, "application/json", 400),
        (b"{}".ljust(1_048_577), "application/json", 413),
        (b"{}", "application/xml", 415),
    ],
    ids=["cut", "list", "deep", "large", "xml"],
)
def test_every_endpoint_with_a_body_refuses_one_that_it_cannot_read(
    client: Any, okta_users: Any, method: str, path: str, body: bytes, content_type: str, status: int
) -> None:
    saved = client.answer("POST", "/api/v1/assessments/queries", json={"name": "saved", **okta_users})["value"]["id"]
    headers = {"Content-Type": content_type}
    refused = client.call(method, path.format(saved=saved), data=body, headers=headers)
    assert (refused.status_code, set(refused.json())) == (status, FIVE_KEYS)


@pytest.mark.parametrize("token", ["x", "%00", "%FF%FE", "e30=", "W10=", "bnVsbA==", "A" * 20_000, "eyJMYXN0IjpbXX0="])
@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/assessments/queries?page_token=",
        "/api/preview/assessments/reports?page_token=",
        "/api/v1/assessments/queries/{saved}:nodes?page_token=",
        "/api/v1/assessments/queries/{saved}/destination_nodes?source_node_id={source}&page_token=",
    ],
)
def test_every_paged_endpoint_refuses_a_token_that_is_not_its_own(
    client: Any, payroll_access: Any, path: str, token: str
) -> None:
    saved = client.answer("POST", "/api/v1/assessments/queries", json={"name": "saved", **payroll_access})["value"][
        "id"
    ]
    source = client.answer("GET", f"/api/v1/assessments/queries/{saved}:nodes")["values"][0]["id"]
    refused = client.call("GET", path.format(saved=saved, source=source) + token)
    assert (refused.status_code, set(refused.json())) == (400, FIVE_KEYS)
    assert refused.json()["details"][0]["field_violations"][0]["field"] == "page_token"


def test_a_caller_that_leaves_in_the_middle_of_its_body_is_journalled_and_no_error(
    client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    address = urlsplit(client.running.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as leaving:
        head = f"POST {CREATE} HTTP/1.1\r\nHost: [::1]\r\nContent-Length: 100\r\nAuthorization: Bearer {client.running.api_key}"
        leaving.sendall(f'{head}\r\n\r\n{{"immediate_run"'.encode())
    deadline = time.monotonic() + 10
    while (seen := client.admin("journal")["requests"][0]["status"]) is None and time.monotonic() < deadline:
        pass  # Each look is a request, which lets the server go on.
    assert (seen, caplog.records) == (400, [])


@pytest.mark.parametrize("sent", [b"\x16\x03\x01\x00\xa5 no plain HTTP", b"GET / HTTP/1.1\r\nno header\r\n\r\n"])
def test_what_is_not_http_is_refused_at_once(client: Any, sent: bytes) -> None:
    address = urlsplit(client.running.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(sent + b"\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.1 400"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/assessments/no_such_endpoint", 404, "NotFound"),
        ("GET", "/api/v2/assessments/queries", 404, "NotFound"),
        ("GET", "/api/v1/assessments/queries/", 404, "NotFound"),
        ("GET", "/elsewhere", 404, "NotFound"),
        ("GET", CREATE, 405, "Unimplemented"),
        ("DELETE", "/api/v1/assessments/queries", 405, "Unimplemented"),
    ],
)
def test_a_path_or_method_that_is_not_there_is_refused(
    client: Any, method: str, path: str, status: int, code: str
) -> None:
    refused = client.call(method, path)
    assert (refused.status_code, refused.json()["code"], set(refused.json())) == (status, code, FIVE_KEYS)


def test_a_body_full_of_wrong_fields_is_refused_without_delay(client: Any) -> None:
    nodes = ["not an object"] * 50_000
    refused = client.assessments("query_spec:result_async_create", {"source_node_types": {"nodes": nodes}})
    assert len(refused.json()["details"][0]["field_violations"]) == len(nodes)


def test_text_that_utf8_cannot_write_is_echoed_and_not_an_error(client: Any) -> None:
    spec = {"source_node_types": {"nodes": [{"node_type": "\ud800", "condition_expression": {"operator": "\ud800"}}]}}
    refused = client.assessments("query_spec:result_async_create", spec)
    assert refused.status_code == 400
    assert client.create_task({"source_node_types": {"nodes": [{"node_type": "\ud800"}]}})["state"] == "PENDING"
    assert client.admin("queries")["queries"][0]["spec"]["source_node_types"]["nodes"][0]["node_type"] == "\ud800"


def test_an_invalid_argument_has_the_shape_of_the_sample(client: Any) -> None:
    body = client.assessments("query_spec:nodes_async_cancel", {}).json()
    assert (body["code"], body["message"]) == ("InvalidArgument", "Invalid Arguments")
    assert len(body["request_id"]) == 32
    assert body["timestamp"] == "2026-11-22T12:00:00.000000000Z"
    assert body["details"] == [
        {
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "field_violations": [{"field": "query_result_id", "description": "Cannot be empty"}],
        },
        {
            "@type": "type.googleapis.com/errorstatus.v1.UserFacingErrorInfo",
            "reason": "INVALID_ARGUMENTS",
            "metadata": {},
            "message": "Request includes invalid arguments.",
            "resolution": "Reference error details for the exact field violations.",
        },
    ]


def test_an_error_of_the_tenant_itself_is_internal_and_journalled(
    client: Any, okta_users: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client.tenant, "create_task", lambda _: 1 / 0)
    failed = client.assessments("query_spec:result_async_create", okta_users)
    assert (failed.status_code, failed.json()["code"], set(failed.json())) == (500, "Internal", FIVE_KEYS)
    assert client.admin("journal")["requests"][-1]["status"] == 500
