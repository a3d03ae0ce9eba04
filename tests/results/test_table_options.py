"""What a task chooses of a table: names of columns, what stands for a null in CSV, and what becomes of formulas."""

from __future__ import annotations

import csv
import doctest
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_veza.async_query.layout import ColumnType, RowLayout
from airflow_provider_veza.exceptions import ArgumentError, ColumnError
from airflow_provider_veza.results import table_options
from airflow_provider_veza.results.formats.csv_text import escaped, unescaped
from airflow_provider_veza.results.formats.format import Format
from airflow_provider_veza.results.formats.known_formats import FORMATS, output_format
from airflow_provider_veza.results.reading import read_manifest
from airflow_provider_veza.results.table_options import TableOptions, checked_column_names, checked_null_value
from results.formats.small_landing import landed, part_of
from results.landed import Lander, pages_of, users

REPEATABLE = settings(deadline=None, derandomize=True)
TABLES = tuple(name for name, row in FORMATS.items() if row.has_columns)
UNDERSCORED = TableOptions("underscored")
FORMULAS = ["=1+1", "+1", "-a", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1", "-1+1", "--1"]
NO_FORMULAS = ["", "a=1", " =1", "-6", "-6.5", "-1e9", "'tis", "'", "it's", "[-1]"]
USER = {"id": "u1", "properties": {"cost-center": "7", "tags": {"1st": "x"}}, "seen": None}


def csv_with(**options: Any) -> Format:
    return output_format("csv", options=TableOptions(**options))


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("dotted", ["id", "properties.cost-center", "properties.tags.1st", "seen"]),
        ("underscored", ["id", "properties_cost_center", "properties_tags_1st", "seen"]),
        (
            {"properties.cost-center": "Cost centre", "no.such": "x"},
            ["id", "Cost centre", "properties.tags.1st", "seen"],
        ),
    ],
)
@pytest.mark.parametrize("form", TABLES)
def test_columns_are_called_as_the_task_says(form: str, names: Any, expected: list[str]) -> None:
    result = landed(output_format(form, options=TableOptions(names)), [USER], [USER])

    assert [column.name for column in result.columns] == expected
    assert [column.dotted_name for column in result.columns] == [
        "id",
        "properties.cost-center",
        "properties.tags.1st",
        "seen",
    ]
    assert result.rows == [dict(zip(expected, ["u1", "7", "x", None], strict=True))] * 2


@pytest.mark.parametrize("form", TABLES)
def test_layout_and_choice_of_columns_speak_of_dotted_names(form: str) -> None:
    layout = RowLayout(types={"properties.cost-center": ColumnType.INT64})
    chosen = output_format(form, layout=layout, select=["never.seen", "properties.cost-center"], options=UNDERSCORED)

    assert landed(chosen, [USER]).rows == [{"never_seen": None, "properties_cost_center": 7}]


@pytest.mark.parametrize("form", TABLES)
@pytest.mark.parametrize("groups", [[[{"a": {"b": 1}, "a_b": 2}]], [[{"a": {"b": 1}}], [{"a_b": 2}]]])
def test_two_columns_of_one_name_are_an_error_that_names_both(form: str, groups: list[Any]) -> None:
    with pytest.raises(
        ColumnError, match=r"Column 'a_b': the fields 'a' > 'b' and 'a_b' would both become this column"
    ):
        landed(output_format(form, options=UNDERSCORED), *groups)


def test_two_columns_of_one_name_are_an_error_though_another_attempt_landed_the_first(tmp_path: Path) -> None:
    lander = Lander(tmp_path, format="csv", options=UNDERSCORED)
    pages = pages_of([{"a": {"b": n}} if n < 5 else {"a_b": n} for n in range(10)], size=5)
    lander = replace(lander, limits=replace(lander.limits, part_bytes=1))
    lander.crash(pages, after=1)

    with pytest.raises(ColumnError, match=r"Column 'a_b': the fields 'a.b' and 'a_b'"):
        lander.land(pages)


@pytest.mark.parametrize("form", TABLES)
@pytest.mark.parametrize(
    ("select", "names"),
    [
        (["a.b", "a_b"], "underscored"),
        (["x", "a.b", "A_b"], "underscored"),
        (["id", "name"], {"id": "name"}),
        (["a", "b"], {"a": "x", "b": "x"}),
    ],
)
def test_columns_that_are_asked_for_and_would_be_called_the_same_are_refused(
    form: str, select: list[str], names: Any
) -> None:
    with pytest.raises(ArgumentError, match=f"columns= has {select[-2]!r} and {select[-1]!r}, and column_names would"):
        output_format(form, select=select, options=TableOptions(names))
    swapped = TableOptions({"id": "name", "name": "id"})
    assert [c.name for c in landed(output_format(form, select=["id", "name"], options=swapped), [{}]).columns] == [
        "name",
        "id",
    ]


ALIKE = r"fields '(a.b|a_b)' and '(A.b|A_b)' would become columns that differ only in case, 'a_b' and 'A_b'"
PATHS = st.lists(st.lists(st.text("aAb-", min_size=1, max_size=2), min_size=1, max_size=2), min_size=1, max_size=6)


@pytest.mark.parametrize("form", TABLES)
@pytest.mark.parametrize("groups", [[[{"a": {"b": 1}, "A_b": 2}]], [[{"a_b": 1}], [{"x": 0}], [{"A": {"b": 2}}]]])
def test_two_underscored_columns_of_one_name_but_for_case_are_an_error_that_names_both(form: str, groups: Any) -> None:
    with pytest.raises(ColumnError, match=ALIKE):
        landed(output_format(form, options=UNDERSCORED), *groups)


def test_two_columns_of_one_name_but_for_case_are_an_error_though_another_attempt_landed_the_first(
    tmp_path: Path,
) -> None:
    lander = Lander(tmp_path, format="csv", options=UNDERSCORED)
    pages = pages_of([{"a": {"b": n}} if n < 5 else {"A_b": n} for n in range(10)], size=5)
    lander = replace(lander, limits=replace(lander.limits, part_bytes=1))
    lander.crash(pages, after=1)

    with pytest.raises(ColumnError, match=ALIKE):
        lander.land(pages)


@REPEATABLE
@given(paths=PATHS, size=st.integers(1, 3))
@pytest.mark.parametrize("form", TABLES)
def test_underscored_columns_are_apart_in_any_case_or_refused(form: str, paths: list[list[str]], size: int) -> None:
    rows: list[dict[str, Any]] = [{path[0]: {path[1]: n} if len(path) > 1 else n} for n, path in enumerate(paths)]
    names = [UNDERSCORED.name_of(".".join(path)) for path in dict.fromkeys(map(tuple, paths))]
    groups = [rows[start : start + size] for start in range(0, len(rows), size)]
    land = output_format(form, options=UNDERSCORED)

    if len({name.lower() for name in names}) == len(names):
        assert [column.name for column in landed(land, *groups).columns] == names
    else:
        with pytest.raises(
            ColumnError, match="would (both become this column|become columns that differ only in case)"
        ):
            landed(land, *groups)


@pytest.mark.parametrize("form", TABLES)
@pytest.mark.parametrize("names", ["dotted", {"ID": "Id"}])
def test_columns_that_differ_only_in_case_land_under_dotted_names_and_are_told(
    form: str, names: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lander = Lander(tmp_path, format=form, options=TableOptions(names))
    lander.land(pages_of([{"id": "1", "ID": "2", "type": "3"}, {"id": "4"}]))
    other = TableOptions(names).name_of("ID")

    assert lander.rows() == [{"id": "1", other: "2", "type": "3"}, {"id": "4", other: None, "type": None}]
    (warning,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warning == (
        "Columns differ only in case, which DuckDB, Spark and BigQuery do not tell apart: "
        f"'id' and '{other}'. Choose other names with column_names=."
    )


def test_a_result_says_how_it_was_written_and_is_read_accordingly(tmp_path: Path) -> None:
    options = TableOptions({"properties.name": "=name"}, null_value="NULL", escape_formulas=True)
    lander = Lander(tmp_path, format="csv", options=options)
    rows = [*users(2), {"id": "=u3", "type": "NULL"}]
    manifest = lander.land(pages_of(rows))

    assert manifest.options == read_manifest(str(lander.folder)).manifest.options == options
    assert [column.to_json() for column in manifest.columns][2] == {
        "name": "=name",
        "type": "string",
        "field": "properties.name",
    }
    assert lander.rows()[2] == {"id": "=u3", "type": "NULL", "=name": None, "properties.is_active": None}
    assert read_manifest(str(lander.folder)).to_arrow().num_rows == 3


def test_a_name_that_no_column_has_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    names = {"properties.name": "name", "properties.nmae": "x", "id": "id"}
    Lander(tmp_path, format="csv", options=TableOptions(names)).land(pages_of(users(2)))

    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warnings == ["No column is called properties.nmae, which column_names renames: check the spelling."]


@pytest.mark.parametrize("form", TABLES)
@pytest.mark.parametrize(
    ("select", "rows", "said"),
    [
        (("id", "properties.nmae", "source.id"), 2, ["'properties.nmae', 'source.id'"]),
        (("id", "properties.name"), 2, []),
        (("id", "properties.nmae"), 0, []),
    ],
    ids=["misspelt", "right", "no rows"],
)
def test_a_column_that_is_asked_for_and_that_no_row_has_is_said(
    form: str, select: tuple[str, ...], rows: int, said: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Lander(tmp_path, format=form, select=select).land(pages_of(users(rows)))

    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warnings == [
        f"No row has a value for {names}, which columns= names: check the spelling. Without columns= all that there are are "
        "landed."
        for names in said
    ]


def test_attempts_that_write_otherwise_do_not_share_parts(tmp_path: Path) -> None:
    lander = Lander(tmp_path, format="csv")
    pages = pages_of(users(10))
    lander.crash(pages, after=4)
    other = replace(lander, options=TableOptions(null_value="NULL"))

    assert other.land(pages).resumed == 0
    assert len(other.rows()) == 10


@pytest.mark.parametrize(
    ("dotted", "name"), [("a.b-c d", "a_b_c_d"), ("2fa.on", "_2fa_on"), ("é", "_"), ("", "_"), ("_x9", "_x9")]
)
def test_an_underscored_name_is_an_identifier(dotted: str, name: str) -> None:
    assert TableOptions("underscored").name_of(dotted) == name


@pytest.mark.parametrize(
    ("first", "then"),
    [(TableOptions(), TableOptions("underscored")), (TableOptions("underscored"), TableOptions())],
)
def test_a_result_that_was_landed_otherwise_is_landed_again_as_the_task_says_now(
    tmp_path: Path, first: TableOptions, then: TableOptions
) -> None:
    lander = Lander(tmp_path, format="csv", options=first)
    landed = lander.land(pages_of(users(3)))
    again = replace(lander, options=then).land(pages_of(users(3)))

    assert [column.name for column in again.columns] != [column.name for column in landed.columns]
    assert replace(lander, options=then).land([]) == again


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_options_go_with_the_formats_that_have_them(form: str) -> None:
    for options in (TableOptions(null_value="NULL"), TableOptions(escape_formulas=True)):
        with pytest.raises(ArgumentError, match=f"goes with output_format='csv' only, not '{form}'"):
            output_format(form, options=options)
    if form == "jsonl":
        with pytest.raises(ArgumentError, match="column_names= does not go with output_format='jsonl'"):
            output_format(form, options=UNDERSCORED)


@pytest.mark.parametrize(
    "value", ["snake", 7, None, {"a": 1}, {"a": "x", "b": "x"}, {"a": ""}, {"a": " "}, {"a": "x\ud83d"}]
)
def test_names_that_cannot_be_are_refused(value: Any) -> None:
    with pytest.raises(ArgumentError, match="^column_names "):
        checked_column_names(value)


@pytest.mark.parametrize(
    "value", [None, 7, 'a"b', "a,b", "a\n", "0", "-1.5", "1e+21", "true", "TRUE", "+5", "1E5", "\ud83d"]
)
def test_a_null_that_would_be_taken_for_something_else_is_refused(value: Any) -> None:
    with pytest.raises(ArgumentError, match="^null_value must "):
        checked_null_value(value)


@pytest.mark.parametrize("null", ["NULL", "\\N", "-", "NA"])
def test_nulls_are_written_as_chosen_and_the_same_text_is_quoted(null: str) -> None:
    rows: list[dict[str, Any]] = [{"a": None}, {"a": null}, {"a": ""}, {"a": "x"}]

    assert part_of(csv_with(null_value=null), rows).decode() == f'a\r\n{null}\r\n"{null}"\r\n""\r\nx\r\n'
    assert landed(csv_with(null_value=null), rows[:1], [{"a": 6}, {"a": None}], [{"b": True}, {}], rows[1:]).rows == [
        {"a": None, "b": None},
        {"a": "6", "b": None},
        {"a": None, "b": None},
        {"a": None, "b": True},
        {"a": None, "b": None},
        *({**row, "b": None} for row in rows[1:]),
    ]


def test_a_table_of_one_column_keeps_its_nulls_in_duckdb_with_a_null_value(tmp_path: Path) -> None:
    rows = [{"a": "x"}, {"a": None}, {"a": ""}, {"a": "NULL"}]
    (tmp_path / "part.csv").write_bytes(part_of(csv_with(null_value="NULL"), rows))
    read = "read_csv('{}', all_varchar = true, nullstr = 'NULL', allow_quoted_nulls = false)"
    found = duckdb.sql(f"from {read.format(tmp_path / 'part.csv')}").fetchall()

    assert found == [("x",), (None,), ("",), ("NULL",)]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_begins_like_a_formula_is_escaped(text: str) -> None:
    assert escaped(text) == f"'{text}"


@pytest.mark.parametrize("text", NO_FORMULAS)
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert escaped(text) == text


@REPEATABLE
@given(st.lists(st.text(st.sampled_from("'=+-@16.e\t\r\na\""), max_size=5) | st.none(), min_size=1))
def test_our_reader_gives_the_texts_back_and_no_field_begins_like_a_formula(texts: list[str | None]) -> None:
    form = csv_with(escape_formulas=True)
    part = part_of(form, [{"=id": 1, "a": text} for text in texts])
    fields = [row[1] for row in csv.reader(StringIO(part.decode(), newline=""))][1:]

    assert [row["a"] for row in form.rows(BytesIO(part), landed(form, [{"=id": 1, "a": "x"}]).columns)] == texts
    assert all(field == escaped(field) or field[0] == "'" for field in fields)
    assert part.startswith(b"'=id,a")
    assert [unescaped(field) if field else field for field in fields] == [text or "" for text in texts]


def test_numbers_and_moments_are_not_escaped() -> None:
    form = csv_with(escape_formulas=True)
    rows = [{"n": -6, "x": -0.5, "seen": "2026-01-31T12:00:00Z", "any": [-1]}]

    assert part_of(form, rows).decode().endswith("-6,-0.5,2026-01-31T12:00:00Z,[-1]\r\n")
    assert landed(form, rows).rows == [rows[0] | {"seen": datetime(2026, 1, 31, 12, tzinfo=UTC)}]


def test_the_examples_in_the_docstrings_are_true() -> None:
    assert doctest.testmod(table_options).failed == 0
