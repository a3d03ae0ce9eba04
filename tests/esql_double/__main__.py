"""Serves the double as a process of its own until it is told to end: ``python -m esql_double [PORT]``, from ``tests/``.

It prints its URL and an API key that it takes, separated by a space.
"""

from __future__ import annotations

import signal
import sys

from esql_double.server import running_double

if __name__ == "__main__":
    with running_double(int(sys.argv[1]) if len(sys.argv) > 1 else 0) as double:
        print(double.url, double.api_key, flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
