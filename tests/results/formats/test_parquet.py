"""Parquet has real types, row groups of bounded size, and is read by others as it was meant."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from pyarrow import parquet

from airflow_provider_veza.async_query.layout import ColumnType, RowLayout
from airflow_provider_veza.async_query.rows import JsonRows
from airflow_provider_veza.exceptions import ColumnError, ManifestError
from airflow_provider_veza.results.formats.known_formats import output_format
from airflow_provider_veza.results.manifest import Column
from results.formats.small_landing import landed, part_of

PARQUET = output_format("parquet")


def file_of(rows: list[dict[str, Any]], **settings: Any) -> parquet.ParquetFile:
    return parquet.ParquetFile(BytesIO(part_of(output_format("parquet", **settings), rows)))


@pytest.mark.parametrize(
    ("value", "arrow_type", "stored"),
    [
        (True, pa.bool_(), True),
        (6, pa.int64(), 6),
        (0.5, pa.float64(), 0.5),
        ("six", pa.string(), "six"),
        (
            "2026-01-31T14:00:00.5+02:00",
            pa.timestamp("us", "UTC"),
            datetime(2026, 1, 31, 12, 0, 0, 500_000, tzinfo=UTC),
        ),
        ("2026-01-31T12:00:00.123456789Z", pa.string(), "2026-01-31T12:00:00.123456789Z"),
        (2**64, pa.string(), "18446744073709551616"),
        (["r", 1, {"a": None}], pa.string(), '["r",1,{"a":null}]'),
        (None, pa.string(), None),
    ],
)
def test_a_value_has_its_own_type(value: Any, arrow_type: pa.DataType, stored: Any) -> None:
    part = file_of([{"id": 1, "value": value}, {"id": 2}])

    assert part.schema_arrow.field("value").type == arrow_type
    assert part.read()["value"].to_pylist() == [stored, None]


@pytest.mark.parametrize(("compression", "codec"), [(None, "SNAPPY"), ("gzip", "GZIP"), ("zstd", "ZSTD")])
def test_the_codec_is_the_one_asked_for_and_snappy_otherwise(compression: str | None, codec: str) -> None:
    part = file_of([{"id": "a"}], compression=compression)

    assert part.metadata.row_group(0).column(0).compression == codec


@pytest.mark.parametrize(
    ("value", "has_dictionary"),
    [
        (lambda n: f"row {n}", False),
        (lambda n: ("LOW", "HIGH")[n % 2], True),
        (lambda n: n, False),
        (lambda n: n % 7, True),
        (lambda n: f"2026-01-31T12:00:{n:02}Z", False),
        (lambda n: None if n else "once", True),
        (lambda _: ["r", "w"], True),
    ],
)
def test_only_values_that_repeat_have_a_dictionary(value: Callable[[int], Any], has_dictionary: bool) -> None:
    rows = [{"id": n, "a.value": value(n)} for n in range(60)]
    part = file_of(rows)
    column = part.metadata.row_group(0).column(1)

    assert column.path_in_schema == "a.value"
    assert column.has_dictionary_page is has_dictionary


def test_groups_gather_in_row_groups_of_bounded_size() -> None:
    groups = [[{"id": n} for n in range(start, start + 1_000)] for start in range(0, 150_000, 1_000)]
    (part,) = landed(PARQUET, *groups).parts
    metadata = parquet.ParquetFile(BytesIO(part)).metadata
    sizes = [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)]

    assert sum(sizes) == 150_000
    assert len(sizes) == 3
    assert max(sizes) <= 66_000


def test_wide_rows_make_smaller_row_groups() -> None:
    groups = [[{"id": n, "text": "x" * 40_000} for n in range(100)] for _ in range(20)]
    (part,) = landed(PARQUET, *groups).parts
    metadata = parquet.ParquetFile(BytesIO(part)).metadata

    assert metadata.num_row_groups == 3


def test_duckdb_reads_moments_numbers_and_nulls(tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    path.write_bytes(part_of(PARQUET, [{"id": "a", "seen": "2026-01-31T12:00:00Z", "n": 6}, {"id": "b"}]))
    found = duckdb.sql(f"select id, epoch(seen), n + 1 from '{path}' order by id").fetchall()

    assert found == [("a", 1769860800.0, 7), ("b", None, None)]


def test_integers_that_a_double_cannot_hold_are_text_beside_fractions_wherever_a_part_ends() -> None:
    large, fraction = {"score": 2**53 + 1}, {"score": 0.5}

    for groups in ([[large], [fraction]], [[fraction], [large]], [[large, fraction]]):
        rows = landed(PARQUET, *groups).rows
        assert sorted(row["score"] for row in rows) == ["0.5", "9007199254740993"]


def test_a_part_of_an_earlier_version_with_integers_that_no_double_holds_is_refused() -> None:
    """Its checkpoint calls them int64, whatever their size."""
    score = (Column("score", ColumnType.INT64),)
    with pytest.raises(ColumnError, match="Column 'score': values that were landed as int64 do not fit double"):
        PARQUET.widen(
            BytesIO(part_of(PARQUET, [{"score": 2**53 + 1}])), BytesIO(), score, (Column("score", ColumnType.DOUBLE),)
        )


@pytest.mark.parametrize(
    ("first", "then", "text"),
    [
        (True, "x", "true"),
        (6, "x", "6"),
        (0.5, "x", "0.5"),
        (6.0, "x", "6"),
        (["r"], "x", '["r"]'),
        ("2026-01-31T12:00:00Z", "x", "2026-01-31T12:00:00Z"),
        ("2026-01-31T14:00:00.500+02:00", "x", "2026-01-31T14:00:00.500+02:00"),
        ("2026-01-31T12:00:00.000Z", "x", "2026-01-31T12:00:00.000Z"),
        ("0001-01-01T00:00:00Z", "x", "0001-01-01T00:00:00Z"),
        (True, 1, "true"),
        (["r"], 1, '["r"]'),
    ],
)
def test_a_column_that_becomes_text_keeps_its_values_as_text(first: Any, then: Any, text: str) -> None:
    rows = landed(PARQUET, [{"value": first}], [{"value": then}]).rows

    assert [row["value"] for row in rows] == [text, str(then)]


def test_columns_that_are_strings_in_the_file_need_no_rewriting() -> None:
    nothing, words, json = (
        (Column("a", column_type),) for column_type in (ColumnType.NULL, ColumnType.STRING, ColumnType.JSON)
    )

    assert PARQUET.fits(nothing, words)
    assert PARQUET.fits(json, words)
    assert not PARQUET.fits(nothing, (Column("a", ColumnType.INT64),))
    assert not PARQUET.fits(words, (*words, *json))


def test_a_part_with_other_columns_than_its_manifest_says_is_an_error() -> None:
    part = part_of(PARQUET, [{"id": "a"}])

    with pytest.raises(ManifestError, match=r"has the columns 'id: string' and not those of its manifest: 'id: int64'"):
        list(PARQUET.rows(BytesIO(part), (Column("id", ColumnType.INT64),)))


def test_columns_that_a_group_lacks_are_null_in_it() -> None:
    group = PARQUET.group(
        JsonRows.of([{"id": "a"}]), (Column("gone", ColumnType.TIMESTAMP), Column("id", ColumnType.STRING))
    )

    assert group.data.batch().to_pylist() == [{"gone": None, "id": "a"}]


def test_the_layout_reaches_the_file() -> None:
    layout = RowLayout(prefixes={"source": "source_"}, types={"source_id": ColumnType.STRING})

    assert file_of([{"source": {"id": 7}}], layout=layout).schema_arrow.to_string() == "source_id: string"
