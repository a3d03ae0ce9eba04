"""The Veza tenant on loopback, as a process of its own, and what it saw. Nothing of its code is imported."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from tools.real_airflow.processes import Processes, ProcessSpec
from tools.real_airflow.run_folder import tail
from tools.real_airflow.waiting import wait_until

API_KEY = "key-of-the-loopback-tenant"
START_LIMIT = 120.0
ANSWER_LIMIT = 10.0

Json = dict[str, Any]


class Emulator:
    """A running tenant."""

    def __init__(self, processes: Processes, spec: ProcessSpec) -> None:
        self._processes = processes
        self._process = processes.start(spec)
        self.url = self._address()
        self._session = requests.Session()
        self._session.trust_env = False

    def journal(self) -> list[dict[str, Any]]:
        """Return every request that it received, in order."""
        return list(self._ask("journal")["requests"])

    def queries(self) -> list[dict[str, Any]]:
        """Return every query that was submitted to it, with its state and times."""
        return list(self._ask("queries")["queries"])

    def rows(self, query_id: str) -> list[Any]:
        """Return all rows of a query that has succeeded, read as a client of the tenant reads them."""
        rows: list[Any] = []
        page: Json = {"has_more": True, "next_page_token": ""}
        while page["has_more"]:
            body = {"query_result_id": query_id, "page_token": page["next_page_token"]}
            page = self._send("POST", "/api/v1/assessments/query_spec:nodes_async_get", body)
            rows += page["values"] or page["path_values"]
        return rows

    def submit(self, spec: Json) -> str:
        """Submit a query that runs at once, and return its id."""
        body = {"immediate_run": {"request": {"body": spec}}}
        return str(self._send("POST", "/api/v1/assessments/query_spec:nodes_async_create", body)["query_result_id"])

    def looks(self, query_id: str) -> int:
        """Return how often a query was looked at."""
        asked = [request for request in self.journal() if request["path"].endswith("nodes_async_get")]
        return sum(request["query_id"] == query_id for request in asked)

    def finish(self, query_id: str) -> None:
        """End a running query at once."""
        self._send("POST", f"/_emulator/queries/{query_id}:finish", {})

    def let_queries_run(self) -> None:
        """Make every new query run until it is finished by hand."""
        self._send("POST", "/_emulator/behaviour", {"duration_seconds": None, "pending_seconds": 0})

    def delay_submits(self, seconds: float) -> None:
        """Make every submit wait before it is carried out, though nobody may be there for the answer any more."""
        fault = {"kind": "delay", "seconds": seconds, "times": 1_000, "match": {"path_suffix": "nodes_async_create"}}
        self._send("POST", "/_emulator/faults", fault)

    def restart(self) -> None:
        """Kill it and start it at the same address: it has forgotten every query, and what it was told."""
        spec = self._process.spec
        self._process.kill()
        port = str(urlsplit(self.url).port)
        self._process = self._processes.start(replace(spec, command=(*spec.command, "--port", port)))
        self._address()

    def connection_environment(self, conn_id: str = "veza_default", **extra: Any) -> dict[str, str]:
        """Return the environment by which an Airflow knows it under that connection."""
        connection = {"conn_type": "veza", "host": self.url, "password": API_KEY, "extra": extra}
        return {f"AIRFLOW_CONN_{conn_id.upper()}": json.dumps(connection)}

    def _ask(self, what: str) -> Json:
        return self._send("GET", f"/_emulator/{what}")

    def _send(self, method: str, path: str, body: Json | None = None) -> Json:
        headers = {"Authorization": f"Bearer {API_KEY}"}
        response = self._session.request(method, f"{self.url}{path}", json=body, headers=headers, timeout=ANSWER_LIMIT)
        if not response.ok:
            raise requests.HTTPError(f"{method} {path}: {response.status_code} {response.text}")
        return dict(response.json())

    def _address(self) -> str:
        log = self._process.spec.log

        def address() -> str | None:
            self._process.check_running()
            found = re.search(r"listening on (http://\S+)", log.read_text())
            return found.group(1) if found else None

        return wait_until(address, "the emulator to say where it listens", START_LIMIT, lambda: tail(log))


def start_emulator(
    processes: Processes, folder: Path, environment: Mapping[str, str], name: str = "emulator"
) -> Emulator:
    """Start a tenant on a free port and return it when it listens."""
    command = (sys.executable, "-m", "veza_emulator", "--port", "0", "--api-key", API_KEY)
    return Emulator(processes, ProcessSpec(name, command, environment, folder, folder / f"{name}.log"))
