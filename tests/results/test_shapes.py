"""Rows that go on as they began give the same columns as rows as objects do; all others are left to those."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_veza.async_query.layout import ColumnType, RowLayout
from airflow_provider_veza.async_query.rows import JsonRows, rows_in
from airflow_provider_veza.results.columns import Cells, Flattener
from airflow_provider_veza.results.shapes import ShapedRows

LAYOUT = RowLayout(prefixes={"source": "source_"}, types={"declared": ColumnType.JSON})
FIRST = [
    b'{"id":"a","n":1,"tags":["x"],"properties":{"name":"A","deep":{"er":{"est":1}}},"source":{"id":7},"declared":{"a":1}}',
    b'{"id":"b","n":2,"tags":[],"properties":{"name":"B","deep":{"er":{"est":2}}},"source":{"id":8},"declared":null}',
]
ALIKE = {
    "the same fields": FIRST[0],
    "another order": b'{"n":1,"id":"a","source":{"id":7},"tags":[],"properties":{"deep":{"er":{}},"name":"x"},"declared":1}',
    "fields that are missing": b'{"id":"a"}',
    "an object that is missing": b'{"id":"a","properties":{"name":"x"}}',
    "an empty object": b'{"id":"a","properties":{},"source":{}}',
    "nulls": b'{"id":null,"n":null,"tags":null,"properties":{"name":null}}',
    "values of other kinds": b'{"id":1,"n":"x","tags":0.5,"properties":{"name":[1,{"a":2}]},"declared":[1]}',
    "a name that comes twice": b'{"id":"a","id":"b","properties":{"name":"x"},"properties":{"deep":{"er":3}}}',
    "a name in escapes": rb'{"\u0069d":"a","prop\u0065rties":{"\u006eame":"x"}}',
    "blanks and line breaks": b'{ "id" :\n"a" ,\r\n"n": 1 }',
    "a large integer": b'{"id":18446744073709551615,"n":-9223372036854775808}',
    "an integer of forty digits": b'{"n":1234567890123456789012345678901234567890}',
    "fractions": b'{"n":1.0,"id":1e300}',
    "characters beyond ASCII": '{"id":"Amára 😀","n":"\\ud83d\\ude00"}'.encode(),
}
OTHERWISE = {
    "a new field": b'{"id":"a","new":1}',
    "a new field of an object": b'{"id":"a","properties":{"name":"x","new":1}}',
    "a value in the place of an object": b'{"id":"a","properties":"none"}',
    "a null in the place of an object": b'{"id":"a","source":null}',
    "an object in the place of a value": b'{"id":{"a":1}}',
    "half of a character": rb'{"id":"\ud83d"}',
    "a number beyond doubles": b'{"n":1e999}',
    "no number": b'{"n":nan}',
    "no object": b"[1]",
    "two in one": b'{"id":"a"}\n{"id":"b"}',
    "a half": b'{"id":"a"',
}


def learnt(flatten: Flattener, *texts: bytes) -> tuple[ShapedRows, frozenset[str]]:
    shaped, objects = ShapedRows(flatten), rows_in(texts)
    known = frozenset(flatten(objects))
    shaped.learn(objects)
    return shaped, known


def values_of(cells: dict[str, Cells] | None) -> dict[str, list[Any]]:
    """Return the columns that have a value."""
    assert cells is not None
    return {name: list(column.values) for name, column in cells.items() if any(v is not None for v in column.values)}


@pytest.mark.parametrize("case", ALIKE)
@pytest.mark.parametrize("only", [None, frozenset({"n", "properties.name", "source_id"})])
def test_rows_with_known_fields_give_what_flattening_gives(case: str, only: frozenset[str] | None) -> None:
    flatten = Flattener(LAYOUT, only)
    shaped, known = learnt(flatten, *FIRST)
    texts = [FIRST[1], ALIKE[case], FIRST[0]]
    cells, expected = shaped.cells(JsonRows(texts), known), flatten(rows_in(texts))

    assert values_of(cells) == values_of(expected)
    assert cells is not None
    assert all(cells[name].kinds == column.kinds for name, column in expected.items())


@pytest.mark.parametrize("case", OTHERWISE)
def test_rows_that_are_otherwise_are_left_to_flattening(case: str) -> None:
    shaped, known = learnt(Flattener(LAYOUT), *FIRST)

    assert shaped.cells(JsonRows([FIRST[0], OTHERWISE[case]]), known) is None


def test_a_field_that_was_an_object_in_some_rows_only_is_left_to_flattening_when_it_is_one() -> None:
    shaped, known = learnt(Flattener(LAYOUT), b'{"id":"a","owner":"x"}', b'{"id":"b","owner":{"id":"y"}}')

    assert values_of(shaped.cells(JsonRows([b'{"id":"c","owner":"z"}']), known)) == {"id": ["c"], "owner": ["z"]}
    assert shaped.cells(JsonRows([b'{"id":"c","owner":{"id":"z"}}']), known) is None


def test_a_column_without_a_place_in_the_table_is_left_to_flattening() -> None:
    shaped, known = learnt(Flattener(LAYOUT), *FIRST)

    assert shaped.cells(JsonRows(FIRST), known - {"n"}) is None


def test_nothing_is_expected_of_rows_that_lack_most_of_the_fields() -> None:
    texts = [b'{"id":"%d","f%d":1}' % (n, n) for n in range(9)]
    shaped, known = learnt(Flattener(LAYOUT), *texts)

    assert shaped.cells(JsonRows(texts), known) is None


def test_who_was_wrong_looks_again_after_some_groups_and_later_each_time() -> None:
    shaped, known = learnt(Flattener(LAYOUT), *FIRST)
    waits = []
    for _ in range(3):
        assert shaped.cells(JsonRows([OTHERWISE["a new field"]]), known) is None
        groups = 1
        shaped.learn(rows_in(FIRST))
        while not shaped.expects:
            shaped.learn(rows_in(FIRST))
            groups += 1
        waits.append(groups)

    assert waits == [3, 5, 9]


@pytest.mark.parametrize("name", ["a b", "class", "1", "é", "a.b", "", 'say "yes"', "back\\slash", "__init__"])
def test_any_name_of_a_field_gives_the_same(name: str) -> None:
    flatten = Flattener(LAYOUT)
    texts = list(JsonRows.of([{name: 1, "id": "a"}, {name: 2, "id": "b"}]).texts)
    shaped, known = learnt(flatten, *texts)
    cells = shaped.cells(JsonRows(texts), known)

    assert cells is None or values_of(cells) == values_of(flatten(rows_in(texts)))


KINDS = {
    "a text": (b'{"id":"a","x":"t"}', b'{"id":"b","x":"u"}'),
    "an integer": (b'{"id":"a","x":1}', b'{"id":"b","x":18446744073709551616}'),
    "a boolean": (b'{"id":"a","x":true}', b'{"id":"b","x":false}'),
    "a fraction": (b'{"id":"a","x":1.5}', b'{"id":"b","x":2.0}'),
    "a list": (b'{"id":"a","x":[]}', b'{"id":"b","x":[1]}'),
    "a null": (b'{"id":"a","x":null}', b'{"id":"b","x":null}'),
    "nothing": (b'{"id":"a","y":1}', b'{"id":"b"}'),
    "an object": (b'{"id":"a","x":{"y":1}}', b'{"id":"b","x":{"y":2}}'),
    "an object without fields": (b'{"id":"a","x":{}}', b'{"id":"b","x":{}}'),
}


@pytest.mark.parametrize("later", KINDS)
@pytest.mark.parametrize("before", KINDS)
def test_whatever_kind_follows_another_gives_what_flattening_gives_or_is_left_to_it(before: str, later: str) -> None:
    flatten = Flattener(LAYOUT)
    shaped, known = learnt(flatten, *KINDS[before])
    for texts in (KINDS[later], KINDS[before], KINDS[later] + KINDS[before]):
        cells, expected = shaped.cells(JsonRows(texts), known), flatten(rows_in(texts))

        assert cells is None or values_of(cells) == values_of(expected)
        assert cells is None or all(cells[name].kinds == column.kinds for name, column in expected.items())


def test_a_type_that_changes_is_expected_no_more_and_the_shape_stays() -> None:
    shaped, known = learnt(Flattener(LAYOUT), *FIRST)
    for case in ("values of other kinds", "fields that are missing", "an object that is missing", "the same fields"):
        assert shaped.cells(JsonRows([ALIKE[case]]), known) is not None
        assert shaped.expects
