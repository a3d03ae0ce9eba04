"""What schemathesis generates requests from: the OpenAPI document, with schemas of requests that keep examples small.

Answers are checked by schemas as they are in the document.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import schemathesis
from schemathesis import GenerationMode
from schemathesis.schemas import BaseSchema

from veza_emulator.openapi.document import openapi_document
from veza_emulator.openapi.requests import REQUESTS as READ

REQUEST_COMPONENTS = frozenset(READ.named)
REQUEST_PARTS = ("parameters", "requestBody")

# What means something to the tenant, where it would refuse almost any other text.
PLAUSIBLE = {
    "filter": {"enum": ["", 'name eq "known"']},
    "node_type": {"enum": ["OktaUser", "S3Bucket", "IdPUser", "NoSuchType"]},
    "order_by": {"enum": ["", "risk_score", "destination_node_count DESC"]},
    "page_token": {"const": ""},
    "property": {"enum": ["name", "is_active", "created_at", "mfa_factors"]},
    "result_order_by": {"enum": ["", "destination_node_count DESC"]},
    "snapshot_id": {"enum": ["", "0"]},
    "value": {"enum": [True, "Grace", 7]},
}
LIMITS = {"array": {"maxItems": 2}, "object": {"additionalProperties": False}}

Change = Callable[[Any], Any]


def narrowed(schema: Any) -> Any:
    """Return a schema with short lists and without unnamed fields, of which random requests would be made up otherwise."""
    kind = schema.get("type") if isinstance(schema, dict) else None
    inner = inside(narrowed, schema)
    return {**inner, **LIMITS.get(kind, {})} if isinstance(kind, str) else inner


def plausible(schema: Any) -> Any:
    """Return a schema, a parameter or a list of these, in which some fields have plausible values alone."""
    inner = inside(plausible, schema)
    if not isinstance(schema, dict):
        return inner
    if schema.get("in") == "query":
        return {**inner, "schema": PLAUSIBLE.get(schema["name"], inner["schema"])}
    if isinstance(inner.get("properties"), dict):
        fields = {name: PLAUSIBLE.get(name, value) for name, value in inner["properties"].items()}
        return {**inner, "properties": fields}
    return inner


def inside(change: Change, schema: Any) -> Any:
    """Return a schema with everything inside it changed."""
    if isinstance(schema, list):
        return [change(item) for item in schema]
    return {name: change(value) for name, value in schema.items()} if isinstance(schema, dict) else schema


def generating_from(change: Change) -> BaseSchema:
    """Return the document with everything changed that requests are made of."""
    document = openapi_document()
    components = document["components"]
    schemas = {
        name: change(schema) if name in REQUEST_COMPONENTS else schema for name, schema in components["schemas"].items()
    }
    paths = {
        path: {method: with_request(change, operation) for method, operation in methods.items()}
        for path, methods in document["paths"].items()
    }
    changed = {**document, "paths": paths, "components": {**components, "schemas": schemas}}
    return schemathesis.openapi.from_dict(changed)


def with_request(change: Change, operation: dict[str, Any]) -> dict[str, Any]:
    """Return an operation with its request changed."""
    return {name: change(part) if name in REQUEST_PARTS else part for name, part in operation.items()}


REQUESTS = {
    GenerationMode.POSITIVE: generating_from(lambda schema: plausible(narrowed(schema))),
    GenerationMode.NEGATIVE: generating_from(narrowed),
}
"""The document to generate requests from that keep to it, and requests that do not."""
