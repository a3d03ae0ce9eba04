"""Every enum of a query spec may come as a number: found by walking what the reader reads, so that none is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from veza_emulator.query.spec import read_query_spec
from veza_emulator.reading.fields import Fields, Findings
from veza_emulator.reading.shapes import RequestSchemas

NUMBERED = {"fn": 5, "op": 5}
"""How many numbers are known of an enum that has more names than that."""

SCHEMAS = RequestSchemas()
SCHEMAS.of(read_query_spec)

Path = tuple[str, ...]


def enums(schema: Any, path: Path = (), seen: frozenset[str] = frozenset()) -> Iterator[tuple[Path, list[str]]]:
    """Yield the path of each enum, in which [] stands for the one element of a list."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in seen:
            yield from enums(SCHEMAS.named[name], path, seen | {name})
    if "enum" in schema:
        yield path, schema["enum"]
    for name, inner in schema.get("properties", {}).items():
        yield from enums(inner, (*path, name), seen)
    if "items" in schema:
        yield from enums(schema["items"], (*path, "[]"), seen)


ENUMS = dict(enums(SCHEMAS.named["QuerySpec"]))


def spec_with(path: Path, value: object) -> Any:
    """Return a spec that says nothing."""
    if not path:
        return value
    inner = spec_with(path[1:], value)
    return [inner] if path[0] == "[]" else {path[0]: inner}


def read(spec: dict[str, Any]) -> tuple[str, list[str]]:
    findings = Findings()
    canonical = read_query_spec(Fields(spec, findings)).canonical()
    return canonical, [violation.field for violation in findings.violations]


@pytest.mark.parametrize("path", ENUMS, ids=".".join)
def test_a_number_of_an_enum_reads_as_the_name_at_its_place(path: Path) -> None:
    names = ENUMS[path][: NUMBERED.get(path[-1])]
    assert names
    if "tag_specs" in path:
        names = ["EQ"]
    for number, name in enumerate(names):
        assert read(spec_with(path, number)) == read(spec_with(path, name))


@pytest.mark.parametrize("path", ENUMS, ids=".".join)
@pytest.mark.parametrize("number", [-1, 99, True, 1.0])
def test_a_number_that_no_name_stands_for_is_refused(path: Path, number: object) -> None:
    wrong = ".".join(path).replace(".[]", "[0]")
    assert wrong in read(spec_with(path, number))[1]


def test_the_walk_finds_the_enums_that_there_are() -> None:
    assert {path[-1] for path in ENUMS} == {
        "constraint_type", "direction", "fn", "node_relationship_type", "nodes_operator", "op", "operator", "query_type",
        "result_value_type", "value_as",
    }  # fmt: skip
