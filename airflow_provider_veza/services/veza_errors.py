"""How Veza refuses, and what it says of a query that it does not know: error bodies and gateway pages, read into typed errors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from airflow_provider_veza.async_query.json_value import value_of, words_of
from airflow_provider_veza.async_query.message import Response
from airflow_provider_veza.async_query.vocabulary import LONGEST_STATE, LONGEST_WORDS, Phase, Snapshot
from airflow_provider_veza.exceptions import MalformedResponseError, RefusedError
from airflow_provider_veza.services.error_statuses import error_of_status
from airflow_provider_veza.shown import shortened

_HINTS: Mapping[int, str] = {
    401: "Check that the API key in the connection's password is complete, ACTIVE and of this tenant.",
    403: "The key's owner needs the role Admin, Operator or Viewer; a team key of role oaa_push has no query rights.",
    407: "A proxy wants a login: put it into the connection's extra `proxy`.",
}
_OWN_FIELDS = frozenset({"code", "message", "request_id", "timestamp", "details"})
"""Of Veza's error bodies, as other clients saw them; what has fewer than two of them is somebody else's."""
_OF_ANOTHER = (
    "This has not the form of Veza's errors, so another server or a proxy may have answered: check the connection's host and "
    "port, and what stands before the tenant."
)
_EXCERPT = 200


def json_object(response: Response) -> dict[str, Any]:
    """Return the body of a successful answer.

    :raises RefusedError: on an error status, as the subclass of that status.
    :raises MalformedResponseError: when the body is not a JSON object, or the status is neither success nor error.
    """
    if response.status >= 400:
        raise refusal(response)
    if not 200 <= response.status < 300:
        raise MalformedResponseError(
            f"Veza answered HTTP {response.status} where only success or an error is documented."
        )
    body = _parsed(response.body)
    if isinstance(body, dict):
        return body
    raise MalformedResponseError(
        f"Veza answered HTTP {response.status} with {_described(response)} instead of a JSON object: {_excerpt(response)!r}. "
        "Something between here and the tenant may have answered in its place; check host and proxy of the connection."
    )


def accepted(response: Response) -> None:
    """Read an answer that says no more than "accepted": Veza sends no body or ``{}``.

    :raises RefusedError: on an error status.
    :raises MalformedResponseError: on any other body, such as a gateway's page.
    """
    if response.body.strip() or response.status >= 300:
        json_object(response)


def refusal(response: Response) -> RefusedError:
    """Return the error for an answer with an error status; the violated fields come first, the request id is always shown."""
    cls = error_of_status(response.status)
    body = _parsed(response.body)
    known = body if isinstance(body, dict) else {}
    request_id = words_of(known.get("request_id") or "")
    said = shortened("; ".join(_unique(_sentences(known))), LONGEST_WORDS)
    said = said or f"{_described(response)}: {_excerpt(response)!r}"
    code = f" {words_of(known['code'])}" if known.get("code") else ""
    is_own = len(_OWN_FIELDS & known.keys()) > 1
    error = cls(
        response.status,
        " ".join((f"Veza refused with HTTP {response.status}{code}: {said}.", *_hints(response.status, is_own=is_own))),
        request_id,
        about=f"request_id: {shortened(request_id, LONGEST_STATE) or 'none was sent'}",
    )
    error.of_service = is_own
    return error


def _hints(status: int, *, is_own: bool) -> Iterator[str]:
    """Yield what to check; a gateway that is overloaded or broken speaks in its own form and needs no edit."""
    if status in _HINTS:
        yield _HINTS[status]
    if not is_own and 400 <= status < 500 and status not in (407, 429):
        yield _OF_ANOTHER


def absence(response: Response) -> Snapshot | None:
    """Return how a query stands that Veza does not know, or no longer; None where the answer says something else."""
    if response.status != 404:
        return None
    return Snapshot(Phase.GONE, state="HTTP 404", error=str(refusal(response)))


def reason_in(answer: Mapping[str, Any], *names: str) -> str:
    """Return why a query failed, from the first of the fields that says it: as text, or as an object with a ``message``."""
    for name in names:
        reason = answer.get(name)
        if isinstance(reason, dict):
            reason = reason.get("message") or reason
        if reason:
            return str(reason)
    return ""


def _sentences(body: Mapping[str, Any]) -> Iterator[str]:
    details = _objects(body.get("details"))
    for detail in details:
        yield from _violations(detail)
    for detail in details:
        yield from _explanations(detail)
    if body.get("message"):
        yield words_of(body["message"]).rstrip(".")


def _violations(detail: Mapping[str, Any]) -> Iterator[str]:
    for violation in _objects(detail.get("field_violations")):
        yield f"{words_of(violation.get('field', '?'))}: {words_of(violation.get('description', '?'))}"


def _explanations(detail: Mapping[str, Any]) -> Iterator[str]:
    if detail.get("resource"):
        yield f"{words_of(detail.get('resource_type', 'resource'))} {words_of(detail['resource'])}"
    for key in ("message", "resolution"):
        if detail.get(key):
            yield words_of(detail[key]).rstrip(".")


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _unique(sentences: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(sentences))


def _parsed(body: bytes) -> Any:
    try:
        return value_of(body)
    except ValueError:
        return None


def _described(response: Response) -> str:
    content_type = response.headers.get("content-type", "").partition(";")[0].strip()
    return f"{len(response.body)} bytes of {content_type or 'no declared type'}"


def _excerpt(response: Response) -> str:
    text = response.body[: 10 * _EXCERPT].decode("utf-8", "replace")
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())[:_EXCERPT]
