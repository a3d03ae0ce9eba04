"""The formats as a table, by the names that operators take; a new format is one more row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from airflow_provider_veza.async_query.layout import RowLayout
from airflow_provider_veza.exceptions import ArgumentError
from airflow_provider_veza.results.formats.compressing import Compression
from airflow_provider_veza.results.formats.csv_table import CsvTable
from airflow_provider_veza.results.formats.format import Format
from airflow_provider_veza.results.formats.jsonl import JsonLines
from airflow_provider_veza.results.formats.parquet import ParquetTable
from airflow_provider_veza.results.installed import installing, is_installed
from airflow_provider_veza.results.table_options import DOTTED, NO_OPTIONS, TableOptions, check_names_apart


@dataclass(frozen=True)
class Library:
    """A library that is not always installed.

    :param extra: of this package, with which it is.
    """

    name: str
    extra: str


@dataclass(frozen=True)
class FormatRow:
    """What is known of a format before a landing; what it makes knows how to batch, write and read a part.

    :param make: from compression, layout, selected columns and options.
    :param has_columns: whether rows become flat columns; else they are landed as they are sent, objects in them included.
    :param is_arrow: whether a part is read as Arrow as it is, without a row in between.
    :param needs: a library, whatever the compression.
    :param compresses_itself: whether it needs no library of ours to compress.
    """

    make: Callable[[str | None, RowLayout, tuple[str, ...] | None, TableOptions], Format]
    has_columns: bool
    is_arrow: bool = False
    needs: tuple[Library, ...] = ()
    compresses_itself: bool = False


FORMATS: Mapping[str, FormatRow] = {
    "jsonl": FormatRow(
        lambda codec, _layout, _select, _options: JsonLines(Compression(codec or "")), has_columns=False
    ),
    "csv": FormatRow(
        lambda codec, layout, select, options: CsvTable(Compression(codec or ""), layout, select, options),
        has_columns=True,
    ),
    "parquet": FormatRow(
        ParquetTable, has_columns=True, is_arrow=True, needs=(Library("pyarrow", "parquet"),), compresses_itself=True
    ),
}
COMPRESSIONS: Mapping[str | None, tuple[Library, ...]] = {None: (), "gzip": (), "zstd": (Library("zstandard", "zstd"),)}
"""Each with the libraries that it needs where the format does not compress itself."""

_NO_LAYOUT = RowLayout()


def output_format(
    name: str,
    *,
    compression: str | None = None,
    layout: RowLayout = _NO_LAYOUT,
    select: Sequence[str] | None = None,
    options: TableOptions = NO_OPTIONS,
) -> Format:
    """Return a format for one landing.

    :param name: one of :data:`FORMATS`.
    :param compression: ``gzip``, ``zstd`` or None; Parquet without either uses snappy.
    :param layout: what the service knows of its rows.
    :param select: names of the columns to write, in this order; a name without values is a column of nulls, and the name
        of an object is a column of JSON. None for all columns.
    :param options: what columns are called, and how CSV writes some values.
    :raises ArgumentError: for a name, compression, selection or option that does not exist or fit, or when a library is missing.
    """
    row = format_row(name)
    _require(compression in COMPRESSIONS, f"compression must be 'gzip', 'zstd' or None, not {compression!r}.")
    require_libraries(name, compression)
    check_options(name, options)
    return row.make(compression, layout, _checked(select, name, options), options)


def format_row(name: str) -> FormatRow:
    """Return what is known of a format.

    :raises ArgumentError: when there is none of that name.
    """
    _require(name in FORMATS, f"output_format must be one of {', '.join(FORMATS)}, not {name!r}.")
    return FORMATS[name]


def check_columns(name: str, select: Sequence[str] | None, options: TableOptions) -> None:
    """Refuse a selection of columns that the format does not take, or of which two would be called the same.

    :raises ArgumentError: saying which.
    """
    _checked(select, name, options)


def check_options(name: str, options: TableOptions) -> None:
    """Refuse options that the format does not have.

    :raises ArgumentError: saying which.
    """
    _require(
        options.column_names == DOTTED or format_row(name).has_columns,
        f"column_names= does not go with output_format={name!r}, whose rows are landed as they are sent.",
    )
    of_csv = {"null_value": options.null_value, "csv_escape_formulas": options.escape_formulas}
    given = [argument for argument, value in of_csv.items() if value]
    _require(name == "csv" or not given, f"{' and '.join(given)} goes with output_format='csv' only, not {name!r}.")


def _checked(select: Sequence[str] | None, name: str, options: TableOptions) -> tuple[str, ...] | None:
    if select is None:
        return None
    _require(
        format_row(name).has_columns,
        f"columns= does not go with output_format={name!r}, whose rows are landed as they are sent.",
    )
    _require(not isinstance(select, str) and len(select) > 0, f"columns= must be a list of names, not {select!r}.")
    twice = sorted({column for column in select if list(select).count(column) > 1})
    _require(not twice, f"columns= names {', '.join(map(repr, twice))} more than once.")
    _require(all(map(str.strip, select)), "columns= has a blank name: a template gave nothing.")
    check_names_apart(select, options)
    return tuple(select)


def require_libraries(name: str, compression: str | None) -> None:
    """Refuse a format whose library is not installed here.

    :raises ArgumentError: saying what to install.
    """
    row = FORMATS[name]
    for library in (*row.needs, *(() if row.compresses_itself else COMPRESSIONS[compression])):
        _require(
            is_installed(library.name),
            f"output_format={name!r}, compression={compression!r} needs {library.name}, which is not installed. "
            f"{installing(library.extra)}.",
        )


def _require(condition: bool, problem: str) -> None:
    if not condition:
        raise ArgumentError(problem)
