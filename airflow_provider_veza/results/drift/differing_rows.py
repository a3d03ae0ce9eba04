"""The rows that differ, read again from the two results, and the form in which a changed row is landed.

Which rows differ is decided in :mod:`.index`.
"""

from __future__ import annotations

import pickle
from array import array
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from msgspec import json

from airflow_provider_veza.async_query.layout import ColumnType, RowLayout
from airflow_provider_veza.async_query.rows import Row
from airflow_provider_veza.results.columns import Flattener
from airflow_provider_veza.results.drift.rule import DriftRule
from airflow_provider_veza.results.manifest import Columns
from airflow_provider_veza.results.reading import LandedResult

BEFORE, AFTER = "before", "after"

ChangeShape = Callable[[Row, Row, DriftRule], Row]
"""How a changed row is written: from the row before, the row after and the rule."""


def rows_at(result: LandedResult, positions: Iterator[int]) -> Iterator[Row]:
    """Yield the rows at ascending positions; parts without any are not read."""
    wanted = next(positions, None)
    first = 0
    for part in result.manifest.parts:
        if wanted is not None and wanted < first + part.rows:
            for position, row in enumerate(result.rows_of(part), first):
                if position == wanted:
                    yield row
                    wanted = next(positions, None)
        first += part.rows


class KeptRows:
    """Rows in a local file, by their number; only their offsets are in memory.

    Pickled, since rows of tables hold date-times and JSON integers have any size; nobody else writes the file.
    """

    def __init__(self, path: Path, rows: Iterable[Row]) -> None:
        self._offsets = array("Q")
        with path.open("wb") as file:
            for row in rows:
                self._offsets.append(file.tell())
                pickle.dump(row, file, pickle.HIGHEST_PROTOCOL)
        self._path = path

    def in_order(self, numbers: Iterable[int]) -> Iterator[Row]:
        """Yield the rows of these numbers."""
        with self._path.open("rb") as file:
            for number in numbers:
                file.seek(self._offsets[number])
                row: Row = pickle.load(file)
                yield row


def nested_change(before: Row, after: Row, rule: DriftRule) -> dict[str, Any]:
    """Return a changed row: what it is about, the names of what changed, and the rows before and after as they are."""
    return _change(before, after, rule) | {BEFORE: before, AFTER: after}


class FlatChange:
    """Writes changed rows as one level of columns, ``before.risk_level`` and so on.

    :param before: columns of the earlier result, where that is a table.
    :param after: columns of the later one.
    """

    def __init__(self, layout: RowLayout, before: Columns, after: Columns) -> None:
        self._sides = (
            (BEFORE, Flattener(layout_of_rows(layout, before))),
            (AFTER, Flattener(layout_of_rows(layout, after))),
        )

    def __call__(self, before: Row, after: Row, rule: DriftRule) -> dict[str, Any]:
        """Return one changed row."""
        flat = _change(before, after, rule)
        for (side, flatten), row in zip(self._sides, (before, after), strict=True):
            flat |= {f"{side}.{name}": _unsplit(cells.values[0]) for name, cells in flatten([row]).items()}
        return flat


def layout_of_rows(layout: RowLayout, columns: Columns) -> RowLayout:
    """Return the layout for landing rows of a result again: its columns keep the types that they have."""
    types = {column.name: column.type for column in columns if column.type is not ColumnType.NULL}
    return RowLayout(prefixes=layout.prefixes, types={**layout.types, **types}, depth=layout.depth)


def layout_of_changes(layout: RowLayout, before: Columns, after: Columns) -> RowLayout:
    """Return the layout for landing changed rows, from the columns of both results."""
    types = dict(layout_of_rows(layout, after).types)
    for side, columns in ((BEFORE, before), (AFTER, after)):
        side_types = layout_of_rows(layout, columns).types.items()
        types |= {f"{side}.{name}": kind for name, kind in side_types if kind is not ColumnType.JSON}
    return RowLayout(types=types)


def _unsplit(value: Any) -> Any:
    """Return an object as text, so that it stays one column under its longer name."""
    return json.encode(value).decode() if isinstance(value, dict) else value


def _change(before: Row, after: Row, rule: DriftRule) -> dict[str, Any]:
    identity = rule.identity_of(after) or {}
    return {**identity, "changed": rule.changed_fields(before, after)}
