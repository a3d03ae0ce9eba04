"""Pages land in Parquet as the same columns and values whether they are as the pages before or looked at value by value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_veza.async_query.layout import ColumnType, RowLayout
from airflow_provider_veza.async_query.rows import JsonRows
from airflow_provider_veza.exceptions import AsyncQueryError
from airflow_provider_veza.results.formats import arrow
from airflow_provider_veza.results.formats.arrow import Arrays, array_of
from airflow_provider_veza.results.formats.format import Format
from airflow_provider_veza.results.formats.known_formats import output_format
from airflow_provider_veza.results.formats.moment_spelling import one_by_one, runs_of
from airflow_provider_veza.results.formats.table import Tabulator
from airflow_provider_veza.results.manifest import Columns

LAYOUT = RowLayout(
    prefixes={"source": "source_"},
    types={"id": ColumnType.STRING, "count": ColumnType.INT64, "any": ColumnType.JSON},
)
USUAL = {
    "id": ['"a"', '"bc"', '"\\u0000"', '"é"', '""'],
    "count": ["6", "0", "-1"],
    "seen": ['"2026-01-31T12:00:00Z"', '"2025-02-28T23:59:59Z"'],
    "at": ['"2026-01-31T12:00:00.250Z"', '"2024-02-29T00:00:00.000Z"'],
    "flag": ["true", "false"],
    "share": ["0.5", "-2.5e3"],
    "tags": ["[]"],
    "properties": ['{"name":"x","used":"2026-01-31T12:00:00Z"}', '{"name":"yz","used":"2026-01-30T12:00:00Z"}'],
    "source": ['{"id":"s"}'],
}
"""Values of each field, as most pages have them."""
SPOILERS = [
    *("null", "{}", '["r"]', '[1.0,{"a":null}]', '{"name":{"er":{"est":1}}}', '{"new":1}', '{"name":null}'),
    *(
        "1",
        "1.0",
        "-0",
        "-0.0",
        "1e2",
        "1e21",
        "1e999",
        "9007199254740993",
        "9223372036854775807",
        "18446744073709551615",
    ),
    *("1234567890123456789012345678901234567890", "NaN", "-Infinity", "01", "1.", "+1", "tru"),
    *('"6"', '"06"', '"true"', '"[]"', '"a\\"b"', '"\\ud83d\\ude00"', '"\\ud83d"', '"\\udc00"', '"\\ud83dx"', '"\t"'),
    *('"2026-01-31"', '"2026-01-31T12:00:00+02:00"', '"2026-02-30T12:00:00Z"', '"2026-01-31T24:00:00Z"'),
    *('"2026-01-31T12:00:00.123456789Z"', '"2026-01-31 12:00:00Z"', '"0000-01-01T00:00:00Z"', '"2026-01-31T12:00:60Z"'),
]
NAMES = {"id": "\\u0069d", "properties": "prop\\u0065rties"}


@st.composite
def page(draw: st.DrawFn) -> list[bytes]:
    """Draw rows of the usual fields, of which at most a few are spoilt."""
    rows = [
        [(name, draw(st.sampled_from(values))) for name, values in USUAL.items()]
        for _ in range(draw(st.integers(1, 3)))
    ]
    for _ in range(draw(st.integers(0, 2))):
        draw(st.sampled_from(SPOILS))(draw, draw(st.sampled_from(rows)))
    return [text_of_row(row) for row in rows]


def text_of_row(fields: Iterable[tuple[str, str]]) -> bytes:
    return ("{" + ",".join(f'"{name}":{value}' for name, value in fields) + "}").encode()


def another_value(draw: st.DrawFn, row: list[tuple[str, str]]) -> None:
    place = draw(st.integers(0, len(row) - 1))
    row[place] = (row[place][0], draw(st.sampled_from(SPOILERS)))


def missing(draw: st.DrawFn, row: list[tuple[str, str]]) -> None:
    if len(row) > 1:
        row.pop(draw(st.integers(0, len(row) - 1)))


def a_new_field(draw: st.DrawFn, row: list[tuple[str, str]]) -> None:
    row.insert(draw(st.integers(0, len(row))), (draw(st.sampled_from(["late", "Id"])), draw(st.sampled_from(SPOILERS))))


def twice(draw: st.DrawFn, row: list[tuple[str, str]]) -> None:
    name = draw(st.sampled_from(row))[0]
    row.append((name, draw(st.sampled_from(USUAL.get(name, SPOILERS)))))


def another_order(draw: st.DrawFn, row: list[tuple[str, str]]) -> None:
    row[:] = draw(st.permutations(row))


def an_escaped_name(_: st.DrawFn, row: list[tuple[str, str]]) -> None:
    row[:] = [(NAMES.get(name, name), value) for name, value in row]


SPOILS = [another_value, another_value, another_value, missing, a_new_field, twice, another_order, an_escaped_name]
Landed = tuple[Columns, list[Any], dict[str, list[str]]]


def landed(arrays: Arrays) -> Landed:
    """Return the columns, the rows, and how the date-times in them are spelled."""
    for array in arrays.present.values():
        array.validate(full=True)
    names = [column.name for column in arrays.columns]
    values = [column.to_pylist() for column in _without_zones(arrays).columns]
    rows = [repr(list(zip(names, row, strict=True))) for row in zip(*values, strict=True)]
    spellings = {
        names[place]: [how for _, how in zip(range(arrays.rows), one_by_one(runs), strict=False)]
        for place, runs in arrays.spellings.items()
        if arrays.present[place].null_count < arrays.rows
    }
    return arrays.columns, rows, spellings


def _without_zones(arrays: Arrays) -> pa.RecordBatch:
    batch = arrays.batch()
    fields = [
        field.with_type(pa.timestamp("us")) if pa.types.is_timestamp(field.type) else field for field in batch.schema
    ]
    return batch.cast(pa.schema(fields))


def slow_way(texts: Sequence[bytes], columns: Columns) -> Arrays:
    """Return the rows by a table that expects nothing of them, and each array by itself."""
    table = Tabulator(LAYOUT, None).table(JsonRows(texts), columns)
    types = {place: table.columns[place].type for place, _ in table.present}
    present = {place: array_of(cells, types[place]) for place, cells in table.present}
    spellings = {p: runs_of(cells.values) for p, cells in table.present if types[p] is ColumnType.TIMESTAMP}
    return Arrays(table.rows, table.columns, present, spellings)


def require_same(pages: Sequence[Sequence[bytes]]) -> None:
    """Compare both ways, page by page up to an error, which ends a landing."""
    form = output_format("parquet", layout=LAYOUT)
    columns: Columns = ()
    for texts in pages:
        fast = outcome(partial(fast_way, form, texts, columns))

        assert fast == outcome(partial(slow_way, texts, columns))
        if isinstance(fast, type):
            return
        columns = fast[0]


def fast_way(form: Format, texts: Sequence[bytes], columns: Columns) -> Arrays:
    """Return the rows as a landing has them."""
    arrays: Arrays = form.group(JsonRows(texts), columns).data
    return arrays


def outcome(of: Callable[[], Arrays]) -> Landed | type[Exception]:
    try:
        return landed(of())
    except AsyncQueryError as e:
        return type(e)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.lists(page(), min_size=1, max_size=5))
def test_pages_give_the_same_the_fast_way_and_the_slow_way(pages: list[list[bytes]]) -> None:
    require_same(pages)


@pytest.mark.parametrize("name", [*USUAL])
@pytest.mark.parametrize("spoiler", SPOILERS)
def test_one_other_value_after_usual_pages_gives_the_same(spoiler: str, name: str) -> None:
    first = {name: values[0] for name, values in USUAL.items()}
    usual, other = text_of_row(first.items()), text_of_row((first | {name: spoiler}).items())

    require_same([[usual], [usual, other], [usual]])


def test_usual_pages_are_read_the_fast_way(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [text_of_row((name, values[place % len(values)]) for name, values in USUAL.items()) for place in range(5)]
    form = output_format("parquet", layout=LAYOUT)
    columns = form.group(JsonRows(texts), ()).columns
    monkeypatch.delattr(Tabulator, "_cells_of_objects")
    monkeypatch.setattr(arrow, "runs_of", None)

    assert landed(form.group(JsonRows(texts), columns).data)[0] is columns
