"""Commands that a test starts, each in a process group of its own, so that nothing which they start outlives the test."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

Begin = Callable[..., subprocess.Popen[str]]


@contextmanager
def process_groups() -> Iterator[Begin]:
    """Yield what starts a command, whose output is to be read; at the end all of them are killed."""
    started: list[subprocess.Popen[str]] = []

    def begin(command: Sequence[str], **options: Any) -> subprocess.Popen[str]:
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, process_group=0, **options))
        return started[-1]

    try:
        yield begin
    finally:
        for each in started:
            with suppress(ProcessLookupError):
                os.killpg(each.pid, signal.SIGKILL)
            each.communicate()
