"""Half of a character in a row: jsonl lands it as it came, what cannot hold it names column and row, or it is replaced."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_veza.async_query.rows import JsonRows, rows_in
from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.exceptions import BadTextError, ColumnError
from airflow_provider_veza.results.bad_text import OnBadText
from airflow_provider_veza.results.formats.known_formats import output_format
from airflow_provider_veza.results.inline import InlineLimits, collect
from airflow_provider_veza.results.table_options import TableOptions

CUT = rb'{"id":"b","name":"Ana \ud83d"}'
ROWS = JsonRows([b'{"id":"a","name":"\\ud83d\\ude00"}', CUT])
REPLACED = [{"id": "a", "name": "\U0001f600"}, {"id": "b", "name": "Ana \ufffd"}]


@pytest.mark.parametrize("name", ["csv", "parquet"])
def test_a_table_refuses_it_by_column_and_row(name: str) -> None:
    with pytest.raises(BadTextError, match=r"Column 'name': row 2 .*on_bad_text='replace'") as caught:
        output_format(name).group(ROWS, ())
    assert (caught.value.column, caught.value.row) == ("name", 2)


@pytest.mark.parametrize("name", ["csv", "parquet"])
@pytest.mark.parametrize("called", ["dotted", "underscored", {"na\ud83dme": "name"}])
def test_a_table_refuses_it_in_a_field_whatever_its_column_is_called(name: str, called: Any) -> None:
    rows = JsonRows([rb'{"id":"a","na\ud83dme":1}'])

    with pytest.raises(BadTextError, match=r"Column 'na\\ud83dme': row 1 "):
        output_format(name, options=TableOptions(called)).group(rows, ())


@pytest.mark.parametrize("name", ["csv", "parquet"])
def test_a_column_that_is_not_written_may_have_it(name: str) -> None:
    assert output_format(name, select=["id"]).group(ROWS, ()).rows == 2


def test_jsonl_takes_it_as_it_came() -> None:
    assert output_format("jsonl").group(ROWS, ()).data == ROWS.lines


def test_xcom_refuses_it_by_column_and_row_of_the_whole_result() -> None:
    pages = [Page(JsonRows([b'{"id":"0","name":"x"}'])), Page(ROWS)]

    with pytest.raises(BadTextError, match="Column 'name': row 3 "):
        collect(pages, InlineLimits())


@pytest.mark.parametrize("number", [b"1e999", b"9" * 5000])
def test_xcom_refuses_a_number_that_its_json_cannot_hold(number: bytes) -> None:
    with pytest.raises(ColumnError, match="Column 'n': row 1 has a number"):
        collect([Page(JsonRows([b'{"n":' + number + b"}"]))], InlineLimits())


def test_xcom_gets_a_replacement_where_that_is_asked_for() -> None:
    assert collect([Page(ROWS)], InlineLimits(on_bad_text=OnBadText.REPLACE)) == REPLACED


@pytest.mark.parametrize("name", ["jsonl", "csv", "parquet"])
def test_a_replaced_page_goes_into_every_format(name: str) -> None:
    page = OnBadText.REPLACE.page(Page(ROWS))

    assert rows_in(page.rows.texts) == REPLACED
    assert output_format(name).group(JsonRows.of(page.rows), ()).rows == 2


@pytest.mark.parametrize("name", ["csv", "parquet"])
def test_a_number_that_no_double_holds_is_exact_text_in_a_table(name: str) -> None:
    group = output_format(name).group(JsonRows([b'{"n":1e999}', b'{"n":1.5}']), ())

    assert [str(column.type) for column in group.columns] == ["string"]
