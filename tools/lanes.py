"""Makes targets of the Makefile, two at a time: those whose stages keep one core busy, or none. It knows nothing of what they do.

What a target prints is shown when it has ended. After one has failed no other begins. Two commands that are one stage are in
:mod:`tools.side_by_side`.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock

LANES = 2


class Lanes:
    """Runs commands, so many at a time, and remembers whether to begin another."""

    def __init__(self) -> None:
        self._is_over = Event()
        self._printing = Lock()
        self._running: set[subprocess.Popen[bytes]] = set()

    def run(self, commands: Sequence[Sequence[str]]) -> int:
        """Run them in this order; return 0, or the status of one that failed, as a shell does."""
        with ThreadPoolExecutor(LANES) as pool:
            return next((status for status in pool.map(self._one, commands) if status), 0)

    def end(self) -> None:
        """Tell those that run to end in good order, and begin no other."""
        self._is_over.set()
        for child in tuple(self._running):
            child.terminate()

    def _one(self, command: Sequence[str]) -> int:
        if self._is_over.is_set():
            return 0
        with tempfile.TemporaryFile() as output:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
            self._running.add(child)
            if self._is_over.is_set():  # Since it was looked at.
                child.terminate()
            status = child.wait()
            self._running.discard(child)
            if status:
                self._is_over.set()
            with self._printing:
                output.seek(0)
                shutil.copyfileobj(output, sys.stdout.buffer)
                sys.stdout.flush()
        return status if status >= 0 else 128 - status


def main(make: str, *targets: str) -> int:
    """Make the targets by this command of make."""
    lanes = Lanes()
    # A terminal's Ctrl-C reaches the children by itself; make's SIGTERM reaches only this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda _number, _frame: lanes.end())
    return lanes.run([[make, "--no-print-directory", target] for target in targets])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
