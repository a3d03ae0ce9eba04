"""Where Veza puts rows in an answer: ``values`` or ``path_values``, and what ``has_more`` says of the next page.

Rows are left as the JSON text that came: most of them are only passed on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import DecodeError, Raw
from msgspec.json import Decoder

from airflow_provider_veza.async_query.message import Response
from airflow_provider_veza.async_query.rows import JsonRows, Row, is_unbroken
from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.exceptions import MalformedResponseError
from airflow_provider_veza.services.veza_errors import json_object

_ROW_LISTS = frozenset({"values", "path_values"})
_HOLDERS = frozenset({"task", "value", "result", "nodes_value"})
"""What may stand around rows in an answer."""

# Each field by its kind, so that the rows are gone through once.
_Field = list[Raw] | dict[str, Raw] | str | int | float | bool | None
_FIELDS = Decoder(dict[str, _Field])
_FIELD: Decoder[Any] = Decoder(_Field)
_LIST = Decoder(list[Raw])
_VALUE: Decoder[Any] = Decoder()


def answer_with_rows(response: Response) -> Mapping[str, Any]:
    """Return the body of a successful answer, in which rows stay text.

    :raises RefusedError: on an error status, as the subclass of that status.
    :raises MalformedResponseError: when the body is not a JSON object.
    """
    if response.status == 200:
        try:
            _require_utf8(response.body)
            return _fields_of(response.body)
        except (DecodeError, UnicodeDecodeError):
            pass
    return json_object(response)


def rows_of(answer: Mapping[str, Any]) -> Sequence[Row]:
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
    return Page(rows_of(answer), token if has_more else None, total=row_count_of(answer), warnings=warnings_of(answer))


def row_count_of(answer: Mapping[str, Any]) -> int | None:
    """Return how many rows Veza counts, so far or in all; seen only in the web UI's private twin of the endpoint."""
    progress = answer.get("progress_status")
    count = progress.get("row_count") if isinstance(progress, dict) else None
    return int(count) if isinstance(count, (int, str)) and str(count).isdecimal() else None


def warnings_of(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what Veza warns of in a successful answer."""
    warnings = answer.get("warnings")
    return tuple(str(text) for text in warnings) if isinstance(warnings, list) else ()


def _row_list(answer: Mapping[str, Any], key: str) -> Sequence[Row]:
    rows = answer.get(key) or ()
    if _is_text(rows):
        rows = JsonRows(rows)
    if isinstance(rows, JsonRows) and rows.are_objects:
        return rows
    if isinstance(rows, (list, tuple)) and all(isinstance(row, dict) for row in rows):
        return tuple(rows)
    raise MalformedResponseError(f"Veza sent {key!r} that is not a list of objects: {str(rows)[:200]}")


def _is_text(rows: Any) -> bool:
    return isinstance(rows, list) and bool(rows) and isinstance(rows[0], Raw)


def _fields_of(body: bytes) -> Mapping[str, Any]:
    unbroken = is_unbroken(body) or None
    return {name: _field(name, value, unbroken) for name, value in _FIELDS.decode(body).items()}


def _field(name: str, value: Any, unbroken: bool | None) -> Any:
    match value:
        case list() if name in _ROW_LISTS:
            return JsonRows(value, unbroken=unbroken)
        case list() if name not in _HOLDERS:
            return [_VALUE.decode(raw) for raw in value]
        case dict() if name in _HOLDERS:
            return {key: _field(key, _FIELD.decode(raw), unbroken) for key, raw in value.items()}
        case dict():
            return {key: _VALUE.decode(raw) for key, raw in value.items()}
        case _:
            return value


def _require_utf8(body: bytes) -> None:
    if not body.isascii():
        body.decode()
