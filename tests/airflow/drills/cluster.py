"""The Elasticsearch double as a process of its own, as drills and example DAGs see it; how it behaves is in ``esql_double``."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from esql_double.server import Double
from tools.real_airflow.processes import Processes, ProcessSpec
from tools.real_airflow.run_folder import REPOSITORY, tail
from tools.real_airflow.waiting import wait_until

START_LIMIT = 120.0

Json = dict[str, Any]


class Cluster:
    """A running cluster whose queries all come to one table.

    :param duration: seconds that a query runs; None lets it run until it is finished by hand.
    """

    def __init__(self, double: Double, table: Json, duration: float | None) -> None:
        double.usual(duration=duration, **table)
        self._double = double
        self._table = table
        self._finished: set[str] = set()

    def queries(self) -> list[Json]:
        """Return every query that was submitted, in the words of the Veza tenant, and whether its result is stored.

        What has ended, was not finished by hand and left nothing stored counts as cancelled: it was deleted while it ran,
        unless its time was up before.
        """
        return [self._told(query) for query in self._double.queries]

    def looks(self, query_id: str) -> int:
        """Return how often a query was looked at."""
        return next(int(query["gets"]) for query in self._double.queries if query["id"] == query_id)

    def rows(self, query_id: str) -> list[Json]:
        """Return the rows of a query, which the cluster itself no longer has once they are delivered."""
        assert any(query["id"] == query_id for query in self._double.queries)
        names = [column["name"] for column in self._table["columns"]]
        return [dict(zip(names, values, strict=True)) for values in self._table["values"]]

    def finish(self, query_id: str) -> None:
        """End a running query at once."""
        self._finished.add(query_id)
        self._double.end(query_id)

    def connection_environment(self, conn_id: str) -> dict[str, str]:
        """Return the environment by which an Airflow knows it under that connection."""
        address = urlsplit(self._double.url)
        connection = {
            "conn_type": "elasticsearch",
            "host": address.hostname,
            "port": address.port,
            "extra": {"api_key": self._double.api_key},
        }
        return {f"AIRFLOW_CONN_{conn_id.upper()}": json.dumps(connection)}

    def _told(self, query: Json) -> Json:
        ended = None if query["running"] else datetime.fromtimestamp(query["ended_at"], UTC).isoformat()
        is_finished = query["stored"] or query["id"] in self._finished
        return {
            "id": query["id"],
            "spec": query["body"],
            "submitted": datetime.fromtimestamp(query["submitted_at"], UTC).isoformat(),
            "finished": ended if is_finished else None,
            "cancelled": None if is_finished else ended,
            "stored": query["stored"],
        }


def start_cluster(
    processes: Processes,
    folder: Path,
    environment: Mapping[str, str],
    name: str,
    table: Json,
    duration: float | None = None,
) -> Cluster:
    """Start a cluster on a free port and return it when it listens."""
    path = f"{REPOSITORY / 'tests'}:{environment['PYTHONPATH']}"
    command = (sys.executable, "-m", "esql_double")
    log = folder / f"{name}.log"
    process = processes.start(ProcessSpec(name, command, {**environment, "PYTHONPATH": path}, folder, log))

    def address() -> str | None:
        process.check_running()
        found = re.search(r"http://\S+", log.read_text())
        return found.group() if found else None

    url = wait_until(address, f"{name} to say where it listens", START_LIMIT, lambda: tail(log))
    return Cluster(Double(url), table, duration)
