"""Where Veza puts rows in an answer: ``values`` or ``path_values``, and what ``has_more`` says of the next page.

Rows are left as the JSON text that came: most of them are only passed on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from msgspec import DecodeError, Raw
from msgspec.json import Decoder

from airflow_provider_veza.async_query.json_value import ascii_of, value_of, words_of
from airflow_provider_veza.async_query.lone_surrogates import Stand, has_lone_surrogate, is_whole
from airflow_provider_veza.async_query.message import Response
from airflow_provider_veza.async_query.rows import JsonRows, Row, is_unbroken
from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.exceptions import MalformedResponseError
from airflow_provider_veza.services.veza_counts import count_of
from airflow_provider_veza.services.veza_errors import json_object

DEFAULT_ROWS_FIELDS = ("values", "path_values")
"""Where rows are, unless the connection's extra ``rows_field`` says otherwise."""

_HOLDERS = frozenset({"task", "value", "result", "nodes_value"})
"""What may stand around rows in an answer."""
_PAGING = frozenset({"has_more", "next_page_token"})
_EXCERPT = 200

# Each field by its kind, so that the rows are gone through once.
_Field = list[Raw] | dict[str, Raw] | str | int | float | bool | None
_FIELDS = Decoder(dict[str, _Field])
_FIELD: Decoder[Any] = Decoder(_Field)
_LIST = Decoder(list[Raw])
_VALUE: Decoder[Any] = Decoder()
_RAW_FIELDS = Decoder(dict[str, Raw])


def answer_with_rows(response: Response, rows_fields: tuple[str, ...] = DEFAULT_ROWS_FIELDS) -> Mapping[str, Any]:
    """Return the body of a successful answer, in which rows stay text.

    :param rows_fields: the fields that hold rows.
    :raises RefusedError: on an error status, as the subclass of that status.
    :raises MalformedResponseError: when the body is not a JSON object.
    """
    if response.status == 200:
        with suppress(DecodeError, ValueError, RecursionError):
            return _answer_in(response.body, rows_fields)
    return json_object(response)


def rows_of(answer: Mapping[str, Any], rows_fields: tuple[str, ...] = DEFAULT_ROWS_FIELDS) -> Sequence[Row]:
    """Return the rows, as they were sent. Both keys are present in real answers and one of them is empty.

    :raises MalformedResponseError: when no field is there that holds rows, one is not a list of objects, or two hold rows.
    """
    if answer.keys().isdisjoint(rows_fields):
        raise not_understood(answer, f"holds no rows: there is no {' and no '.join(rows_fields)}")
    filled = {name: rows for name in rows_fields if (rows := _row_list(answer, name))}
    if len(filled) > 1:
        counts = " and ".join(f"{len(rows)} `{name}`" for name, rows in filled.items())
        raise MalformedResponseError(
            f"Veza sent {counts} in one answer, where one of the two is empty in every documented one. No row was dropped: "
            "nothing was delivered. Please report this with the query spec."
        )
    return next(iter(filled.values()), ())


def not_understood(answer: Mapping[str, Any], problem: str) -> MalformedResponseError:
    """Return the error for an answer of another shape than this provider knows, with the names of the fields that came."""
    return MalformedResponseError(
        f"Veza's answer {problem} (fields: {_named(answer)}). No row was delivered. If your tenant puts rows into another "
        "field, set rows_field in the connection's extra; `python -m airflow_provider_veza doctor` shows what it answers."
    )


def page_of(
    answer: Mapping[str, Any],
    rows_fields: tuple[str, ...] = DEFAULT_ROWS_FIELDS,
    *,
    is_first: bool = False,
    page_size: int | None = None,
) -> Page:
    """Return the page.

    ``has_more`` decides whether another follows: Veza may send a token on the last page, and an empty page in the middle. Where
    it says nothing, a token is followed.

    :param is_first: whether no rows came before these.
    :param page_size: rows that were asked for; None where that was not said.
    :raises MalformedResponseError: when more is announced, counted or likely, without a token to it.
    """
    rows, total = rows_of(answer, rows_fields), row_count_of(answer)
    if is_first and answer.keys().isdisjoint(_PAGING):
        _require_all(answer, rows, total, page_size)
    has_more = _has_more(answer)
    token = answer.get("next_page_token") or ""
    if not isinstance(has_more, bool) or not isinstance(token, str) or not is_whole(token):
        raise MalformedResponseError(
            f"Veza sent has_more={_shown(has_more)} and next_page_token={_shown(token)}: not a bool and a text."
        )
    if has_more and not token:
        raise MalformedResponseError(
            "Veza announced another page (has_more) without a next_page_token; rows would be lost."
        )
    return Page(rows, token if has_more else None, total=total, warnings=warnings_of(answer))


def page_announced(answer: Mapping[str, Any]) -> bool:
    """Whether an answer says that more rows follow; whatever is not a plain no counts as yes."""
    return bool(_has_more(answer))


def row_count_of(answer: Mapping[str, Any]) -> int | None:
    """Return how many rows Veza counts, so far or in all; seen only in the web UI's private twin of the endpoint."""
    progress = answer.get("progress_status")
    count = progress.get("row_count") if isinstance(progress, dict) else None
    return count_of(count)


def warnings_of(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what Veza warns of in a successful answer."""
    warnings = answer.get("warnings")
    return tuple(map(words_of, warnings)) if isinstance(warnings, list) else ()


def _require_all(answer: Mapping[str, Any], rows: Sequence[Row], total: int | None, page_size: int | None) -> None:
    """Refuse a first page that says nothing of another one, and is not surely all there is."""
    if total is not None and total > len(rows):
        raise not_understood(answer, f"counts {total} rows, but holds {len(rows)} and says nothing of another page")
    if page_size is not None and len(rows) >= page_size:
        raise not_understood(answer, f"holds {len(rows)} rows, a full page, and says nothing of another page")


def _has_more(answer: Mapping[str, Any]) -> Any:
    """Return whether a page follows, as ``has_more`` says it, or else a token; what is neither yes nor no stays as it is."""
    said = answer.get("has_more")
    return bool(answer.get("next_page_token")) if said is None else _bool_of(said)


def _bool_of(value: Any) -> Any:
    """Return what a value says as a bool, be it text; another value stays as it is."""
    return {"true": True, "false": False}.get(value.lower(), value) if isinstance(value, str) else value


def _named(answer: Mapping[str, Any]) -> str:
    names = ascii(sorted(map(str, answer)))
    return names if len(names) <= _EXCERPT else f"{names[:_EXCERPT]}..."


def _shown(value: Any) -> str:
    return ascii_of(value)[:_EXCERPT]


def _row_list(answer: Mapping[str, Any], key: str) -> Sequence[Row]:
    rows = answer.get(key)
    if rows is None:
        return ()
    if _is_text(rows):
        rows = JsonRows(rows)
    if isinstance(rows, JsonRows) and rows.are_objects:
        return rows
    if isinstance(rows, (list, tuple)) and all(isinstance(row, dict) for row in rows):
        return tuple(rows)
    raise MalformedResponseError(f"Veza sent {key!a} that is not a list of objects: {_shown(rows)}")


def _is_text(rows: Any) -> bool:
    return isinstance(rows, list) and bool(rows) and isinstance(rows[0], Raw)


def _answer_in(body: bytes, rows_fields: tuple[str, ...]) -> Mapping[str, Any]:
    """Return the fields of a body; what the quick decoder refuses is read field by field."""
    _require_utf8(body)
    try:
        return _fields_of(body, rows_fields)
    except DecodeError:
        if not has_lone_surrogate(body):
            return _fields_one_by_one(body, rows_fields)
    stand = Stand.not_in(body)
    return {
        stand.back_in(name): _with_halves(field, stand)
        for name, field in _fields_one_by_one(stand.in_text(body), rows_fields).items()
    }


def _fields_one_by_one(body: bytes, rows_fields: tuple[str, ...]) -> dict[str, Any]:
    return {name: _one_field(name, bytes(raw), rows_fields) for name, raw in _RAW_FIELDS.decode(body).items()}


def _one_field(name: str, raw: bytes, rows_fields: tuple[str, ...]) -> Any:
    match raw[:1]:
        case b"[" if name in rows_fields:
            return JsonRows(_LIST.decode(raw))
        case b"[" if name in _HOLDERS:
            return _LIST.decode(raw)
        case b"{" if name in _HOLDERS:
            return _fields_one_by_one(raw, rows_fields)
        case _:
            return value_of(raw)


def _with_halves(field: Any, stand: Stand) -> Any:
    match field:
        case JsonRows():
            return JsonRows([stand.back_in_text(bytes(text)) for text in field.texts])
        case dict():
            return {stand.back_in(name): _with_halves(value, stand) for name, value in field.items()}
        case [Raw(), *_]:
            return [Raw(stand.back_in_text(bytes(raw))) for raw in field]
        case _:
            return stand.back_in(field)


def _fields_of(body: bytes, rows_fields: tuple[str, ...]) -> Mapping[str, Any]:
    unbroken = is_unbroken(body) or None
    return {name: _field(name, value, unbroken, rows_fields) for name, value in _FIELDS.decode(body).items()}


def _field(name: str, value: Any, unbroken: bool | None, rows_fields: tuple[str, ...]) -> Any:
    match value:
        case list() if name in rows_fields:
            return JsonRows(value, unbroken=unbroken)
        case list() if name not in _HOLDERS:
            return [_VALUE.decode(raw) for raw in value]
        case dict() if name in _HOLDERS:
            return {key: _field(key, _FIELD.decode(raw), unbroken, rows_fields) for key, raw in value.items()}
        case dict():
            return {key: _VALUE.decode(raw) for key, raw in value.items()}
        case _:
            return value


def _require_utf8(body: bytes) -> None:
    if not body.isascii():
        body.decode()
