"""CSV as RFC 4180 has it: what is in the file, to the byte, and that other readers see the same."""

from __future__ import annotations

import csv
import doctest
from io import BytesIO, StringIO
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_veza.async_query.layout import ColumnType
from airflow_provider_veza.exceptions import ManifestError
from airflow_provider_veza.results.columns import Cells
from airflow_provider_veza.results.formats import csv_text, text
from airflow_provider_veza.results.formats.csv_text import body, fields_in, fields_of, records_in
from airflow_provider_veza.results.formats.known_formats import output_format
from airflow_provider_veza.results.manifest import Column, Columns
from results.formats.small_landing import part_of

REPEATABLE = settings(deadline=None, derandomize=True)
CSV = output_format("csv")
TEXTS = st.none() | st.text(st.sampled_from('ab,"\r\n ;é\x00'), max_size=6) | st.text(max_size=6)
TABLES = st.integers(1, 4).flatmap(lambda width: st.lists(st.tuples(*[TEXTS] * width), min_size=1, max_size=5))


def text_of(*rows: dict[str, Any]) -> str:
    return part_of(CSV, rows).decode()


def columns_of(*names: str) -> Columns:
    return tuple(Column(name, ColumnType.STRING) for name in names)


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        (["plain", "Amára"], ["plain", "Amára"]),
        ([None, "x"], ["", "x"]),
        (["", None], ['""', ""]),
        ([True, False, None], ["true", "false", ""]),
        ([6, -6, 2**70], ["6", "-6", "1180591620717411303424"]),
        ([0.5, 6.0, 1e21], ["0.5", "6.0", "1e+21"]),
        ([6, 6.0, None], ["6", "6.0", ""]),
        ([True, 6, 6.0, "six", None], ["true", "6", "6.0", "six", ""]),
        (["a,b"], ['"a,b"']),
        (['say "yes"'], ['"say ""yes"""']),
        (["two\r\nlines", "a\nb", "a\rb"], ['"two\r\nlines"', '"a\nb"', '"a\rb"']),
        ([" spaces "], [" spaces "]),
        (["=1+1", "+1", "-1", "@SUM(A1)"], ["=1+1", "+1", "-1", "@SUM(A1)"]),
        (["2026-01-31T14:00:00.50+02:00"], ["2026-01-31T14:00:00.50+02:00"]),
        ([[], []], ["[]", "[]"]),
        ([[], [[]], [0]], ["[]", "[[]]", "[0]"]),
        ([["r", "w"], [], None], ['"[""r"",""w""]"', "[]", ""]),
        ([{"key": 1}], ['"{""key"":1}"']),
    ],
)
def test_a_value_is_a_field(values: list[Any], fields: list[str]) -> None:
    column = ColumnType.JSON if isinstance(values[0], list | dict) else ColumnType.STRING

    assert list(fields_of(Cells.of(values), column)) == fields


@pytest.mark.parametrize("values", [[6, None], [0.5, 6.0], [True], [["r"]], ["2026-01-31T12:00:00Z"]])
def test_a_values_field_does_not_depend_on_its_columns_type(values: list[Any]) -> None:
    own = ColumnType.JSON if isinstance(values[0], list) else ColumnType.NULL

    assert fields_of(Cells.of(values), own) == fields_of(Cells.of(values), ColumnType.STRING)


def test_a_part_is_a_header_and_lines_that_end_with_carriage_return_and_line_feed() -> None:
    assert text_of({"id": "a", "x,y": 1}, {"id": "b", "z": ""}) == 'id,"x,y",z\r\na,1,\r\nb,,""\r\n'


def test_one_column_of_nulls_is_a_line_each() -> None:
    assert text_of({"id": None}, {"id": None}) == "id\r\n\r\n\r\n"
    assert list(CSV.rows(BytesIO(b"id\r\n\r\n\r\n"), columns_of("id"))) == [{"id": None}] * 2


def test_widening_adds_empty_fields_at_the_end_of_each_record() -> None:
    source = BytesIO(part_of(CSV, [{"id": "two\r\nlines"}, {"id": ""}, {"id": None}]))
    wider = BytesIO()
    CSV.widen(source, wider, columns_of("id"), columns_of("id", "a", "b"))

    assert wider.getvalue().decode() == 'id,a,b\r\n"two\r\nlines",,\r\n"",,\r\n,,\r\n'


def test_a_part_whose_columns_only_changed_their_types_stays_as_it_is() -> None:
    number, words = (Column("id", ColumnType.INT64),), columns_of("id")
    source, wider = BytesIO(part_of(CSV, [{"id": 6}])), BytesIO()
    CSV.widen(source, wider, number, words)

    assert CSV.fits(number, words)
    assert not CSV.fits(number, columns_of("id", "a"))
    assert wider.getvalue() == source.getvalue()


@REPEATABLE
@given(TABLES)
def test_any_text_comes_back_and_null_is_not_the_empty_text(rows: list[tuple[str | None, ...]]) -> None:
    fields = [fields_of(Cells.of(values), ColumnType.STRING) for values in zip(*rows, strict=True)]
    whole = body(fields, len(rows))
    lines = whole.split("\r\n")

    assert lines.pop() == ""
    assert [tuple(fields_in(record)) for record in records_in(lines)] == rows


@REPEATABLE
@given(TABLES)
def test_pythons_own_reader_sees_the_same_texts(rows: list[tuple[str | None, ...]]) -> None:
    fields = [fields_of(Cells.of(values), ColumnType.STRING) for values in zip(*rows, strict=True)]
    found = list(csv.reader(StringIO(body(fields, len(rows)), newline=""), strict=True))

    assert [tuple(row) or ("",) for row in found] == [tuple(value or "" for value in row) for row in rows]


def test_duckdb_sees_the_same_texts_and_nulls(tmp_path: Any) -> None:
    rows = [{"id": 'a "b", c', "name": "", "note": None}, {"id": "two\r\nlines", "name": "x", "note": "y"}]
    path = tmp_path / "part.csv"
    path.write_bytes(part_of(CSV, rows))
    found = duckdb.sql(f"from read_csv('{path}', all_varchar=true, allow_quoted_nulls=false)").fetchall()

    assert found == [tuple(row.values()) for row in rows]


@pytest.mark.parametrize(
    ("damaged", "problem"),
    [
        (b"", "begins with '.r.n' and not with its header 'a,b.r.n'"),
        (b"a,c\r\n1,2\r\n", "begins with 'a,c.r.n' and not with its header"),
        (b"a,b\r\n1,2,3\r\n", "has 3 fields and not 2: '1,2,3'"),
        (b"a,b\r\n1\r\n", "has 1 fields and not 2: '1'"),
    ],
)
def test_a_damaged_part_is_an_error_and_never_other_rows(damaged: bytes, problem: str) -> None:
    with pytest.raises(ManifestError, match=problem):
        list(CSV.rows(BytesIO(damaged), columns_of("a", "b")))


@pytest.mark.parametrize("module", [csv_text, text])
def test_the_examples_in_the_docstrings_are_true(module: Any) -> None:
    assert doctest.testmod(module).failed == 0
