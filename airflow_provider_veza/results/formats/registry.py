"""The formats by the names that operators take; which library a format needs is known here, and nothing is imported for it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

from airflow_provider_veza.async_query.layout import RowLayout
from airflow_provider_veza.exceptions import ArgumentError
from airflow_provider_veza.results.formats.base import Format
from airflow_provider_veza.results.formats.compressing import Compression
from airflow_provider_veza.results.formats.csv_table import CsvTable
from airflow_provider_veza.results.formats.jsonl import JsonLines
from airflow_provider_veza.results.formats.parquet import ParquetTable

FORMATS = ("jsonl", "csv", "parquet")
COMPRESSIONS = (None, "gzip", "zstd")

_NO_LAYOUT = RowLayout()


def output_format(
    name: str,
    *,
    compression: str | None = None,
    layout: RowLayout = _NO_LAYOUT,
    select: Sequence[str] | None = None,
) -> Format:
    """Return a format for one landing.

    :param name: ``jsonl``, ``csv`` or ``parquet``.
    :param compression: ``gzip``, ``zstd`` or None; Parquet without either uses snappy.
    :param layout: what the service knows of its rows.
    :param select: names of the columns to write, in this order; a name without values is a column of nulls, and the name
        of an object is a column of JSON. None for all columns.
    :raises ArgumentError: for a name, compression or selection that does not exist or fit, or when a library is missing.
    """
    _require(name in FORMATS, f"output_format must be one of {', '.join(FORMATS)}, not {name!r}.")
    _require(compression in COMPRESSIONS, f"compression must be 'gzip', 'zstd' or None, not {compression!r}.")
    _require_library(name, compression)
    wanted = _checked(select, name)
    codec = Compression(compression or "")
    if name == "jsonl":
        return JsonLines(codec)
    return CsvTable(codec, layout, wanted) if name == "csv" else ParquetTable(compression, layout, wanted)


def check_columns(name: str, select: Sequence[str] | None) -> None:
    """Refuse a selection of columns that the format does not take.

    :raises ArgumentError: saying which.
    """
    _checked(select, name)


def _checked(select: Sequence[str] | None, name: str) -> tuple[str, ...] | None:
    if select is None:
        return None
    _require(
        name != "jsonl", "columns= does not go with output_format='jsonl', whose rows are landed as they are sent."
    )
    _require(not isinstance(select, str) and len(select) > 0, f"columns= must be a list of names, not {select!r}.")
    twice = sorted({column for column in select if list(select).count(column) > 1})
    _require(not twice, f"columns= names {', '.join(map(repr, twice))} more than once.")
    return tuple(select)


def _require_library(name: str, compression: str | None) -> None:
    needed = [("pyarrow", "parquet")] if name == "parquet" else [("zstandard", "zstd")] if compression == "zstd" else []
    for library, extra in needed:
        _require(
            find_spec(library) is not None,
            f"output_format={name!r}, compression={compression!r} needs {library}, which is not installed. "
            f"Install 'airflow-provider-veza[{extra}]'.",
        )


def _require(condition: bool, problem: str) -> None:
    if not condition:
        raise ArgumentError(problem)
