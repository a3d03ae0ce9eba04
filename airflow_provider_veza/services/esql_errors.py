"""What an error status of Elasticsearch means to whoever looks at a query: the request failed, or the query did.

A failed query is answered with its own status and type, at each look anew: a 429 or 503 may be the outcome of a query as well
as an overload that passes. The type decides. Sources: the server's ``AsyncTaskManagementService`` and its tests, restated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from airflow_provider_veza.async_query.json_value import value_of, words_of
from airflow_provider_veza.async_query.message import Response
from airflow_provider_veza.async_query.vocabulary import LONGEST_WORDS
from airflow_provider_veza.exceptions import MalformedResponseError, RequestError
from airflow_provider_veza.services.error_statuses import error_of_status
from airflow_provider_veza.shown import shortened

_HINTS: Mapping[int, str] = {
    401: " Check login and password, or api_key or bearer_auth in the connection's extra.",
    403: " The user or API key needs the privilege `read` on the indices that the query reads.",
}
_PASSING = frozenset({"es_rejected_execution_exception", "cluster_block_exception"})
_OF_THE_REQUEST = ("invalid id", "unrecognized parameter")
_STORE = "[.async-search"
"""The index of stored results; an error that names it is about reading a result, not about the query."""
_WHOLE_REQUEST = "<http_request>"
"""In an error of a circuit breaker: the request itself was not let in (inferred)."""

_EXCERPT = 200


class Meaning(Enum):
    """What an error status says about a query that was looked at."""

    REFUSED = "the request failed; nothing is said of the query"
    ABSENT = "the query is not known, or not readable yet"
    FAILED = "the query failed"
    CANCELED = "the query was cancelled, or its keep_alive ended it"


@dataclass(frozen=True)
class Cause:
    """An error as Elasticsearch spells it.

    :param type: such as ``verification_exception``; empty where it sent a text only.
    """

    type: str
    reason: str

    def __str__(self) -> str:
        said = ": ".join(part for part in (self.type, self.reason) if part)
        return shortened(said, LONGEST_WORDS) or "no reason given"


def meaning_of(response: Response) -> Meaning:
    """Return what an error status means as the answer to a look at a query.

    A 404 has five lasting reasons (expired, deleted, cancelled, somebody else's, never there) and one that passes: the query
    has ended and its result is being stored.
    """
    cause = cause_of(response)
    if cause is None or not cause.type or response.status in (401, 403) or _is_of_the_request(cause):
        return Meaning.REFUSED
    if response.status == 404 and (cause.type == "resource_not_found_exception" or _STORE in cause.reason):
        return Meaning.ABSENT
    if cause.type in _PASSING or _STORE in cause.reason or _WHOLE_REQUEST in cause.reason:
        return Meaning.REFUSED
    return Meaning.CANCELED if cause.type == "task_cancelled_exception" else Meaning.FAILED


def is_outcome(response: Response) -> bool:
    """Whether an error status tells how the query ended: then no repetition changes it."""
    return response.status >= 400 and meaning_of(response) in (Meaning.FAILED, Meaning.CANCELED)


def is_absent(response: Response) -> bool:
    """Whether the query is not known, or not readable yet."""
    return response.status == 404 and meaning_of(response) is Meaning.ABSENT


def refusal(response: Response) -> RequestError:
    """Return the error for an answer that says nothing of the query.

    An error page without Elasticsearch's words tells nothing of the query, not even where its status is 404.
    """
    status, cause = response.status, cause_of(response)
    if cause is None and status < 500 and status not in (401, 403, 429):
        return MalformedResponseError(
            f"HTTP {status} came with {excerpt(response)!r} instead of an answer of Elasticsearch. Something between here and "
            "the cluster may have answered in its place; check the connection's host."
        )
    cls = error_of_status(status)
    said = str(cause) if cause is not None else excerpt(response)
    return cls(status, f"Elasticsearch refused with HTTP {status}: {said}.{_HINTS.get(status, '')}")


def cause_of(response: Response) -> Cause | None:
    """Return the error in Elasticsearch's words; None where the body holds none."""
    error = _object(_parsed(response.body)).get("error")
    if isinstance(error, str):
        return Cause("", error)
    if not isinstance(error, dict) or not isinstance(error.get("type"), str):
        return None
    reason = words_of(error.get("reason") or "")
    beneath = _object(error.get("caused_by"))
    why = words_of(beneath.get("reason") or "")
    if why and why not in reason:
        reason = f"{reason} ({words_of(beneath.get('type'))}: {why})".strip()
    return Cause(error["type"], reason)


def excerpt(response: Response) -> str:
    """Return the beginning of the body, in one line."""
    return " ".join(response.body[:_EXCERPT].decode("utf-8", "replace").split())


def _is_of_the_request(cause: Cause) -> bool:
    if cause.type == "media_type_header_exception":
        return True
    return cause.type == "illegal_argument_exception" and any(words in cause.reason for words in _OF_THE_REQUEST)


def _parsed(body: bytes) -> Any:
    try:
        return value_of(body)
    except ValueError:
        return None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
