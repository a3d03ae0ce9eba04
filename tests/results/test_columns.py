"""Nested rows become columns by one rule, whatever the groups in which they come."""

from __future__ import annotations

import doctest
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_veza.async_query.layout import ColumnType, RowLayout
from airflow_provider_veza.exceptions import ColumnError
from airflow_provider_veza.results import columns
from airflow_provider_veza.results.columns import Cells, Flattener

REPEATABLE = settings(deadline=None, derandomize=True)
PATHS = RowLayout(prefixes={"source": "source_", "destination": "destination_"})

Rows = list[dict[str, Any]]
SCALARS = st.none() | st.integers() | st.text(max_size=3)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
ROWS = st.lists(st.dictionaries(st.sampled_from(["a", "b", "source"]), VALUES, max_size=3), max_size=6)


def values_by_column(rows: Rows, layout: RowLayout = PATHS, only: set[str] | None = None) -> dict[str, list[Any]]:
    return {name: list(cells.values) for name, cells in Flattener(layout, only)(rows).items()}


def fields_of_one_row(fields: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """The rule once more, a row at a time and with no other aim than to be seen to be right."""
    for name, value in fields.items():
        path = (*above, name)
        if isinstance(value, dict) and len(path) < PATHS.depth:
            yield from fields_of_one_row(value, path)
        elif path[0] in PATHS.prefixes and len(path) > 1:
            yield PATHS.prefixes[path[0]] + ".".join(path[1:]), value
        else:
            yield ".".join(path), value


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([{"id": "a"}, {"id": "b"}], {"id": ["a", "b"]}, id="fields are columns"),
        pytest.param([{"id": "a"}, {}], {"id": ["a", None]}, id="a missing field is null"),
        pytest.param([{"stats": None}], {"stats": [None]}, id="a column of nulls is a column"),
        pytest.param(
            [{"properties": {"name": "Ana", "mfa": True}}],
            {"properties.name": ["Ana"], "properties.mfa": [True]},
            id="an object's fields have dotted names",
        ),
        pytest.param(
            [{"source": {"id": "u", "properties": {"name": "Ana"}}}],
            {"source_id": ["u"], "source_properties.name": ["Ana"]},
            id="a prefix replaces the first name and its dot",
        ),
        pytest.param([{"source": "u"}], {"source": ["u"]}, id="a prefix is for objects"),
        pytest.param([{"permissions": ["r", "w"]}], {"permissions": [["r", "w"]]}, id="a list is one column"),
        pytest.param([{"tags": [{"key": "k"}]}], {"tags": [[{"key": "k"}]]}, id="so is a list of objects"),
        pytest.param([{"a": {"b": {"c": {"d": 1}}}}], {"a.b.c": [{"d": 1}]}, id="three names are the most"),
        pytest.param([{"id": 1, "properties": {}}], {"id": [1]}, id="an empty object is no column"),
        pytest.param([{}, {}], {}, id="no fields, no columns"),
        pytest.param([], {}, id="no rows, no columns"),
        pytest.param(
            [{"owner": "bob"}, {"owner": {"id": 7}}],
            {"owner": ["bob", None], "owner.id": [None, 7]},
            id="a value and an object under one name are two columns",
        ),
        pytest.param(
            [{"stats": None}, {"stats": {"count": 7}}],
            {"stats": [None, None], "stats.count": [None, 7]},
            id="so are a null that was sent and an object",
        ),
        pytest.param(
            [{}, {"stats": {"count": 7}}], {"stats.count": [None, 7]}, id="but a field that was not sent is no column"
        ),
        pytest.param(
            [{"a": 1, "b": 2}, {"b": 3, "c": 4}, {"b": 5, "a": 6}],
            {"a": [1, None, 6], "b": [2, 3, 5], "c": [None, 4, None]},
            id="rows may have different fields in any order",
        ),
        pytest.param([{"a": 1, "b": 2}, {"b": 3, "a": 4}], {"a": [1, 4], "b": [2, 3]}, id="same fields, other order"),
    ],
)
def test_the_rule(rows: Rows, expected: dict[str, list[Any]]) -> None:
    found = values_by_column(rows)

    assert found == expected
    assert list(found) == list(expected)


def test_an_object_that_is_declared_json_is_one_column() -> None:
    layout = RowLayout(types={"unsupported_conditions": ColumnType.JSON})
    rows = [{"unsupported_conditions": {"any name": {"conditions": ["c"]}}}]

    assert values_by_column(rows, layout) == {"unsupported_conditions": [{"any name": {"conditions": ["c"]}}]}


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ({"properties.name"}, {"properties.name": ["Ana"]}),
        ({"properties"}, {"properties": [{"name": "Ana", "mfa": True}]}),
        ({"properties", "properties.mfa"}, {"properties": [{"name": "Ana", "mfa": True}], "properties.mfa": [True]}),
        ({"no such"}, {}),
    ],
    ids=["a field of an object", "a whole object", "both", "a name that is not there"],
)
def test_only_what_is_asked_for_becomes_a_column(only: set[str], expected: dict[str, list[Any]]) -> None:
    rows = [{"id": "a", "properties": {"name": "Ana", "mfa": True}}]

    assert values_by_column(rows, only=only) == expected


@pytest.mark.parametrize(
    "groups",
    [
        [[{"a.b": 1, "a": {"b": 2}}]],
        [[{"a.b": 1}, {"a": {"b": 2}}]],
        [[{"a.b": 1}], [{"a": {"b": 2}}]],
    ],
    ids=["in one row", "in two rows", "in two groups"],
)
def test_two_fields_that_would_become_one_column_are_an_error_that_names_both(groups: list[Rows]) -> None:
    flatten = Flattener(PATHS)

    with pytest.raises(
        ColumnError, match=r"Column 'a\.b': the fields 'a\.b' and 'a' > 'b' would both become"
    ) as failed:
        for rows in groups:
            flatten(rows)
    assert (failed.value.column, failed.value.heals) == ("a.b", False)


def test_a_prefix_that_makes_two_fields_one_column_is_an_error_too() -> None:
    with pytest.raises(ColumnError, match="'source' > 'id' and 'source_id' would both become"):
        values_by_column([{"source": {"id": 1}, "source_id": 2}])


def test_columns_that_nobody_asked_for_cannot_clash() -> None:
    assert values_by_column([{"a.b": 1, "a": {"b": 2}, "id": 3}], only={"id"}) == {"id": [3]}


@REPEATABLE
@given(ROWS)
def test_every_value_is_in_its_column_and_there_is_nothing_else(rows: Rows) -> None:
    expected = [dict(fields_of_one_row(row)) for row in rows]
    found = values_by_column(rows)

    assert found.keys() == {name for fields in expected for name in fields}
    assert found == {name: [fields.get(name) for fields in expected] for name in found}


@REPEATABLE
@given(ROWS, st.integers(0, 6))
def test_groups_do_not_matter(rows: Rows, place: int) -> None:
    at_once, flatten = values_by_column(rows), Flattener(PATHS)
    parts = [(flatten(some), len(some)) for some in (rows[:place], rows[place:])]

    assert at_once.keys() == {name for part, _ in parts for name in part}
    for name, values in at_once.items():
        assert values == [v for part, n in parts for v in (part[name].values if name in part else [None] * n)]


@REPEATABLE
@given(st.lists(SCALARS))
def test_cells_know_the_kinds_of_their_values_and_which_are_there(values: list[Any]) -> None:
    cells = Cells.of(values)

    assert cells.kinds == {type(value) for value in values}
    assert list(cells.present) == [value for value in values if value is not None]


def test_the_examples_in_the_docstrings_are_true() -> None:
    assert doctest.testmod(columns).failed == 0
