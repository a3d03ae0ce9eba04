"""The requests of the two query families, read from JSON into what is asked of the tenant; `http.endpoints` answers them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from veza_emulator.query.spec import QuerySpec, read_query_spec
from veza_emulator.reading.errors import FieldViolation, invalid_argument
from veza_emulator.reading.fields import Fields
from veza_emulator.tenant.journal import RequestNote
from veza_emulator.tenant.pages import DEFAULT_PAGE_SIZE, PageRequest

PAGE_FIELDS = ("page_size", "page_token")
_DEFAULT_STALENESS = "86400s"
_NOT_EVALUATED_OPTIONS = ("add_access_stats", "apply_risk_suppressed_constraint")
_DURATION = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?s")


class CreateMode(StrEnum):
    """The ways to ask for a nodes query; the last is deprecated and reads as `immediate_run`."""

    CACHED_RESULT_IF_AVAILABLE = "cached_result_if_available"
    IMMEDIATE_RUN = "immediate_run"
    CACHED_RESULT_CONTEXT = "cached_result_context"
    REQUEST = "request"


CURRENT_MODES = tuple(mode for mode in CreateMode if mode is not CreateMode.REQUEST)


@dataclass(frozen=True)
class AskedSpec:
    """A spec as the tenant understood it, and as it was sent."""

    spec: QuerySpec
    as_sent: Mapping[str, Any]


@dataclass(frozen=True)
class RunNow:
    """Run the query, whatever the cache holds."""

    asked: AskedSpec


@dataclass(frozen=True)
class RunUnlessCached:
    """Show the newest cached result if it is fresh enough, else run the query."""

    asked: AskedSpec
    max_staleness: timedelta


@dataclass(frozen=True)
class AttachToCache:
    """Show one cached result."""

    cache_id: str


NodesCreation = RunNow | RunUnlessCached | AttachToCache


@dataclass(frozen=True)
class NodesLook:
    """Look at a nodes query, and read a page of it if it is done."""

    query_id: str
    page: PageRequest


def read_create_mode(fields: Fields) -> CreateMode:
    """Return the one mode that a create request sets; refuse none and several."""
    given = [mode for mode in CreateMode if fields.raw(mode) is not None]
    if len(given) == 1:
        return given[0]
    description = f"Set exactly one of {', '.join(CURRENT_MODES)}; this request sets {', '.join(given) or 'none'}"
    raise invalid_argument(FieldViolation(given[0] if given else "body", description))


def read_nodes_creation(fields: Fields, mode: CreateMode) -> NodesCreation:
    """Read what a create request asks in its mode."""
    creation = _read_creation(fields, mode)
    fields.ignore_rest()
    return creation


def read_nodes_look(fields: Fields) -> NodesLook:
    """Read a poll, from a JSON body or from query parameters alike."""
    look = NodesLook(fields.required_string("query_result_id"), _read_page(fields))
    fields.ignore_rest()
    return look


def read_cancelled(fields: Fields) -> str:
    """Read which nodes query to cancel, by its id."""
    query_id = fields.required_string("query_result_id")
    fields.ignore_rest()
    return query_id


def read_asked_spec(fields: Fields) -> AskedSpec:
    """Read a spec and keep it as it was sent."""
    return AskedSpec(read_query_spec(fields), fields.as_sent)


def read_order_option(options: Fields) -> str:
    """Read the options that stand beside a spec, of which its order is the one that counts.

    :param options: the query string of the synchronous endpoint, or the fields beside the body of the asynchronous one.
    """
    options.refuse(_NOT_EVALUATED_OPTIONS)
    return options.string("order_by")


def read_ordered_spec(fields: Fields, order: str) -> AskedSpec:
    """Read a spec that is to be in this order, or in its own if it is empty."""
    return read_asked_spec(fields.replaced({"order_by": order}) if order else fields)


def read_live_options(parameters: Fields, note: RequestNote) -> tuple[str, PageRequest]:
    """Read what the query string of a synchronous query says: its order, and which page of rows is wanted."""
    page = read_noted_page(parameters, note)
    order = read_order_option(parameters)
    parameters.ignore_rest()
    return order, page


def read_spec_and_page(fields: Fields, note: RequestNote) -> tuple[AskedSpec, PageRequest]:
    """Read a spec beside which stands the page of rows that is wanted."""
    fields.is_a("QuerySpecAndPage")
    paging, spec = fields.parted(PAGE_FIELDS)
    page = read_noted_page(paging, note)
    return read_asked_spec(spec), page


def read_noted_page(fields: Fields, note: RequestNote) -> PageRequest:
    """Read which page of rows is wanted, and note it for the journal."""
    page = _read_page(fields)
    note.page_size, note.page_token = fields.raw("page_size"), page.token or None
    return page


def _read_creation(fields: Fields, mode: CreateMode) -> NodesCreation:
    if mode is CreateMode.REQUEST:
        fields.deprecate([mode])
        return RunNow(_read_wrapped_spec(fields))
    options = fields.required_child(mode)
    if mode is CreateMode.CACHED_RESULT_CONTEXT:
        cache_id = options.required_string("cache_id")
        options.ignore_rest()
        return AttachToCache(cache_id)
    asked = _read_wrapped_spec(options)
    max_staleness = _read_staleness(options) if mode is CreateMode.CACHED_RESULT_IF_AVAILABLE else None
    options.ignore_rest()
    return RunNow(asked) if max_staleness is None else RunUnlessCached(asked, max_staleness)


def _read_wrapped_spec(fields: Fields) -> AskedSpec:
    request = fields.required_child("request")
    asked = read_ordered_spec(request.required_child("body"), read_order_option(request))
    request.ignore_rest()
    return asked


def _read_page(fields: Fields) -> PageRequest:
    return PageRequest(size=fields.count("page_size", DEFAULT_PAGE_SIZE), token=fields.string("page_token"))


def _read_staleness(fields: Fields) -> timedelta:
    text = fields.matching("max_staleness", _DURATION, 'must be a duration in seconds such as "86400s"')
    return timedelta(seconds=float((text if _DURATION.fullmatch(text) else _DEFAULT_STALENESS)[:-1]))
