"""The same rows give the same values wherever parts and groups end: in our reader, and in engines that read the parts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import polars
import pyarrow as pa
import pyarrow.csv
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from airflow_provider_veza.async_query.layout import ColumnType, RowLayout
from airflow_provider_veza.async_query.rows import JsonRows
from airflow_provider_veza.results.formats.known_formats import FORMATS, output_format
from airflow_provider_veza.results.manifest import Columns
from airflow_provider_veza.results.schema import published
from results.formats.small_landing import Landed, MemoryPart, Row, widened

REPEATABLE = settings(deadline=None, derandomize=True, max_examples=100)
IN_ENGINES = settings(REPEATABLE, max_examples=25)
"""Each example lands and reads several files."""
TABLES = tuple(name for name, row in FORMATS.items() if row.has_columns)
LARGE = 2**53 + 1
DECLARED = {"count": ColumnType.INT64, "day": ColumnType.TIMESTAMP, "note": ColumnType.STRING, "any": ColumnType.JSON}

# One pool for each column, so that every two types meet in one, and a column that keeps its type is frequent too.
MOMENTS = st.sampled_from(
    [
        "2026-01-31T12:00:00Z",
        "2026-01-31T12:00:00.000Z",
        "2026-01-31T12:00:00.250Z",
        "2026-01-31T12:00:00.25Z",
        "2026-01-31T14:00:00+02:00",
        "2026-01-31T12:00:00.500000-00:00",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999Z",
    ]
)
NUMBERS = st.sampled_from([6, -6, 0, 2**53, LARGE, -LARGE, 2**63 - 1, 2**63, -(2**64), 0.5, 6.0, -0.0, 1e21, 5e-324])
TEXTS = st.sampled_from(
    ["", "x", "6", "06", "true", "[]", 'a,"b"', "two\r\nlines", " é", "2026-01-31", "9007199254740993"]
)
OTHERS = st.none() | st.booleans() | st.sampled_from([[], ["r", 1.0], [LARGE, {"a": None}], {}])
POOLS = (MOMENTS, MOMENTS | st.none(), MOMENTS | TEXTS, NUMBERS, NUMBERS | st.none(), NUMBERS | TEXTS, TEXTS, OTHERS)
ANYTHING = st.one_of(MOMENTS, NUMBERS, TEXTS, OTHERS)


@st.composite
def rows_of_few_columns(draw: st.DrawFn) -> list[Row]:
    names = draw(st.lists(st.sampled_from(["a", "b", "c", *DECLARED]), min_size=1, max_size=4, unique=True))
    pools = {name: draw(st.sampled_from([*POOLS, ANYTHING])) for name in names}
    inner = st.dictionaries(st.sampled_from("xy"), ANYTHING, max_size=2)
    fields = {name: pool | inner if draw(st.booleans()) else pool for name, pool in pools.items()}
    row = st.fixed_dictionaries({}, optional=fields).flatmap(lambda row: st.permutations(list(row.items()))).map(dict)
    return [{"id": n, **found} for n, found in enumerate(draw(st.lists(row, min_size=1, max_size=7)))]


LANDINGS = st.tuples(rows_of_few_columns(), st.sets(st.integers(1, 6)))
"""Rows, and where parts end."""


def every_widening() -> Iterator[tuple[str, tuple[list[Row], set[int]]]]:
    """Yield each two kinds of values, one after the other, with a part's end between them."""
    kinds: dict[str, Any] = {
        "nothing": None,
        "boolean": True,
        "integer": 6,
        "large integer": LARGE,
        "huge integer": 2**70,
        "fraction": 0.5,
        "whole fraction": 6.0,
        "moment": "2026-01-31T12:00:00.000Z",
        "text": "x",
        "list": ["r"],
    }
    for first, one in kinds.items():
        for then, other in kinds.items():
            yield f"{first}, {then}", ([{"id": 0, "v": one}, {"id": 1, "v": other}, {"id": 2, "v": one}], {1, 2})


def landed_in_parts(name: str, rows: Sequence[Row], ends: set[int]) -> Landed:
    """Land rows in parts that end before these rows, all made equal as the landing does it."""
    form = output_format(name, layout=RowLayout(types=DECLARED))
    parts: list[MemoryPart] = []
    columns: Columns = ()
    places = [0, *sorted(end for end in ends if end < len(rows)), len(rows)]
    for start, end in pairwise(places):
        group = form.group(JsonRows.of(rows[start:end]), columns)
        columns = group.columns
        file = BytesIO()
        part = MemoryPart(file, form.open(file, columns))
        part.writer.write(group)
        part.writer.close()
        parts.append(part)
    return Landed(form, published(columns), tuple(widened(form, part, columns) for part in parts))


def in_engine(engine: str, name: str, landed: Landed) -> list[Any]:
    """Return what an engine makes of the parts: values of Parquet with their types, fields of CSV as texts."""
    with TemporaryDirectory() as folder:
        for number, part in enumerate(landed.parts):
            (Path(folder) / f"part-{number:05}.{name}").write_bytes(part)
        return [list(row.items()) for row in ENGINES[engine, name](folder)]


def _duckdb(read: str) -> Any:
    def rows(folder: str) -> list[Row]:
        found = duckdb.sql(f"SELECT * FROM {read.format(f'{folder}/part-*')}")
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]

    return rows


def _pyarrow_csv(folder: str) -> list[Row]:
    parts = [path.read_bytes() for path in sorted(Path(folder).iterdir())]
    names = parts[0].split(b"\r\n", 1)[0].decode().split(",")
    as_text = pyarrow.csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, quoted_strings_can_be_null=False
    )
    lines = pyarrow.csv.ParseOptions(newlines_in_values=True)
    return [row for part in parts for row in pyarrow.csv.read_csv(BytesIO(part), None, lines, as_text).to_pylist()]


ENGINES: dict[tuple[str, str], Any] = {
    ("duckdb", "parquet"): _duckdb("read_parquet('{}')"),
    ("pyarrow", "parquet"): lambda folder: parquet.read_table(folder).to_pylist(),
    ("polars", "parquet"): lambda folder: polars.read_parquet(f"{folder}/part-*").to_dicts(),
    ("duckdb", "csv"): _duckdb(
        # Else the quote is guessed from the first part, which may have none.
        "read_csv('{}', all_varchar = true, allow_quoted_nulls = false, comment = '', header = true, quote = '\"')"
    ),
    ("pyarrow", "csv"): _pyarrow_csv,
}


@pytest.mark.parametrize("landing", [pytest.param(landing, id=name) for name, landing in every_widening()])
@pytest.mark.parametrize("name", TABLES)
def test_every_widening_gives_the_values_that_one_part_gives(name: str, landing: tuple[list[Row], set[int]]) -> None:
    rows, ends = landing
    apart, together = landed_in_parts(name, rows, ends), landed_in_parts(name, rows, set())

    assert (apart.columns, apart.rows) == (together.columns, together.rows)


@pytest.mark.parametrize("name", TABLES)
@REPEATABLE
@example(landing=([{"id": 0, "a": LARGE}, {"id": 1, "a": 0.5}], {1}))
@example(landing=([{"id": 0, "a": "2026-01-31T12:00:00.000Z"}, {"id": 1, "a": "never"}], {1}))
@example(landing=([{"id": 0, "a": {"x": 1}, "b": 1}, {"id": 1, "a": {"y": 1}}], {1}))
@given(landing=LANDINGS)
def test_where_parts_end_decides_nothing(name: str, landing: tuple[list[Row], set[int]]) -> None:
    rows, ends = landing
    apart, together = landed_in_parts(name, rows, ends), landed_in_parts(name, rows, set())

    assert (apart.columns, apart.rows) == (together.columns, together.rows)


@pytest.mark.parametrize("name", TABLES)
@IN_ENGINES
@given(landing=LANDINGS)
def test_where_parts_end_decides_nothing_in_engines_either(name: str, landing: tuple[list[Row], set[int]]) -> None:
    rows, ends = landing
    apart, together = landed_in_parts(name, rows, ends), landed_in_parts(name, rows, set())

    for engine in (engine for engine, form in ENGINES if form == name):
        assert in_engine(engine, name, apart) == in_engine(engine, name, together), engine


@REPEATABLE
@given(landing=LANDINGS)
def test_lines_are_the_same_bytes_wherever_parts_end(landing: tuple[list[Row], set[int]]) -> None:
    rows, ends = landing

    assert b"".join(landed_in_parts("jsonl", rows, ends).parts) == landed_in_parts("jsonl", rows, set()).parts[0]


@pytest.mark.parametrize("name", TABLES)
@REPEATABLE
@given(landing=LANDINGS)
def test_a_value_lands_exactly_or_as_its_text(name: str, landing: tuple[list[Row], set[int]]) -> None:
    """Texts stay as they were sent, also date-times in a column that becomes text, and integers keep every digit."""
    rows, ends = landing
    for row, found in zip(rows, landed_in_parts(name, rows, ends).rows, strict=True):
        for column, value in row.items():
            if isinstance(found.get(column), str) and isinstance(value, str):
                assert found[column] == value
            elif isinstance(value, int) and not isinstance(value, bool) and column != "any":
                assert json.loads(str(found[column])) == value
