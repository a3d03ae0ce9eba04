"""A spec whose text cannot be read is refused as one, whatever it holds, and whether it comes from a template or a file."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_veza.exceptions import QuerySpecError
from airflow_provider_veza.operators.spec_text import parsed_spec

UNREADABLE = [
    "[" * 100_000,
    "a: " + "{b: " * 100_000,
    "- " * 2_000 + "a",
    "a: !!timestamp x",
    "a: !!int ''",
    "a: !!binary aGk=",
    "!!python/object:os.system {}",
    "{1: 2",
    "{" + "'a': {" * 300,
    "{{}: 1}",
    "\x00",
    "plain",
    '"{\\"a\\": 1}"',
]


@pytest.mark.parametrize("file", ["", "spec.json", "spec.yaml", "spec.yml"])
@pytest.mark.parametrize("text", UNREADABLE, ids=lambda text: text[:20])
def test_what_is_no_spec_is_a_spec_error(text: str, file: str) -> None:
    with pytest.raises(QuerySpecError, match=r"\(the rendered text\)"):
        parsed_spec(text, file)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('{"a": "NO", "b": 1e3, "c": "1_000"}', {"a": "NO", "b": 1000.0, "c": "1_000"}),
        ('\ufeff{"a"\n:\t"\U0001f600"}', {"a": "\U0001f600"}),
        ('{"a": "\\ud83d\\ude00", "b": "\\/"}', {"a": "\U0001f600", "b": "/"}),
        ("{'a': None, 'b': [True, 1.5], 'c': ('x',)}", {"a": None, "b": [True, 1.5], "c": ["x"]}),
        ("{'it': \"it's\", 'n': 'None'}", {"it": "it's", "n": "None"}),
    ],
)
def test_text_is_json_or_a_python_dict_and_is_read_exactly(text: str, read: Any) -> None:
    assert parsed_spec(text) == parsed_spec(text, "spec.json") == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("country: NO", "NO"),
        ("answer: [yes, No, on, off, y, n]", ["yes", "No", "on", "off", "y", "n"]),
        ("most: 1e3", 1000.0),
        ("time: 12:30:45", "12:30:45"),
        ("id: 012345678901", "012345678901"),
        ("mode: 0o17", "0o17"),
        ("hex: 0x1F", "0x1F"),
        ("count: 1_000", "1_000"),
        ("day: 2026-01-01", "2026-01-01"),
        ("at: 2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("odd: [.inf, .nan, +1, =]", [".inf", ".nan", "+1", "="]),
        ("as in JSON: [true, false, null, 7, -1.5]", [True, False, None, 7, -1.5]),
        ("nothing: [~, null]", [None, None]),
        ("quoted: ['7', \"true\"]", ["7", "true"]),
        ("tagged: !!str 7", "7"),
        ("merged: {<<: {a: 1}, b: 2}", {"a": 1, "b": 2}),
        ('{"json": {"NO": 1}}', {"NO": 1}),
    ],
)
@pytest.mark.parametrize("file", ["a.yaml", "a.yml"])
def test_yaml_of_a_file_has_the_values_of_json_and_no_others(text: str, read: Any, file: str) -> None:
    (value,) = parsed_spec(text, file).values()
    assert (value, type(value)) == (read, type(read))


@pytest.mark.parametrize("file", ["", "spec.json"])
def test_yaml_that_comes_from_no_yaml_file_is_refused_with_what_to_write(file: str) -> None:
    with pytest.raises(QuerySpecError, match=r"YAML is read from \.yaml and \.yml files only, .* \| tojson"):
        parsed_spec("a: [x, y]", file)
