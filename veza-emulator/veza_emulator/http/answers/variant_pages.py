"""One page of rows as the variants say: how large it may be, and what comes in the middle and at the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from veza_emulator.hostility import EndlessPages, PageMarks
from veza_emulator.query.rows import QueryResult, RowKey
from veza_emulator.reading.errors import FieldViolation, invalid_argument
from veza_emulator.tenant.pages import NO_PAGE, PageRequest, encode_token, is_respelt, page_of, respell_token
from veza_emulator.variants import LastPageToken, MiddlePages, PageSizeOverMaximum, Variants

_NO_ROW = RowKey("", "")


def within_maximum(wanted: PageRequest, variants: Variants) -> PageRequest:
    """Return the page that is wanted, not larger than the maximum; refuse a larger one if the variants say so."""
    maximum = variants.maximum_page_size
    if wanted.size > maximum and variants.page_size_over_maximum is PageSizeOverMaximum.REFUSED:
        raise invalid_argument(FieldViolation("page_size", f"must be at most {maximum}"))
    return PageRequest(min(wanted.size, maximum), wanted.token)


def varied_page(result: QueryResult, scope: str, wanted: PageRequest, variants: Variants) -> Mapping[str, Any]:
    """Return a page of a result.

    :param scope: what the page's token is good for; a token of another scope is refused.
    """
    return shown_page(_page(result, scope, wanted, variants), variants)


def shown_page(page: Mapping[str, Any], variants: Variants) -> Mapping[str, Any]:
    """Return a page under the keys that the variants say."""
    return _marked(_under_key(page, variants.rows_key), variants.page_marks)


def _page(result: QueryResult, scope: str, wanted: PageRequest, variants: Variants) -> Mapping[str, Any]:
    if variants.endless_pages is not EndlessPages.NONE:
        return _page_without_end(result, scope, wanted, variants)
    page = page_of(result, scope, wanted, variants.maximum_page_size)
    between = variants.middle_pages is MiddlePages.EMPTY_BETWEEN
    if between and wanted.token and not is_respelt(wanted.token):
        return {**NO_PAGE, "next_page_token": respell_token(wanted.token), "has_more": True}
    if variants.last_page_token is LastPageToken.ABSENT and not page["has_more"]:
        return {**page, "next_page_token": ""}
    return page


def _page_without_end(result: QueryResult, scope: str, wanted: PageRequest, variants: Variants) -> Mapping[str, Any]:
    """Return the first page again, or no row; its token is another one each time."""
    first = page_of(result, scope, PageRequest(wanted.size), variants.maximum_page_size)
    rows = NO_PAGE if variants.endless_pages is EndlessPages.WITHOUT_ROWS else first
    token = wanted.token or encode_token(_NO_ROW, _NO_ROW, scope)
    return {**rows, "next_page_token": respell_token(token), "has_more": True}


def _under_key(page: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    if not key:
        return page
    others = {name: value for name, value in page.items() if name not in ("values", "path_values")}
    return {key: page["values"] or page["path_values"], **others}


def _marked(page: Mapping[str, Any], marks: PageMarks) -> Mapping[str, Any]:
    match marks:
        case PageMarks.PRESENT:
            return page
        case PageMarks.TEXT:
            return {**page, "has_more": "true" if page["has_more"] else "false"}
        case PageMarks.ABSENT:
            return {name: value for name, value in page.items() if name not in ("has_more", "next_page_token")}
