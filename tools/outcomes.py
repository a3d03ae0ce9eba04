"""What long runs leave behind for the tables in docs/: rows by key, of which a run replaces those that it produced."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.real_airflow.run_folder import RUNS

Row = Mapping[str, Any]


def keep(name: str, rows: Sequence[Row], key: Sequence[str], folder: Path = RUNS) -> None:
    """Keep these rows under a name, in the place of earlier ones with the same key.

    :param key: the fields that say which row is which.
    """
    earlier = kept(name, folder) or []
    merged = {tuple(row[field] for field in key): row for row in (*earlier, *rows)}
    _file(name, folder).write_text(json.dumps(list(merged.values()), indent=1))


def kept(name: str, folder: Path = RUNS) -> list[Row] | None:
    """Return the rows that were kept under a name, or None if there are none."""
    path = _file(name, folder)
    return json.loads(path.read_text()) if path.exists() else None


def _file(name: str, folder: Path) -> Path:
    return folder / f"{name}.json"
