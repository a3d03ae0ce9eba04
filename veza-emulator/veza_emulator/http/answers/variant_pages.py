"""One page of rows as the variants say: how large it may be, and what comes in the middle and at the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from veza_emulator.query.rows import QueryResult
from veza_emulator.reading.errors import FieldViolation, invalid_argument
from veza_emulator.tenant.pages import NO_PAGE, PageRequest, is_respelt, page_of, respell_token
from veza_emulator.variants import LastPageToken, MiddlePages, PageSizeOverMaximum, Variants


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
    page = page_of(result, scope, wanted, variants.maximum_page_size)
    between = variants.middle_pages is MiddlePages.EMPTY_BETWEEN
    if between and wanted.token and not is_respelt(wanted.token):
        return {**NO_PAGE, "next_page_token": respell_token(wanted.token), "has_more": True}
    if variants.last_page_token is LastPageToken.ABSENT and not page["has_more"]:
        return {**page, "next_page_token": ""}
    return page
