"""Where Veza puts rows in an answer: ``values`` or ``path_values``, and what ``has_more`` says of the next page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_veza.async_query.vocabulary import Page, Row
from airflow_provider_veza.exceptions import MalformedResponseError


def rows_of(answer: Mapping[str, Any]) -> tuple[Row, ...]:
    """Return the rows, as they were sent. Both keys are present in real answers and one of them is empty.

    :raises MalformedResponseError: when either is not a list of objects, or both hold rows.
    """
    values, path_values = _row_list(answer, "values"), _row_list(answer, "path_values")
    if values and path_values:
        raise MalformedResponseError(
            f"Veza sent {len(values)} `values` and {len(path_values)} `path_values` in one answer, where one of the two is "
            "empty in every documented one. No row was dropped: nothing was delivered. Please report this with the query spec."
        )
    return values or path_values


def page_of(answer: Mapping[str, Any]) -> Page:
    """Return the page.

    ``has_more`` decides whether another follows: Veza may send a token on the last page, and an empty page in the middle.

    :raises MalformedResponseError: when more is announced without a token to it.
    """
    has_more = answer.get("has_more") or False
    token = answer.get("next_page_token") or ""
    if not isinstance(has_more, bool) or not isinstance(token, str):
        raise MalformedResponseError(
            f"Veza sent has_more={has_more!r} and next_page_token={token!r}: not a bool and a text."
        )
    if has_more and not token:
        raise MalformedResponseError(
            "Veza announced another page (has_more) without a next_page_token; rows would be lost."
        )
    return Page(rows_of(answer), token if has_more else None)


def _row_list(answer: Mapping[str, Any], key: str) -> tuple[Row, ...]:
    rows = answer.get(key) or ()
    if not isinstance(rows, (list, tuple)) or not all(isinstance(row, dict) for row in rows):
        raise MalformedResponseError(f"Veza sent {key!r} that is not a list of objects: {str(rows)[:200]}")
    return tuple(rows)
