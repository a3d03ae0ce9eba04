"""Engines that read a whole folder find its rows, and nothing of what lies beside them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas
import polars
import pyarrow.dataset
import pytest

from results.landed import Lander, pages_of, users

ROWS = 25


@pytest.fixture(params=["jsonl", "csv", "parquet"])
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def folder(tmp_path: Path, form: str) -> Path:
    lander = Lander(tmp_path, format=form)
    lander.land(pages_of(users(ROWS)))
    return tmp_path / "landed"


def rows_in_duckdb(folder: Path, form: str, files: str) -> list[str]:
    read = {"jsonl": "read_json", "csv": "read_csv", "parquet": "read_parquet"}[form]
    return [name for (name,) in duckdb.sql(f"SELECT id FROM {read}('{folder}/{files}') ORDER BY id").fetchall()]


def ids(count: int = ROWS) -> list[str]:
    return [user["id"] for user in users(count)]


def test_duckdb_reads_the_parts_of_a_folder(folder: Path, form: str) -> None:
    assert rows_in_duckdb(folder, form, "part-*") == ids()


@pytest.mark.parametrize("form", ["jsonl"])
def test_duckdb_and_polars_take_a_star_at_its_word_whatever_a_name_begins_with(folder: Path, form: str) -> None:
    """What the docs warn of: with ``folder/*`` the one reads the manifest as one more row, and the other fails at it."""
    [(rows,)] = duckdb.sql(f"SELECT count(*) FROM read_json('{folder}/*', union_by_name = true)").fetchall()
    assert rows == ROWS + 1
    with pytest.raises(polars.exceptions.PolarsError):
        polars.scan_ndjson(f"{folder}/*").collect()


def test_pyarrow_reads_a_whole_folder(folder: Path, form: str) -> None:
    table = pyarrow.dataset.dataset(folder, format="json" if form == "jsonl" else form).to_table()

    assert sorted(table.column("id").to_pylist()) == ids()


def test_polars_reads_the_parts_of_a_folder(folder: Path, form: str) -> None:
    scan = {"jsonl": polars.scan_ndjson, "csv": polars.scan_csv, "parquet": polars.scan_parquet}[form]

    assert sorted(scan(f"{folder}/part-*").collect()["id"]) == ids()


def test_pandas_reads_a_whole_folder_of_parquet(tmp_path: Path) -> None:
    Lander(tmp_path, format="parquet").land(pages_of(users(ROWS)))

    assert sorted(pandas.read_parquet(tmp_path / "landed")["id"]) == ids()
