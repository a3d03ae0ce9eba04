"""The double's answers against Elastic's own specification, so that no test relies on a shape that no server sends."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

SPECIFICATION = Path(__file__).parent / "esql_async_openapi.json"
"""The four calls of ``/_query/async``, derived from elastic/elasticsearch-specification (Apache-2.0)."""

_PLACES = {
    "result": ("/_query/async/{id}", "get", "200"),
    "error": ("/_query/async/{id}", "get", "default"),
    "deleted": ("/_query/async/{id}", "delete", "200"),
}


def validated(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return the body if the specification allows it.

    :raises jsonschema.ValidationError: otherwise.
    """
    _validator(kind).validate(body)
    return body


@cache
def _validator(kind: str) -> Draft202012Validator:
    specification = _readable(json.loads(SPECIFICATION.read_text(encoding="utf-8")))
    schemas = specification["components"]["schemas"]
    # A field may have several values; the specification does not say so, servers do.
    one = {"$ref": "#/components/schemas/_types.FieldValue"}
    several = {"anyOf": [one, {"type": "array", "items": one}, {"type": "object"}]}
    schemas["esql._types.EsqlResult"]["properties"]["values"]["items"]["items"] = several
    path, method, status = _PLACES[kind]
    schema = specification["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"]
    return Draft202012Validator({**schema, "components": specification["components"]})


def _readable(node: Any) -> Any:
    """Say `nullable` as JSON Schema does."""
    if isinstance(node, list):
        return [_readable(item) for item in node]
    if not isinstance(node, dict):
        return node
    read = {name: _readable(value) for name, value in node.items() if name != "nullable"}
    return {"anyOf": [read, {"type": "null"}]} if node.get("nullable") else read
