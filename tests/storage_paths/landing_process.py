"""Attempts to land a result as processes that can be killed: forks of one that has everything imported; run as a script."""

from __future__ import annotations

import json
import logging
import os
import sys
from typing import Any

from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.hooks.landing_loop import LandingOrder, land
from airflow_provider_veza.hooks.veza import VezaHook
from airflow_provider_veza.results.formats import csv_table, jsonl, parquet
from airflow_provider_veza.results.landing_limits import LandingLimits
from airflow_provider_veza.transport import aio

PRELOADED = (csv_table, jsonl, parquet, aio)


def attempt(order: dict[str, Any]) -> None:
    """Land once."""
    wanted = LandingOrder(order["path"], order["format"], limits=LandingLimits(part_bytes=order["part_bytes"]))
    handle = QueryHandle.from_json(order["handle"])
    land(VezaHook(veza_conn_id="veza_default").query(handle), wanted, logging.getLogger("landing"), lambda **_: None)


def serve() -> None:
    """For each order on stdin, fork an attempt and say its pid; else say whether it is over, or wait and say how it ended."""
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # Airflow logs to stdout
    pid = 0
    for line in sys.stdin:
        if line == "over?\n":
            # It stays to be waited for, so that its pid is no other process's.
            over = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            print(f"reply {over is not None}", file=replies, flush=True)
        elif line.strip():
            pid = os.fork()
            if pid == 0:
                attempt(json.loads(line))
                os._exit(0)
            print(f"reply {pid}", file=replies, flush=True)
        else:
            print(f"reply {os.waitpid(pid, 0)[1]}", file=replies, flush=True)


if __name__ == "__main__":
    serve()
