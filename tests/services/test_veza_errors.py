"""How a refusal of Veza, or of a gateway before it, becomes a typed error that says what to do."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_veza.async_query.message import Response
from airflow_provider_veza.exceptions import (
    BadRequestError,
    ForbiddenError,
    MalformedResponseError,
    NotFoundError,
    RefusedError,
    ServerError,
    TooManyRequestsError,
    UnauthorizedError,
)
from airflow_provider_veza.services.veza_errors import accepted, json_object, refusal
from services.answers import answer, gateway_page, sample

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIVE_KEYS = st.fixed_dictionaries(
    {},
    optional={
        "code": JSON,
        "message": JSON,
        "request_id": JSON,
        "details": JSON
        | st.lists(
            st.fixed_dictionaries(
                {}, optional={"field_violations": JSON, "resource": JSON, "message": JSON, "resolution": JSON}
            )
        ),
    },
)


@pytest.mark.parametrize(
    ("name", "status", "expected"),
    [
        (
            "error_400_invalid_argument.json",
            400,
            (
                "Veza refused with HTTP 400 InvalidArgument: name: Provider with the same name already exists; "
                "Request includes invalid arguments; Reference error details for the exact field violations; "
                "Invalid Arguments. (request_id: 1091d23a67ad44a63723fc050280e5ae)"
            ),
        ),
        (
            "error_invalid_argument_long_field.json",
            400,
            (
                "Veza refused with HTTP 400 InvalidArgument: identity_to_permissions.role_assignments.role: Can't connect "
                "identity to role as role not found for application (application: SampleApp, role: Administrator, identity: "
                "my_user); Request includes invalid arguments; Reference error details for the exact field violations; "
                "Invalid Arguments. (request_id: 171d043ee1f2bd1ed6f2881f5fc4c505)"
            ),
        ),
        (
            "error_404_not_found.json",
            404,
            (
                "Veza refused with HTTP 404 NotFound: datasource b1e654e7-2104-4180-9dee-2f76e2b52463; "
                "Requested resource was not found; Not Found. (request_id: 1de5e43499c90f2036cdfe92ed76f58e)"
            ),
        ),
        (
            "error_500like_internal.json",
            500,
            (
                "Veza refused with HTTP 500 Internal: Internal server error; Please retry and if the error persists contact "
                "support at support@veza.com; Internal Server Error, please retry and if the error persists contact support at "
                "support@veza.com. (request_id: 2271c08a9abd3b425c88a397b01bb351)"
            ),
        ),
    ],
)
def test_a_five_key_body_is_told_with_the_violated_fields_first_and_the_request_id_last(
    name: str, status: int, expected: str
) -> None:
    error = refusal(answer(sample(name), status))

    assert str(error) == expected
    assert (error.status, error.request_id) == (status, sample(name)["request_id"])


@pytest.mark.parametrize(
    ("status", "kind", "heals"),
    [
        (400, BadRequestError, False),
        (401, UnauthorizedError, False),
        (403, ForbiddenError, False),
        (404, NotFoundError, False),
        (405, BadRequestError, False),
        (413, BadRequestError, False),
        (429, TooManyRequestsError, True),
        (500, ServerError, True),
        (502, ServerError, True),
        (503, ServerError, True),
        (599, ServerError, True),
    ],
)
def test_the_status_decides_the_error_and_whether_a_retry_may_heal_it(
    status: int, kind: type[RefusedError], heals: bool
) -> None:
    error = refusal(answer({"code": "Any", "message": "Any"}, status))

    assert type(error) is kind
    assert error.heals is heals


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (401, "Check that the API key in the connection's password is complete, ACTIVE and of this tenant."),
        (403, "The key's owner needs the role Admin, Operator or Viewer"),
    ],
)
def test_a_refused_key_comes_with_advice(status: int, advice: str) -> None:
    assert advice in str(refusal(answer({"message": "Denied"}, status)))


def test_all_violated_fields_are_named() -> None:
    violations = [{"field": "page_size", "description": "too large"}, {"field": "order_by", "description": "unknown"}]
    error = refusal(answer({"message": "Invalid", "details": [{"field_violations": violations}]}, 400))

    assert "400: page_size: too large; order_by: unknown; Invalid. (" in str(error)


def test_a_body_without_a_request_id_says_so() -> None:
    assert "(request_id: none was sent)" in str(refusal(answer({"message": "Denied"}, 400)))


def test_a_gateways_page_is_told_by_its_size_type_and_words() -> None:
    error = refusal(gateway_page(502))

    assert isinstance(error, ServerError)
    assert str(error) == (
        "Veza refused with HTTP 502: 102 bytes of text/html: '502 Bad Gateway 502 Bad Gateway nginx'. "
        "(request_id: none was sent)"
    )


def test_a_long_page_is_cut() -> None:
    assert len(str(refusal(answer(b"<p>" + b"overloaded " * 10_000, 503, "text/html")))) < 400


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b'"text"', b"7", b"{", b'{"status": "DONE"', b"\xff\xfe{}", b"[" * 200_000],
    ids=["nothing", "null", "list", "text", "number", "brace", "truncated", "not UTF-8", "far too deep"],
)
def test_a_success_without_a_json_object_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedResponseError, match="instead of a JSON object"):
        json_object(answer(body))


def test_a_gateways_page_with_status_200_is_malformed_and_points_to_host_and_proxy() -> None:
    with pytest.raises(MalformedResponseError, match=r"502 Bad Gateway nginx.*check host and proxy of the connection"):
        json_object(gateway_page(200))


@pytest.mark.parametrize("status", [100, 301, 304, 399])
def test_a_status_that_is_neither_success_nor_error_is_malformed(status: int) -> None:
    with pytest.raises(MalformedResponseError, match=f"HTTP {status}"):
        json_object(answer({}, status))


@pytest.mark.parametrize("status", [200, 201, 202])
def test_every_success_with_an_object_is_read(status: int) -> None:
    assert json_object(answer({"a": 1}, status)) == {"a": 1}


@pytest.mark.parametrize(
    "response",
    [answer(b""), answer(b" \n"), answer(sample("resp_empty_action_docs.json")), answer(b"", 204)],
    ids=["nothing", "blank", "empty object", "no content"],
)
def test_an_empty_answer_and_an_empty_object_are_both_an_acceptance(response: Response) -> None:
    assert accepted(response) is None


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (gateway_page(200), MalformedResponseError),
        (answer(b"", 302), MalformedResponseError),
        (gateway_page(502), ServerError),
        (answer(b"", 403), ForbiddenError),
    ],
)
def test_anything_else_is_no_acceptance(response: Response, error: type[Exception]) -> None:
    with pytest.raises(error):
        accepted(response)


ANOTHERS = [answer({"detail": "Not Found"}), answer({"error": "unauthorized"}), answer(b""), gateway_page(200)]
NOT_VEZAS = "another server or a proxy may have answered: check the connection's host and port"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 421])
@pytest.mark.parametrize("response", ANOTHERS, ids=["a framework", "an API", "nothing", "a page"])
def test_a_refusal_that_is_not_in_vezas_form_points_to_the_host(response: Response, status: int) -> None:
    error = refusal(replace(response, status=status))

    assert not error.of_service
    assert NOT_VEZAS in str(error)


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_an_overloaded_gateway_is_not_taken_for_a_wrong_host(status: int) -> None:
    assert NOT_VEZAS not in str(refusal(gateway_page(status)))


def test_a_refusal_in_vezas_form_is_vezas() -> None:
    error = refusal(answer(sample("error_404_not_found.json"), 404))

    assert error.of_service
    assert NOT_VEZAS not in str(error)


def test_a_proxy_that_wants_a_login_is_told_where_it_goes() -> None:
    assert "extra `proxy`" in str(refusal(gateway_page(407)))


@given(body=FIVE_KEYS | JSON, status=st.integers(400, 599))
def test_whatever_json_comes_with_an_error_status_it_becomes_a_refusal_that_shows_a_request_id(
    body: Any, status: int
) -> None:
    error = refusal(answer(body, status))

    assert error.status == status
    assert "(request_id: " in str(error)


@given(content=st.binary(max_size=300), status=st.integers(200, 599))
def test_whatever_bytes_come_the_reader_returns_an_object_or_raises_a_named_error(content: bytes, status: int) -> None:
    with suppress(RefusedError, MalformedResponseError):
        assert isinstance(json_object(answer(content, status)), dict)
