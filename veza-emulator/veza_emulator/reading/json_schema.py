"""How JSON Schemas are written down here (2020-12, as OpenAPI 3.1 takes them); no schema of anything in particular enters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]
"""A JSON Schema."""

ANYTHING: Schema = {}
STRING: Schema = {"type": "string"}
BOOLEAN: Schema = {"type": "boolean"}
NAME: Schema = {"type": "string", "minLength": 1}
NUMBER: Schema = {"type": "number"}
POSITIVE: Schema = {"type": "number", "minimum": 0, "exclusiveMaximum": 1e9}
POSITIVE_OR_NULL: Schema = {**POSITIVE, "type": ["number", "null"]}
COUNT: Schema = {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]{0,18}$"}]}
"""A whole number, which Veza also takes as text."""


def ref(name: str) -> Schema:
    """Return the schema that refers to a named one."""
    return {"$ref": f"#/components/schemas/{name}"}


def object_of(properties: Mapping[str, Schema], *, required: Sequence[str] = ()) -> Schema:
    """Return the schema of an object; fields that it does not name may be there too."""
    return {"type": "object", "properties": dict(properties), "required": list(required)}


def list_of(items: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": items}
