"""Notices callbacks that hold an event loop for too long, by the processor's time: a busy machine makes nobody guilty.

Neither does a module that is loaded in one: it is loaded once in a process, by whoever comes first, and where its bytecode is not
kept, it is compiled.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

MOST_SECONDS = 0.1
"""Airflow warns from 0.2 s on; a triggerer is one loop for all."""


@dataclass
class HeldLoop:
    """The callbacks that held a loop longer than they may, with the seconds."""

    most_seconds: float
    callbacks: list[tuple[float, str]] = field(default_factory=list)

    def note(self, seconds: float, handle: asyncio.Handle) -> None:
        if seconds > self.most_seconds:
            self.callbacks.append((seconds, repr(handle)))


@contextmanager
def watched_loops(patch: pytest.MonkeyPatch, most_seconds: float = MOST_SECONDS) -> Iterator[HeldLoop]:
    """Watch every loop of this process; the garbage collector, whose time is nobody's, rests meanwhile."""
    held, run = HeldLoop(most_seconds), asyncio.Handle._run  # type: ignore[attr-defined]

    def watched(handle: asyncio.Handle) -> None:
        began, loaded = time.thread_time(), len(sys.modules)
        run(handle)
        if len(sys.modules) == loaded:
            held.note(time.thread_time() - began, handle)

    gc.disable()
    try:
        with patch.context() as patched:
            patched.setattr(asyncio.Handle, "_run", watched)
            yield held
    finally:
        gc.enable()


@pytest.fixture
def no_callback_holds_the_loop(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with watched_loops(monkeypatch) as held:
        yield
    assert not held.callbacks, f"held for more than {held.most_seconds} s: {held.callbacks}"
