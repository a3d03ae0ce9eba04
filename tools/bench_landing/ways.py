"""The ways that are compared, as a table; a way's module is imported only in the process that runs it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from tools.bench_landing.tenant import Tenant

Landing = Callable[[Tenant, Path], int]
"""Brings the result into an empty folder and returns the number of its rows."""


@dataclass(frozen=True)
class Way:
    """One way to bring a result in.

    :param target: ``module.function`` in this package.
    :param libraries: to import besides, which the way itself imports late.
    """

    title: str
    target: str
    libraries: tuple[str, ...] = ()


UNPARSED = Way("bytes off the socket, not parsed (the server's ceiling)", "limits.unparsed")
PARSERS = (
    Way("off the socket, parsed once: simdjson", "limits.parsed_by_simdjson", ("simdjson",)),
    Way("off the socket, parsed once: msgspec, to row texts", "limits.parsed_by_msgspec_to_texts"),
    Way("off the socket, parsed once: msgspec, to objects", "limits.parsed_by_msgspec"),
    Way("off the socket, parsed once: orjson, to objects", "limits.parsed_by_orjson", ("orjson",)),
)
SLICED = Way("off the socket, row texts to a JSONL file", "limits.sliced_to_jsonl")
LIMITS = (UNPARSED, *PARSERS, SLICED)

NAIVE_JSONL = Way("naive JSONL: requests, json.dumps a row", "naive.jsonl")
NAIVE_CSV = Way("naive CSV: requests, csv.DictWriter", "naive.csv_table")
NAIVE_PARQUET = (
    Way("naive Parquet: requests, pandas, nested", "naive_pandas.parquet_nested", ("pyarrow.parquet",)),
    Way("naive Parquet: requests, pandas.json_normalize", "naive_pandas.parquet", ("pyarrow.parquet",)),
)
NAIVE = (NAIVE_JSONL, NAIVE_CSV, *NAIVE_PARQUET)

# Imported when first needed, once for a task and not for a row.
_LATE_IN_PACKAGE = ("airflow_provider_veza.transport.aio", "airflow_provider_veza.transport.sync")
JSONL = Way("this package: JSONL", "package.jsonl", _LATE_IN_PACKAGE)
JSONL_GZIP = Way("this package: JSONL, gzip", "package.jsonl_gzip", _LATE_IN_PACKAGE)
JSONL_ZSTD = Way("this package: JSONL, zstd", "package.jsonl_zstd", (*_LATE_IN_PACKAGE, "zstandard"))
CSV = Way("this package: CSV", "package.csv", _LATE_IN_PACKAGE)
PARQUET = Way("this package: Parquet", "package.parquet", (*_LATE_IN_PACKAGE, "pyarrow.parquet"))
NAIVE_OF = {
    JSONL: (NAIVE_JSONL,),
    JSONL_GZIP: (NAIVE_JSONL,),
    JSONL_ZSTD: (NAIVE_JSONL,),
    CSV: (NAIVE_CSV,),
    PARQUET: NAIVE_PARQUET,
}
"""This package's ways, each with the naive ways to the same format, of which the quickest is its measure."""

ALL = (*LIMITS, *NAIVE, *NAIVE_OF)


def load(target: str, libraries: Iterable[str]) -> Landing:
    """Import all that a way needs, so that it can be timed without."""
    for library in libraries:
        import_module(library)
    module, _, function = target.rpartition(".")
    landing: Landing = getattr(import_module(f"tools.bench_landing.{module}"), function)
    return landing
