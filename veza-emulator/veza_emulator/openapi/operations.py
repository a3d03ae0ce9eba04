"""What an operation of the emulator promises, as data beside its route; `document` is made of these.

Each room declares its own operations (`query_operations`, `admin_operations`, ...) and adds them to
`document.OPERATIONS`. A route without an operation, or an operation without a route, fails `test_openapi`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from veza_emulator.reading.json_schema import BOOLEAN, STRING, Schema, list_of, object_of, ref

_PATH_PARAMETER = re.compile(r"\{([a-z_]+)\}")


def page_of(items: Schema) -> Schema:
    """Return the schema of a page of a list."""
    page = {"values": list_of(items), "next_page_token": STRING, "has_more": BOOLEAN}
    return object_of(page, required=list(page))


NOTHING: Schema = object_of({})
"""An object that says nothing, such as the answer to a deletion."""


@dataclass(frozen=True)
class Parameter:
    """One query parameter."""

    name: str
    description: str
    schema: Schema = field(default_factory=lambda: STRING)
    required: bool = False

    def render(self) -> dict[str, Any]:
        """Return the parameter as OpenAPI writes it."""
        return {
            "name": self.name,
            "in": "query",
            "description": self.description,
            "required": self.required,
            "schema": self.schema,
        }


@dataclass(frozen=True)
class Answer:
    """The successful answer of an operation; without a schema it has no body."""

    description: str
    schema: Schema | None = None
    media_type: str = "application/json"

    def render(self) -> dict[str, Any]:
        """Return the answer as OpenAPI writes it."""
        if self.schema is None:
            return {"description": self.description}
        return {"description": self.description, "content": {self.media_type: {"schema": self.schema}}}


@dataclass(frozen=True)
class Body:
    """The body that an operation reads."""

    schema: Schema
    media_type: str = "application/json"
    required: bool = True

    def render(self) -> dict[str, Any]:
        """Return the body as OpenAPI writes it."""
        return {"required": self.required, "content": {self.media_type: {"schema": self.schema}}}


@dataclass(frozen=True)
class Operation:
    """One method of one path, from the root of the server; the parameters of the path are read from the path.

    :param id: the name of the operation: Veza's own where its documents give one.
    :param description: where the operation is known from, and what of it is inferred.
    :param errors: the schema of every answer that is not the successful one.
    :param needs_key: whether a request without a credential is refused.
    """

    id: str
    method: str
    path: str
    summary: str
    answer: Answer
    description: str = ""
    query: tuple[Parameter, ...] = ()
    body: Body | None = None
    errors: Answer = Answer("Default error response", ref("Error"))
    needs_key: bool = True

    def render(self, tag: str) -> dict[str, Any]:
        """Return the operation as OpenAPI writes it."""
        rendered: dict[str, Any] = {
            "operationId": self.id,
            "tags": [tag],
            "summary": self.summary,
            "description": self.description,
            "parameters": [*self._path_parameters(), *(parameter.render() for parameter in self.query)],
            "responses": {"200": self.answer.render(), "default": self.errors.render()},
            "security": [{"bearer": []}] if self.needs_key else [],
        }
        return rendered if self.body is None else {**rendered, "requestBody": self.body.render()}

    def _path_parameters(self) -> list[dict[str, Any]]:
        schema = {"type": "string", "minLength": 1}
        return [
            {"name": name, "in": "path", "required": True, "schema": schema}
            for name in _PATH_PARAMETER.findall(self.path)
        ]
