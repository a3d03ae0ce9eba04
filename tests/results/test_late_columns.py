"""Columns that come late cost what they hold: not more the more of them there are, and no part of its own for each."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.results.formats.csv_table import CsvTable
from airflow_provider_veza.results.formats.parquet import ParquetTable
from airflow_provider_veza.results.landing_limits import LandingLimits
from results.landed import Lander, pages_of
from support.operations import operations_of

TABLES = {"csv": CsvTable, "parquet": ParquetTable}


@pytest.fixture
def lander(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lander:
    for table in TABLES.values():
        monkeypatch.setattr(table, "group_bytes", 1)  # Each page is written by itself.
    return Lander(tmp_path, limits=LandingLimits())


def pages_with_a_new_property_each(count: int) -> list[Page]:
    return pages_of([{"id": f"u{n}", "properties": {"name": "x", f"tag_{n}": n}} for n in range(count)], size=1)


@pytest.mark.parametrize("form", TABLES)
def test_four_times_the_late_columns_take_four_times_the_operations(lander: Lander, form: str) -> None:
    lander.format = form
    lander.land(pages_with_a_new_property_each(2))  # What is imported late is no part of it.
    taken = {}
    for count in (1, 25, 100):
        pages = pages_with_a_new_property_each(count)
        taken[count] = operations_of(partial(lander.as_query(f"of {count}").land, pages))

    assert taken[100] - taken[1] < 4.4 * (taken[25] - taken[1])


@pytest.mark.parametrize("form", TABLES)
def test_a_late_column_ends_no_part(lander: Lander, form: str) -> None:
    lander.format = form
    manifest = lander.land(pages_with_a_new_property_each(12))

    assert len(manifest.parts) == 1
    assert lander.rows() == [
        {"id": f"u{n}", "properties.name": "x"} | {f"properties.tag_{m}": n if m == n else None for m in range(12)}
        for n in range(12)
    ]


@pytest.mark.parametrize("compression", [None, "gzip", "zstd"])
def test_records_with_commas_quotes_and_line_ends_are_lengthened_as_they_are(
    lander: Lander, compression: str | None
) -> None:
    lander.format, lander.compression = "csv", compression
    texts = ["a,b", 'say "a, b"', "two\r\nlines, one", '","', "", None, ["a", "b,c"]]
    lander.land(pages_of([{"value": text, f"late_{n}": n} for n, text in enumerate(texts)], size=1))

    shown = [json.dumps(text, separators=(",", ":")) if isinstance(text, list) else text for text in texts]
    assert [row["value"] for row in lander.rows()] == shown
    assert [row[f"late_{n}"] for n, row in enumerate(lander.rows())] == list(range(len(texts)))


def test_a_part_of_parquet_ends_where_a_column_comes_after_its_first_row_group(
    lander: Lander, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("airflow_provider_veza.results.formats.parquet_file._ROW_GROUP_ROWS", 4)
    lander.format = "parquet"
    manifest = lander.land(pages_with_a_new_property_each(10))

    assert [part.rows for part in manifest.parts] == [4, 4, 2]
    assert [row["properties.tag_9"] for row in lander.rows()] == [None] * 9 + [9]


@pytest.mark.parametrize(
    ("first", "then", "landed"),
    [(6, 0.5, [6.0, 0.5]), (6, "x", ["6", "x"]), (None, True, [None, True]), (["r"], 1, ['["r"]', "1"])],
)
def test_a_column_widens_within_a_part_of_parquet(lander: Lander, first: Any, then: Any, landed: list[Any]) -> None:
    lander.format = "parquet"
    manifest = lander.land(pages_of([{"id": "a", "value": first}, {"id": "b", "value": then}], size=1))

    assert len(manifest.parts) == 1
    assert [row["value"] for row in lander.rows()] == landed


@pytest.mark.parametrize("form", TABLES)
def test_parts_of_before_a_crash_get_what_came_after(lander: Lander, form: str) -> None:
    lander.format = form
    lander.limits = LandingLimits(part_bytes=150)
    pages = pages_with_a_new_property_each(9)
    lander.crash(pages, after=7)
    manifest = lander.land(pages)

    assert manifest.resumed == 1
    assert list((lander.place / "scratch").iterdir()) == []
    assert [row["properties.tag_8"] for row in lander.rows()] == [None] * 8 + [8]
