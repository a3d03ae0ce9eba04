"""Formats are found by name; what does not exist or does not go together is refused before anything is fetched."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from airflow_provider_veza.exceptions import ArgumentError
from airflow_provider_veza.results.formats.known_formats import output_format


@pytest.mark.parametrize(
    ("name", "compression", "suffix"),
    [
        ("jsonl", None, ".jsonl"),
        ("jsonl", "gzip", ".jsonl.gz"),
        ("jsonl", "zstd", ".jsonl.zst"),
        ("csv", None, ".csv"),
        ("csv", "gzip", ".csv.gz"),
        ("csv", "zstd", ".csv.zst"),
        ("parquet", None, ".parquet"),
        ("parquet", "gzip", ".parquet"),
        ("parquet", "zstd", ".parquet"),
    ],
)
def test_a_format_knows_its_name_compression_and_suffix(name: str, compression: str | None, suffix: str) -> None:
    form = output_format(name, compression=compression)

    assert (form.name, form.compression, form.suffix) == (name, compression, suffix)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"name": "xlsx"}, "output_format must be one of .*csv, .*not 'xlsx'"),
        ({"name": "JSONL"}, "not 'JSONL'"),
        ({"name": "csv", "compression": "bzip2"}, "compression must be 'gzip', 'zstd' or None, not 'bzip2'"),
        ({"name": "csv", "compression": ""}, "compression must be 'gzip', 'zstd' or None, not ''"),
        ({"name": "jsonl", "select": ["id"]}, "columns= does not go with output_format='jsonl'"),
        ({"name": "csv", "select": []}, "columns= must be a list of names, not \\[\\]"),
        ({"name": "csv", "select": "id"}, "columns= must be a list of names, not 'id'"),
        ({"name": "parquet", "select": ["id", "name", "id"]}, "columns= names 'id' more than once"),
        ({"name": "csv", "select": ["id", ""]}, "columns= has a blank name"),
    ],
)
def test_what_does_not_exist_or_fit_is_refused(arguments: dict[str, Any], problem: str) -> None:
    with pytest.raises(ArgumentError, match=problem):
        output_format(**arguments)


@pytest.mark.parametrize(
    ("library", "arguments", "extra"),
    [
        ("pyarrow", {"name": "parquet"}, "parquet"),
        ("pyarrow", {"name": "parquet", "compression": "zstd"}, "parquet"),
        ("zstandard", {"name": "csv", "compression": "zstd"}, "zstd"),
        ("zstandard", {"name": "jsonl", "compression": "zstd"}, "zstd"),
    ],
)
def test_a_missing_library_is_named_with_the_extra_that_brings_it(
    library: str, arguments: dict[str, Any], extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)

    with pytest.raises(ArgumentError, match=rf"needs {library}, .* 'airflow-provider-veza\[{extra}\]'"):
        output_format(**arguments)


def test_a_library_that_is_not_needed_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    for library in ("pyarrow", "zstandard"):
        monkeypatch.setitem(sys.modules, library, None)

    for name in ("jsonl", "csv"):
        assert output_format(name, compression="gzip").name == name


def test_choosing_a_format_imports_no_library_and_no_airflow() -> None:
    check = (
        "import sys; from airflow_provider_veza.results.formats.known_formats import output_format; "
        "output_format('parquet', compression='zstd'); output_format('csv', compression='zstd'); "
        "print(sorted({'airflow', 'pandas', 'pyarrow', 'zstandard'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
