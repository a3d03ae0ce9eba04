"""Measures what the fixture `veza_emulator` costs a test: start and stop of a tenant, with the demo data and with a seed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from veza_emulator.emulator import emulator_of

ROUNDS = 200


def main() -> None:
    """Print the medians, and what the first test of a session pays for the demo data."""
    first = _milliseconds(_start_and_stop)
    print(f"first start and stop, with the demo data built: {first:.1f} ms")
    for name, action in (("start and stop", _start_and_stop), ("start, seed and stop", _start_seed_and_stop)):
        median = statistics.median(_milliseconds(action) for _ in range(ROUNDS))
        print(f"{name}: {median:.2f} ms (median of {ROUNDS})")


def _start_and_stop() -> None:
    with emulator_of():
        pass


def _start_seed_and_stop() -> None:
    with emulator_of() as emulator:
        emulator.seed(
            nodes=[{"id": "ada", "type": "OktaUser"}, {"id": "payroll", "type": "S3Bucket"}],
            edges=[{"from": "ada", "to": "payroll", "permissions": ["s3:GetObject"]}],
        )


def _milliseconds(action: Callable[[], None]) -> float:
    start = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - start)


if __name__ == "__main__":
    main()
