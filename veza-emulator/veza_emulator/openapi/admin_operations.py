"""The operations under /_emulator as the OpenAPI document shows them; `http.endpoints.admin` serves them."""

from __future__ import annotations

from veza_emulator.openapi.operations import Answer, Body, Operation
from veza_emulator.openapi.requests import body_of
from veza_emulator.reading.fields import Fields
from veza_emulator.reading.json_schema import STRING, Schema, list_of, object_of
from veza_emulator.tenant.behaviours import Behaviour, read_behaviour, read_source_type
from veza_emulator.tenant.clock_steps import read_step
from veza_emulator.tenant.faults import read_fault
from veza_emulator.tenant.variant_choices import read_variants
from veza_emulator.variants import Variants

_ANY_OBJECT: Schema = object_of({})
_QUERY: Schema = object_of(
    {"id": STRING, "family": STRING, "state": STRING, "rows": {"type": "integer"}},
    required=["id", "family", "state", "rows"],
)
_FAULT: Schema = object_of({"kind": STRING, "match": _ANY_OBJECT}, required=["kind"])


def _read_variants(fields: Fields) -> None:
    read_variants(fields, Variants())


def _read_behaviour(fields: Fields) -> None:
    read_source_type(fields)
    read_behaviour(fields, Behaviour(duration=None))


def _operation(name: str, method: str, path: str, summary: str, answer: Schema, body: Body | None = None) -> Operation:
    return Operation(name, method, f"/_emulator{path}", summary, Answer(summary, answer), body=body, needs_key=False)


def _page_file(name: str, path: str, summary: str, media_type: str) -> Operation:
    answer = Answer(summary, STRING, media_type)
    return Operation(name, "GET", f"/_emulator{path}", summary, answer, needs_key=False)


ADMIN_OPERATIONS = (
    _page_file("getPage", "/", "The page for people", "text/html"),
    _page_file("getPageStyle", "/page.css", "How the page looks", "text/css"),
    _page_file("getPageScript", "/page.js", "What the page does", "text/javascript"),
    _operation(
        "getState",
        "GET",
        "/state",
        "How the tenant stands now, as the page shows it",
        object_of(
            {
                "query_counts": _ANY_OBJECT,
                "queries": list_of(_QUERY),
                "requests": {"type": "integer"},
                "requests_per_second": list_of({"type": "integer"}),
                "faults": list_of(_FAULT),
                "changed_variants": _ANY_OBJECT,
            },
            required=["query_counts", "queries", "requests", "requests_per_second", "faults", "changed_variants"],
        ),
    ),
    _operation(
        "tick",
        "POST",
        "/tick",
        "Move every running query one state further",
        object_of({"queries": list_of(_QUERY)}, required=["queries"]),
    ),
    _operation(
        "listVariants",
        "GET",
        "/variants",
        "How each switch stands, and what it can be set to",
        object_of({"variants": _ANY_OBJECT, "choices": _ANY_OBJECT}, required=["variants", "choices"]),
    ),
    _operation("setVariants", "POST", "/variants", "Set some switches", _ANY_OBJECT, body_of(_read_variants)),
    _operation(
        "getHealth",
        "GET",
        "/health",
        "That the tenant serves, and what it is",
        object_of({"status": STRING, "emulator": {"const": True}}, required=["status", "emulator"]),
    ),
    _operation(
        "getJournal",
        "GET",
        "/journal",
        "Every request of the API so far",
        object_of({"requests": list_of(_ANY_OBJECT)}, required=["requests"]),
    ),
    _operation(
        "listRuns",
        "GET",
        "/queries",
        "Every asynchronous query so far",
        object_of({"queries": list_of(_QUERY)}, required=["queries"]),
    ),
    _operation("finishRun", "POST", "/queries/{query_id}:finish", "End a running query at once", _QUERY),
    _operation(
        "setBehaviour",
        "POST",
        "/behaviour",
        "Set how new queries go",
        _ANY_OBJECT,
        body_of(_read_behaviour),
    ),
    _operation(
        "advanceClock",
        "POST",
        "/clock/advance",
        "Move the tenant's time forward",
        object_of({"now": STRING}, required=["now"]),
        body_of(read_step),
    ),
    _operation(
        "listFaults",
        "GET",
        "/faults",
        "The faults still to come",
        object_of({"faults": list_of(_FAULT)}, required=["faults"]),
    ),
    _operation("addFault", "POST", "/faults", "Queue a fault", _FAULT, body_of(read_fault)),
    _operation("clearFaults", "DELETE", "/faults", "Forget all faults still to come", _ANY_OBJECT),
)
