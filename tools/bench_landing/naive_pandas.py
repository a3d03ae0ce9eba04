"""The naive way to Parquet: all rows in a list, one pandas frame, `to_parquet`."""

from __future__ import annotations

from pathlib import Path

import pandas

from tools.bench_landing.naive import pages
from tools.bench_landing.tenant import Tenant


def parquet_nested(tenant: Tenant, folder: Path) -> int:
    """Keep nested objects as they are: the quicker of the two naive ways."""
    rows = [row for page in pages(tenant) for row in page]
    return _write(pandas.DataFrame(rows), folder)


def parquet(tenant: Tenant, folder: Path) -> int:
    """Flatten with `json_normalize`, which gives the columns that this package gives."""
    rows = [row for page in pages(tenant) for row in page]
    return _write(pandas.json_normalize(rows), folder)


def _write(frame: pandas.DataFrame, folder: Path) -> int:
    frame.to_parquet(folder / "rows.parquet")
    return len(frame)
