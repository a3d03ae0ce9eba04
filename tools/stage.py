"""One stage of `make test`: a heading, a command, and how long it took. It knows nothing of what the command does."""

from __future__ import annotations

import signal
import subprocess
import sys
import time


def main(title: str, *command: str) -> int:
    """Run the command to its end and return its exit status."""
    print(f"\n=== {title} ===", flush=True)
    started = time.monotonic()
    child = subprocess.Popen(command)
    # A terminal's Ctrl-C reaches the child by itself; make's SIGTERM reaches only this process. Either way the child
    # gets the time to stop what it started.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, _frame: child.send_signal(number))
    status = child.wait()
    outcome = "done" if status == 0 else f"FAILED with status {status}"
    print(f"--- {title}: {outcome} in {time.monotonic() - started:.0f} s", flush=True)
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
