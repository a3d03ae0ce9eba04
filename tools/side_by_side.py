"""Runs commands at the same time, since each mostly waits. It knows nothing of what they do; a stage is in :mod:`tools.stage`.

What the first prints is seen at once, what the others print when all have ended.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import IO

AND = "AND"
"""Stands between two commands."""
NAME = "tools.side_by_side"

Running = Sequence[subprocess.Popen[bytes]]


def main(*words: str) -> int:
    """Run the commands to their ends; return 0, or the status of the first of them that failed, as a shell does."""
    first, *others = commands(words)
    with ExitStack() as stack:
        outputs = [stack.enter_context(tempfile.TemporaryFile()) for _ in others]
        statuses = [child.wait() for child in start(first, others, outputs)]
        for output in outputs:
            output.seek(0)
            shutil.copyfileobj(output, sys.stdout.buffer)
    sys.stdout.flush()
    return next((status if status > 0 else 128 - status for status in statuses if status), 0)


def commands(words: Sequence[str]) -> Iterator[list[str]]:
    """Yield the commands that the words make."""
    command: list[str] = []
    for word in words:
        if word == AND:
            yield command
            command = []
        else:
            command.append(word)
    yield command


def joined(commands: Iterable[Sequence[str]]) -> list[str]:
    """Return the words that make these commands."""
    return [word for number, command in enumerate(commands) for word in ((AND,) if number else ()) + tuple(command)]


def without_neighbours(command: Sequence[str]) -> Sequence[str]:
    """Return what is to run, where a command of a stage begins by naming this module."""
    return command[command.index(NAME) + 1 :] if NAME in command else command


def start(first: list[str], others: Sequence[list[str]], outputs: Sequence[IO[bytes]]) -> Running:
    """Start all; each gets the time to stop what it started, whoever interrupts."""
    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: told.append(number))
    running = [subprocess.Popen(first)]
    for other, output in zip(others, outputs, strict=True):
        running.append(subprocess.Popen(other, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT))
    # Only now, since they would inherit it. A terminal's Ctrl-C reaches them by itself; SIGTERM reaches only this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda _number, _frame: end(running))
    if told:
        end(running)
    return running


def end(running: Running) -> None:
    """Tell all to end in good order."""
    for child in running:
        child.terminate()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
