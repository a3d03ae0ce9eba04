"""Bodies and parameters of operations, taken from the functions that read them; what a parameter is for is said here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from veza_emulator.openapi.operations import Body, Parameter
from veza_emulator.reading.fields import Fields
from veza_emulator.reading.shapes import Read, RequestSchemas, shape_of
from veza_emulator.tenant.journal import RequestNote

REQUESTS = RequestSchemas()
"""The schemas of all bodies; the document shows the named ones."""

_WORDS: Mapping[str, str] = {
    "filter": 'name eq "some name"',
    "force": "Also if the query is part of a report",
    "include_all_destination_tags_in_results": "All tags of the destinations are shown",
    "include_all_source_tags_in_results": "All tags of the sources are shown",
    "include_inactive_queries": "Also queries that name a node type which the tenant does not have",
    "include_inactive_reports": "Also reports whose queries are all inactive",
    "order_by": "destination_node_count ASC or DESC, risk_score ASC or DESC",
    "page_size": "Rows a page; a size past the maximum reads as the maximum",
    "page_token": "The next_page_token of the page before",
    "properties_to_get": "Which properties of the sources are shown",
    "query_result_id": "The id from the submit",
    "result_order_by": "Fields of a row, each with ASC or DESC, as SQL's ORDER BY takes them",
    "snapshot_id": "The tenant as it once was",
    "source_node_id": "The id of the source",
}
"""What each parameter is for; one that a reader comes to read must be added."""


def body_of(read: Read, *, required: bool = True) -> Body:
    """Return the body that a function reads."""
    return Body(REQUESTS.of(read), required=required)


def body_of_one(reads: Sequence[Read]) -> Body:
    """Return the body that one of several functions reads."""
    return Body(REQUESTS.one_of(reads))


def parameters_of(read: Read) -> tuple[Parameter, ...]:
    """Return the query parameters that a function reads."""
    shape = shape_of(read)
    schemas = shape.fields(REQUESTS.named)
    return tuple(Parameter(name, _WORDS[name], schema, shape.must_have(name)) for name, schema in schemas.items())


def noting(read: Callable[[Fields, RequestNote], object]) -> Read:
    """Return a function that reads as this one does, and whose note nobody sees."""
    return lambda fields: read(fields, RequestNote())
