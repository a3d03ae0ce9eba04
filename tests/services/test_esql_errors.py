"""Which error statuses are a query's end, which an absence that may pass, and which only a failed request."""

from __future__ import annotations

import pytest

from airflow_provider_veza.async_query.message import Response
from airflow_provider_veza.exceptions import (
    BadRequestError,
    ForbiddenError,
    MalformedResponseError,
    NotFoundError,
    RequestError,
    ServerError,
    TooManyRequestsError,
    UnauthorizedError,
)
from airflow_provider_veza.services.esql_errors import Meaning, is_absent, is_outcome, meaning_of, refusal
from services.esql_answers import GATEWAY_PAGE, QUERY_ID, answered, failure

ABSENT, REFUSED, FAILED = Meaning.ABSENT, Meaning.REFUSED, Meaning.FAILED


@pytest.mark.parametrize(
    ("response", "meaning"),
    [
        (failure(400, "verification_exception", "Unknown column [logn]"), FAILED),
        (failure(400, "parsing_exception"), FAILED),
        (failure(400, "illegal_argument_exception", "cannot parse [x]"), FAILED),
        (failure(429, "circuit_breaking_exception", "[request] Data too large, data for [topn]"), FAILED),
        (failure(503, "no_shard_available_action_exception", "No shard available for [logs]"), FAILED),
        (failure(500, "null_pointer_exception", None), FAILED),
        (failure(404, "index_not_found_exception", "no such index [logs]"), FAILED),
        (failure(400, "task_cancelled_exception", "by user request"), Meaning.CANCELED),
        (failure(404, "resource_not_found_exception", QUERY_ID), ABSENT),
        (failure(404, "index_not_found_exception", "no such index [.async-search]"), ABSENT),
        (
            failure(503, "no_shard_available_action_exception", "No shard available for [get [.async-search][x]]"),
            REFUSED,
        ),
        (failure(429, "es_rejected_execution_exception"), REFUSED),
        (failure(503, "cluster_block_exception", "blocked by: [SERVICE_UNAVAILABLE/1/state not recovered]"), REFUSED),
        (failure(429, "circuit_breaking_exception", "[parent] Data too large, data for [<http_request>]"), REFUSED),
        (failure(401, "security_exception"), REFUSED),
        (failure(403, "security_exception"), REFUSED),
        (failure(400, "illegal_argument_exception", "invalid id: [x]"), REFUSED),
        (failure(400, "illegal_argument_exception", "request [/] contains unrecognized parameter: [x]"), REFUSED),
        (failure(400, "media_type_header_exception"), REFUSED),
        (answered({"error": "no handler found for uri [/_query/async] and method [GET]"}, 400), REFUSED),
        (answered(GATEWAY_PAGE, 502), REFUSED),
        (answered(GATEWAY_PAGE, 404), REFUSED),
        (answered({"message": "not ours"}, 500), REFUSED),
    ],
    ids=lambda value: value.name if isinstance(value, Meaning) else f"{value.status} {value.body[-60:]!r}",
)
def test_the_type_and_not_the_status_says_what_an_error_means(response: Response, meaning: Meaning) -> None:
    assert meaning_of(response) is meaning
    assert is_outcome(response) is (meaning in (FAILED, Meaning.CANCELED))
    assert is_absent(response) is (meaning is ABSENT)


@pytest.mark.parametrize(
    ("response", "error", "heals", "words"),
    [
        (
            failure(401, "security_exception", "missing credentials"),
            UnauthorizedError,
            False,
            "missing credentials.*api_key",
        ),
        (failure(403, "security_exception", "unauthorized"), ForbiddenError, False, "privilege `read`"),
        (
            failure(400, "media_type_header_exception", "version"),
            BadRequestError,
            False,
            "media_type_header_exception: v",
        ),
        (answered({"error": "no handler found", "status": 400}, 400), BadRequestError, False, "no handler found"),
        (failure(404, "resource_not_found_exception", "x"), NotFoundError, False, "x"),
        (failure(429, "es_rejected_execution_exception", "full"), TooManyRequestsError, True, "full"),
        (failure(503, "cluster_block_exception", None), ServerError, True, "HTTP 503: cluster_block_exception"),
        (answered(GATEWAY_PAGE, 502), ServerError, True, "Bad Gateway"),
        (answered(GATEWAY_PAGE, 401), UnauthorizedError, False, "Bad Gateway"),
        (answered(GATEWAY_PAGE, 404), MalformedResponseError, True, "check the connection's host"),
        (answered(b"", 302), MalformedResponseError, True, "HTTP 302"),
    ],
    ids=lambda value: None if isinstance(value, Response) else str(value),
)
def test_a_failed_request_is_named_by_its_status_in_elasticsearchs_words(
    response: Response, error: type[RequestError], heals: bool, words: str
) -> None:
    raised = refusal(response)
    assert type(raised) is error
    assert raised.heals is heals
    with pytest.raises(error, match=words):
        raise raised


def test_what_lies_beneath_an_error_is_told_too() -> None:
    beneath = {"type": "io_exception", "reason": "disk full"}
    raised = refusal(failure(500, "esql_exception", "failed", caused_by=beneath))
    assert "esql_exception: failed (io_exception: disk full)" in str(raised)
