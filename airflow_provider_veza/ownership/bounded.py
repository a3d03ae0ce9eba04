"""Work that may take only so long, for a process that is being killed; what the work is, its caller knows."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread


def finished_within(seconds: float, work: Callable[[], object]) -> bool:
    """Run ``work`` in a thread and say whether it ended in time; if not, it goes on as long as the process lives."""
    thread = Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    return not thread.is_alive()
