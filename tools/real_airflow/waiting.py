"""Waiting for something that can be observed. Only here does the harness sleep, from one look to the next."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from tools.real_airflow.errors import WaitTimeoutError

T = TypeVar("T")

INTERVAL = 0.4


def no_evidence() -> str:
    """Stand in for evidence where the caller has none to show."""
    return ""


def wait_until(
    look: Callable[[], T | None],
    what: str,
    within: float,
    evidence: Callable[[], str] = no_evidence,
) -> T:
    """Look until there is an answer other than None or False and return it, or fail with the evidence."""
    deadline = time.monotonic() + within
    while True:
        found = look()
        if found is not None and found is not False:
            return found
        if time.monotonic() >= deadline:
            raise WaitTimeoutError(f"waited {within:.0f} s, in vain, for: {what}\n{evidence()}")
        time.sleep(INTERVAL)
