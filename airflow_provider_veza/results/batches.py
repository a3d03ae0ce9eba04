"""Which pages are written together, and where parts end.

They are written in :mod:`.landing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from airflow_provider_veza.async_query.layout import ColumnType
from airflow_provider_veza.async_query.rows import JsonRows
from airflow_provider_veza.results.checkpoint import Progress

PART_AGE = timedelta(minutes=5)
"""With a slow service a part fills slowly; a crash must not cost more than this."""


@dataclass(frozen=True)
class Batch:
    """Rows of one page or more, to be written together.

    :param types: that the answers declare for their columns.
    :param progress: how far the pages have come with these.
    :param ends_part: whether the part that they go into ends after them.
    """

    pages: tuple[JsonRows, ...]
    types: Mapping[str, ColumnType]
    text_bytes: int
    progress: Progress
    ends_part: bool


class Batches:
    """Collects pages until they are worth writing.

    :param group_bytes: JSON text that makes a batch.
    :param part_bytes: JSON text that makes a part.
    :param now: when the first part begins.
    """

    def __init__(self, group_bytes: int, part_bytes: int, now: datetime) -> None:
        self._group_bytes = group_bytes
        self._part_bytes = part_bytes
        self._pages: list[JsonRows] = []
        self._types: dict[str, ColumnType] = {}
        self._held_bytes = 0
        self._bytes_of_part = 0
        self._part_since = now

    def add(self, rows: JsonRows, types: Mapping[str, ColumnType], progress: Progress, now: datetime) -> Batch | None:
        """Add a page; return all that is held when it is time to write it, as it always is after the last page."""
        self._pages.append(rows)
        self._types.update(types)
        self._held_bytes += rows.size
        ends_part = self._part_ends(now)
        if not ends_part and self._held_bytes < self._group_bytes and not progress.all_read:
            return None
        batch = Batch(tuple(self._pages), self._types, self._held_bytes, progress, ends_part)
        self._pages, self._types, self._held_bytes = [], {}, 0
        if ends_part:
            self._bytes_of_part, self._part_since = 0, now
        else:
            self._bytes_of_part += batch.text_bytes
        return batch

    def _part_ends(self, now: datetime) -> bool:
        return self._bytes_of_part + self._held_bytes >= self._part_bytes or now - self._part_since >= PART_AGE
