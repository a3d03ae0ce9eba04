"""Why requests are read by functions and not by a model library: the same request by the reader, by pydantic and by msgspec.

Run it with an environment that has both libraries. What counts is in the last column: a caller is told all that is wrong with a
request at once. Types come first in a model library, and rules across fields only where every type was right.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from veza_emulator.query.spec import read_query_spec
from veza_emulator.reading.fields import Fields, Findings
from veza_emulator.tenant.query_requests import read_nodes_look

ROUNDS = 15
"""The fastest counts, in processor time, since others may be at work on the machine."""
LOOK = {"query_result_id": "0c7f9a52"}
SPEC = {
    "query_type": "SOURCE_TO_DESTINATION",
    "source_node_types": {
        "nodes": [
            {
                "node_type": "OktaUser",
                "condition_expression": {
                    "operator": "AND",
                    "specs": [
                        {"fn": "EQ", "property": "is_active", "value": True},
                        {"fn": "CONTAINS", "property": "name", "value": "a"},
                    ],
                },
            }
        ]
    },
    "relates_to_exp": {"specs": [{"node_types": {"nodes": [{"node_type": "S3Bucket", "node_id": "x"}]}}]},
}
WRONG = {
    "source_node_types": {"nodes": [{"node_type": 5}, {"node_type": "A", "condition_expression": {"not": True}}]},
    "result_value_type": "SOURCE_AND_DESTINATION_NODES",
    "include_nodes": "yes",
}
"""Two wrong types (`node_type`, `include_nodes`) and two broken rules: `not` over nothing, path rows without destinations."""


def _text(value: object) -> str:
    # Not pydantic's own text, which refuses a lone surrogate that Veza's API may echo.
    if value is None or isinstance(value, str):
        return value or ""
    raise PydanticCustomError("text", "must be a string")


def _name(value: object) -> str:
    text = _text(value)
    if not text:
        raise PydanticCustomError("name", "Cannot be empty")
    return text


def _count(value: object) -> int:
    number = int(value) if isinstance(value, str) and value.isdigit() else value
    if isinstance(number, int) and not isinstance(number, bool) and number >= 0:
        return number
    raise PydanticCustomError("count", "must be a whole number that is not negative")


def _flag(value: object) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    raise PydanticCustomError("flag", "must be true or false")


Text = Annotated[str, PlainValidator(_text), WithJsonSchema({"type": "string"})]
Name = Annotated[str, PlainValidator(_name), WithJsonSchema({"type": "string", "minLength": 1})]
Count = Annotated[int, PlainValidator(_count), WithJsonSchema({"type": "integer"})]
Flag = Annotated[bool, PlainValidator(_flag), WithJsonSchema({"type": "boolean"})]


class Model(BaseModel):
    """Keeps the fields that it does not know, which the journal names."""

    model_config = ConfigDict(extra="allow")


class Look(Model):
    """A poll."""

    query_result_id: Name = Field(default="", validate_default=True)
    page_size: Count = 100
    page_token: Text = ""


class Condition(Model):
    """One comparison."""

    property: Name = Field(default="", validate_default=True)
    fn: Text = "EQ"
    value: Any = None
    negated: Flag = Field(default=False, alias="not")


class Conditions(Model):
    """Comparisons under one operator."""

    specs: list[Condition] = []
    child_expressions: list[Conditions] = []
    operator: Text = "AND"
    negated: Flag = Field(default=False, alias="not")

    @model_validator(mode="after")
    def refuse_not_over_nothing(self) -> Conditions:
        """A rule across fields."""
        if self.negated and not (self.specs or self.child_expressions):
            raise PydanticCustomError("not", "stands over an empty expression")
        return self


class Node(Model):
    """Nodes of one type."""

    node_type: Name = Field(default="", validate_default=True)
    node_id: Text = ""
    condition_expression: Conditions | None = None


class Nodes(Model):
    """Nodes of several types."""

    nodes: list[Node] = []
    nodes_operator: Text = "OR"


class RelatesTo(Model):
    """What sources must relate to."""

    node_types: Nodes


class RelatesToExpression(Model):
    """Several of these under one operator."""

    specs: list[RelatesTo] = []
    operator: Text = "AND"


class Spec(Model):
    """A small part of a query spec."""

    source_node_types: Nodes
    relates_to_exp: RelatesToExpression | None = None
    query_type: Text = ""
    result_value_type: Text = ""
    include_nodes: Flag = False

    @model_validator(mode="after")
    def require_destinations(self) -> Spec:
        """A rule across fields."""
        if self.result_value_type == "SOURCE_AND_DESTINATION_NODES" and self.relates_to_exp is None:
            raise PydanticCustomError("rows", "needs destinations")
        return self


class LookStruct(msgspec.Struct):
    """A poll."""

    query_result_id: str
    page_size: int | str = 100
    page_token: str = ""


class NodeStruct(msgspec.Struct):
    """Nodes of one type, without their conditions."""

    node_type: str
    node_id: str = ""
    condition_expression: dict[str, Any] | None = None


class NodesStruct(msgspec.Struct):
    """Nodes of several types."""

    nodes: list[NodeStruct]


class SpecStruct(msgspec.Struct):
    """A small part of a query spec."""

    source_node_types: NodesStruct
    relates_to_exp: dict[str, Any] | None = None
    query_type: str = ""
    result_value_type: str = ""
    include_nodes: bool = False


def main() -> None:
    """Print a line for each way to read."""
    print("                 a poll      a spec      import   named of 4 violations")
    for way, (look, spec, named) in READERS.items():
        module = "veza_emulator.reading.fields" if way == "reader" else way
        costs = (f"{_microseconds(act):6.1f} us" for act in (look, spec))
        print(f"{way:12}  {'   '.join(costs)}   {_import_milliseconds(module):6.0f} ms   {named()}")


def _read(read: Callable[[Fields], object], body: Mapping[str, Any]) -> Findings:
    findings = Findings()
    read(Fields(body, findings))
    return findings


def _named_by_pydantic() -> int:
    try:
        Spec.model_validate(WRONG)
    except ValidationError as error:
        return error.error_count()
    return 0


def _named_by_msgspec() -> int:
    try:
        msgspec.convert(WRONG, SpecStruct)
    except msgspec.ValidationError:
        return 1  # It stops at the first.
    return 0


def _microseconds(act: Callable[[], object], calls: int = 3_000) -> float:
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(calls):
            act()
        times.append(time.process_time() - start)
    return min(times) / calls * 1e6


def _import_milliseconds(module: str) -> float:
    code = f"import time; start = time.process_time(); import {module}; print(time.process_time() - start)"
    return 1000 * min(float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(ROUNDS))


READERS: Mapping[str, tuple[Callable[[], object], Callable[[], object], Callable[[], int]]] = {
    "reader": (
        lambda: _read(read_nodes_look, LOOK),
        lambda: _read(read_query_spec, SPEC),
        lambda: len(_read(read_query_spec, WRONG).violations),
    ),
    "pydantic": (
        lambda: Look.model_validate(LOOK),
        lambda: Spec.model_validate(SPEC),
        _named_by_pydantic,
    ),
    "msgspec": (
        lambda: msgspec.convert(LOOK, LookStruct),
        lambda: msgspec.convert(SPEC, SpecStruct),
        _named_by_msgspec,
    ),
}

if __name__ == "__main__":
    main()
