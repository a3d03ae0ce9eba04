"""Keyset paging over a stored result: page size, page token, one page; knows neither queries nor HTTP."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from veza_emulator.query.rows import QueryResult, RowKey, render_rows
from veza_emulator.reading.errors import FieldViolation, invalid_argument

DEFAULT_PAGE_SIZE = 100
MAXIMUM_PAGE_SIZE = 100
NO_PAGE: Mapping[str, Any] = {"values": [], "path_values": [], "next_page_token": "", "has_more": False}
"""What stands in an answer that has no page to show."""


@dataclass(frozen=True)
class PageRequest:
    """Which page a caller wants; a size past the maximum reads as the maximum."""

    size: int = DEFAULT_PAGE_SIZE
    token: str = ""


def page_of(result: QueryResult, scope: str, wanted: PageRequest, maximum: int = MAXIMUM_PAGE_SIZE) -> dict[str, Any]:
    """Return one page of a result; the last page carries a token too, as the real one does."""
    start = result.place_after(decode_token(wanted.token, scope)) if wanted.token else 0
    end = start + min(wanted.size, maximum)
    rows = result.rows[start:end]
    return {
        **render_rows(result.kind, rows),
        "next_page_token": encode_token(rows[0].key, rows[-1].key, scope) if rows else "",
        "has_more": end < len(result.rows),
    }


def encode_token(first: RowKey, last: RowKey, scope: str) -> str:
    """Return the page token after a page that starts and ends with these rows."""
    return _encode({"First": _render_key(first, scope), "Last": _render_key(last, scope)})


def respell_token(token: str) -> str:
    """Return another token that asks for the same page as a token of this service."""
    content = json.loads(base64.b64decode(token))
    return _encode({**content, "Spelling": content.get("Spelling", 0) + 1})


def is_respelt(token: str) -> bool:
    """Tell whether a token of this service has been respelt."""
    return "Spelling" in json.loads(base64.b64decode(token))


def decode_token(token: str, scope: str) -> RowKey:
    """Return the last row before the page that the token asks for; refuse a token of another result."""
    try:
        last = json.loads(base64.b64decode(token, validate=True))["Last"]
        key = RowKey(last["lower_name"], last["id"], last.get("destination_id", ""))
        token_scope = last["duplication_scope_id"]
    except (binascii.Error, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise _bad_token("is not a page token of this service") from None
    if not all(isinstance(part, str) for part in key):
        raise _bad_token("is not a page token of this service")
    if token_scope != scope:
        raise _bad_token("belongs to another query; use a token only with the query that gave it")
    return key


def _encode(content: Mapping[str, Any]) -> str:
    return base64.b64encode(json.dumps(content, separators=(",", ":")).encode()).decode()


def _render_key(key: RowKey, scope: str) -> Mapping[str, str]:
    rendered = {"duplication_scope_id": scope, "id": key.id, "lower_name": key.lower_name}
    return {**rendered, "destination_id": key.destination_id} if key.destination_id else rendered


def _bad_token(description: str) -> Exception:
    return invalid_argument(FieldViolation("page_token", description))
