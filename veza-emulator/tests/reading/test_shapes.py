"""The schema of a request is that of its reader: what it says may come is read, and what is read it says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from veza_emulator.openapi.document import openapi_document
from veza_emulator.query.spec import read_query_spec
from veza_emulator.reading.fields import Fields, Findings
from veza_emulator.reading.json_schema import BOOLEAN, COUNT, list_of, object_of, ref
from veza_emulator.reading.shapes import RequestSchemas, shape_of
from veza_emulator.tenant.query_requests import read_nodes_look
from veza_emulator.tenant.saved_query_requests import read_report

SAMPLES = Path(__file__).parents[1] / "samples"


class Colour(StrEnum):
    RED = "RED"
    BLUE = "BLUE"


def read_light(fields: Fields) -> None:
    fields.is_a("Light")
    fields.required_string("name")
    fields.matching("name", re.compile("[a-z]+"), "has other characters")
    fields.enum("colour", Colour, Colour.RED, required=True)
    fields.boolean("on")
    fields.refuse(("dimmed",))
    fields.deprecate(("color",))
    fields.more_like_this("behind")
    fields.ignore_rest()


LIGHT = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "pattern": "^(?:[a-z]+)$"},
        "colour": {"enum": ["RED", "BLUE"]},
        "on": BOOLEAN,
        "behind": list_of(ref("Light")),
    },
    "required": ["name", "colour"],
}


def test_a_reader_gives_the_schema_of_what_it_reads_and_of_nothing_that_it_refuses_or_calls_deprecated() -> None:
    schemas = RequestSchemas()
    assert schemas.of(read_light) == ref("Light")
    assert schemas.named == {"Light": LIGHT}


def test_a_shape_without_a_name_stands_where_it_is_used() -> None:
    assert RequestSchemas().of(lambda fields: fields.count("size", 1)) == object_of({"size": COUNT})


def test_a_list_that_must_not_be_empty_says_so() -> None:
    shape = shape_of(lambda fields: [child.boolean("on") for child in fields.children("lights", required=True)])
    assert shape.fields({}) == {"lights": {**list_of(object_of({"on": BOOLEAN})), "minItems": 1}}
    assert shape.must_have("lights")


def test_two_shapes_of_one_name_are_refused() -> None:
    schemas = RequestSchemas()
    schemas.of(read_light)

    def read_another(fields: Fields) -> None:
        fields.is_a("Light")

    with pytest.raises(ValueError, match="two shapes of requests are called Light"):
        schemas.of(read_another)


def specs_of(body: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every query spec inside a sample."""
    if isinstance(body, dict):
        if "source_node_types" in body:
            yield body
        for inner in body.values():
            yield from specs_of(inner)


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("re*.json")), ids=lambda path: path.stem)
def test_every_documented_spec_that_the_reader_takes_is_valid_by_the_schema(sample: Path) -> None:
    document = openapi_document()
    schema = {**document["components"]["schemas"]["QuerySpec"], "components": document["components"]}
    for spec in specs_of(json.loads(sample.read_text())):
        findings = Findings()
        read_query_spec(Fields(spec, findings))
        if not findings.violations and not findings.deprecated and not with_numbers(spec):
            Draft202012Validator(schema).validate(said(spec))


def said(value: Any) -> Any:
    """Return a value without what is null in it, which reads as absent."""
    if isinstance(value, dict):
        return {name: said(inner) for name, inner in value.items() if inner is not None}
    return [said(inner) for inner in value] if isinstance(value, list) else value


def with_numbers(value: object) -> bool:
    """Tell whether enums come as numbers, as Veza's own built-in queries write them."""
    if isinstance(value, dict):
        enums = ("operator", "fn", "node_relationship_type", "query_type")
        return any(isinstance(value.get(name), int) for name in enums) or any(map(with_numbers, value.values()))
    return isinstance(value, list) and any(map(with_numbers, value))


@pytest.mark.parametrize(
    ("read", "body", "wrong"),
    [
        (read_nodes_look, {"page_size": "x", "page_token": 7}, {"query_result_id", "page_size", "page_token"}),
        (read_report, {"queries": [{}, {"query": 1}]}, {"name", "queries[0].query", "queries[1].query"}),
        (read_light, {"colour": "GREEN", "on": "yes"}, {"name", "colour", "on"}),
        (read_light, {"name": "UP"}, {"name", "colour"}),
    ],
)
def test_what_the_schema_refuses_the_reader_names_field_by_field(read: Any, body: Any, wrong: set[str]) -> None:
    findings = Findings()
    read(Fields(body, findings))
    assert {violation.field for violation in findings.violations} == wrong
    schemas = RequestSchemas()
    schema = schemas.of(read)
    assert not Draft202012Validator({**schema, "components": {"schemas": schemas.named}}).is_valid(body)
