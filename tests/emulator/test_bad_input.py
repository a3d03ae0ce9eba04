"""Whatever is sent, the answer is the five-key error with the right status, and never a traceback."""

from __future__ import annotations

import json
from typing import Any

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
