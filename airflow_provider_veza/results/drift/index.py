"""The positions of the rows that differ, found by DuckDB from two numbers for each row; no row and no storage may enter.

The numbers come from :mod:`.rule`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_veza.exceptions import ArgumentError
from airflow_provider_veza.results.drift.counts import DriftCounts
from airflow_provider_veza.results.installed import installing
from airflow_provider_veza.results.scratch import telling_of_scratch

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY_LIMIT = "128MB"
"""Of DuckDB alone; what does not fit goes to the scratch folder."""
_FETCHED_ROWS = 10_000
_SETTINGS: dict[str, Any] = {
    "memory_limit": MEMORY_LIMIT,
    "threads": 2,
    "preserve_insertion_order": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_LOAD = """
CREATE TABLE {side} AS
SELECT position, identity, content, row_number() OVER (PARTITION BY identity, content ORDER BY position) AS copy
FROM read_csv($file, header = false, auto_detect = false,
              columns = {{'position': 'BIGINT', 'identity': 'UHUGEINT', 'content': 'UHUGEINT'}})
"""
_LEFT_OVER = """
CREATE TABLE {side}_left AS
SELECT position, identity, row_number() OVER (PARTITION BY identity ORDER BY content, copy) AS turn
FROM {side} ANTI JOIN {other} USING (identity, content, copy)
"""
_PAIR = """
CREATE TABLE differing AS
SELECT baseline_left.position AS before, current_left.position AS after
FROM baseline_left FULL JOIN current_left USING (identity, turn)
"""
_PAIRS = "SELECT before, after FROM differing WHERE before IS NOT NULL AND after IS NOT NULL"
_COUNT = "SELECT count(*) FILTER (before IS NULL), count(*) FILTER (after IS NULL), count(*) FROM differing"


class DriftIndex:
    """The positions of the rows that differ. A position counts the rows of a result from 0, in their order.

    A result may have several rows of one identity. Those that both results have are unchanged. The others are paired, in an order
    that depends on their contents only, and each pair is one changed row. What is left without a pair is added or removed.
    """

    def __init__(self, connection: DuckDBPyConnection) -> None:
        self._connection = connection
        added, removed, differing = self._row(_COUNT)
        rows = int(self._row("SELECT count(*) FROM current")[0])
        changed = differing - added - removed
        self.counts = DriftCounts(added, removed, changed, rows - added - changed)

    def added(self) -> Iterator[int]:
        """Yield positions in the current result, ascending."""
        return self._positions("SELECT after FROM differing WHERE before IS NULL ORDER BY after")

    def removed(self) -> Iterator[int]:
        """Yield positions in the baseline, ascending."""
        return self._positions("SELECT before FROM differing WHERE after IS NULL ORDER BY before")

    def changed_after(self) -> Iterator[int]:
        """Yield the positions in the current result of all pairs, ascending."""
        return self._positions(f"SELECT after FROM ({_PAIRS}) ORDER BY after")

    def changed_before(self) -> Iterator[int]:
        """Yield the positions in the baseline of all pairs, ascending."""
        return self._positions(f"SELECT before FROM ({_PAIRS}) ORDER BY before")

    def ranks_of_before(self) -> Iterator[int]:
        """Yield, for each pair in the order of :meth:`changed_after`, which row of :meth:`changed_before` is its other half."""
        ranked = f"SELECT after, row_number() OVER (ORDER BY before) - 1 AS rank FROM ({_PAIRS})"
        return self._positions(f"SELECT rank FROM ({ranked}) ORDER BY after")

    def _positions(self, query: str) -> Iterator[int]:
        with closing(self._connection.cursor()) as cursor:
            cursor.execute(query)
            while found := cursor.fetchmany(_FETCHED_ROWS):
                yield from (position for (position,) in found)

    def _row(self, query: str) -> Any:
        return self._connection.execute(query).fetchone()


def write_digests(path: Path, digests: Iterable[tuple[int, int]]) -> None:
    """Write what the index reads: position, identity and content of each row."""
    with path.open("w", encoding="ascii") as file:
        file.writelines(f"{position},{identity},{content}\n" for position, (identity, content) in enumerate(digests))


@contextmanager
def drift_index(*, baseline: Path, current: Path, scratch: Path) -> Iterator[DriftIndex]:
    """Compare two files of :func:`write_digests`, in bounded memory.

    :param scratch: an empty local folder; takes about 150 bytes for each row of both.
    :raises ArgumentError: without DuckDB.
    :raises ScratchError: when the local disk has no room for it.
    """
    with closing(_duckdb(scratch)) as connection, _telling_of_duckdb(scratch):
        for side, file in (("baseline", baseline), ("current", current)):
            connection.execute(_LOAD.format(side=side), {"file": str(file)})
        for side, other in (("baseline", "current"), ("current", "baseline")):
            connection.execute(_LEFT_OVER.format(side=side, other=other))
        connection.execute(_PAIR)
        yield DriftIndex(connection)


@contextmanager
def _telling_of_duckdb(scratch: Path) -> Iterator[None]:
    """Let what DuckDB cannot spill be told as any file that finds no room on the local disk."""
    import duckdb

    try:
        yield
    except (duckdb.IOException, duckdb.OutOfMemoryException) as e:
        with telling_of_scratch(scratch):
            raise OSError(str(e)) from e


def _duckdb(scratch: Path) -> DuckDBPyConnection:
    try:
        import duckdb
    except ImportError as e:
        raise ArgumentError(
            "Landed results are compared with DuckDB, which is not installed here: "
            f"{installing('drift')}. Nothing was compared."
        ) from e
    # Nothing has to outlive this process: a database without a file spares many waits for the disk, and spills all the same.
    settings = _SETTINGS | {"temp_directory": str(scratch / "spilled")}
    return duckdb.connect(":memory:", config=settings)
