"""Lists of named things, such as saved queries: filtered by name, ordered, cut into pages; knows not what is listed."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from veza_emulator.query.rows import RowKey
from veza_emulator.reading.fields import Fields
from veza_emulator.tenant.named_store import Named
from veza_emulator.tenant.pages import (
    DEFAULT_PAGE_SIZE,
    MAXIMUM_PAGE_SIZE,
    PageRequest,
    decode_token,
    encode_token,
)

# The one form of filter that is documented, as in the Open Authorization API and in oaaclient.
_NAME_FILTER = re.compile(r'\s*name\s+eq\s+"([^"]*)"\s*', re.IGNORECASE)


@dataclass(frozen=True)
class ListRequest:
    """Which part of a list a caller wants; no name means every name."""

    page: PageRequest
    name: str | None


def read_list_request(parameters: Fields) -> ListRequest:
    """Read filter, page size and page token."""
    page = PageRequest(parameters.count("page_size", DEFAULT_PAGE_SIZE), parameters.string("page_token"))
    return ListRequest(page, _read_name_filter(parameters))


def page_of_list(items: Iterable[Named], scope: str, wanted: ListRequest) -> dict[str, Any]:
    """Return a page of a list, ordered by name in lower case, then by id."""
    kept = sorted((item for item in items if wanted.name in (None, item.name)), key=_key)
    keys = [_key(item) for item in kept]
    start = bisect_right(keys, decode_token(wanted.page.token, scope)) if wanted.page.token else 0
    end = start + min(wanted.page.size, MAXIMUM_PAGE_SIZE)
    shown = keys[start:end]
    return {
        "values": [item.render() for item in kept[start:end]],
        "next_page_token": encode_token(shown[0], shown[-1], scope) if shown else "",
        "has_more": end < len(kept),
    }


def _key(item: Named) -> RowKey:
    return RowKey(item.name.lower(), item.id)


def _read_name_filter(parameters: Fields) -> str | None:
    text = parameters.string("filter")
    if not text:
        return None
    match = _NAME_FILTER.fullmatch(text)
    if match is None:
        parameters.violate("filter", 'is documented in one form alone, which this tenant takes: name eq "some name"')
        return None
    return match[1]
