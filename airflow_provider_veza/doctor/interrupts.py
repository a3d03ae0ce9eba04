"""Ctrl-C and SIGTERM while an examination runs: at once, but not between a submit and its answer; signals only."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Turns both signals into KeyboardInterrupt; one that comes while held is raised at the end of the hold.

    A second one is raised at once, held or not: whoever asks twice does not want to wait.
    """

    def __init__(self) -> None:
        self._holds = 0
        self._came = 0
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._note) for number in SIGNALS}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the first signal until the end of the block."""
        came = self._came
        self._holds += 1
        try:
            yield
        finally:
            self._holds -= 1
        if self._came > came:
            raise KeyboardInterrupt

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._came += 1
        if not self._holds or self._came > 1:
            raise KeyboardInterrupt
