"""Strands of work that stop before each operation until the check lets one of them go on; no Airflow, no query.

A process has one strand, and more where the provider begins a thread. Only one strand runs at a time, so what happens is decided
by the turns alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from queue import SimpleQueue

HANG_SECONDS = 60.0
SECONDS_PER_TURN = 0.5


class Died(BaseException):
    """Unwinds what a dead process would have gone on with."""


class Turn(StrEnum):
    """How a strand goes on."""

    GO = "goes on"
    TIME_OUT = "waits no longer"
    FAIL = "does not get through"
    LOSE = "gets no answer"
    ASK = "asks whether anybody still waits"
    SIGNAL = "is told to end"
    SIGNAL_INSIDE = "is told to end, inside this call"


_SIGNALS = frozenset({Turn.SIGNAL, Turn.SIGNAL_INSIDE})


@dataclass(frozen=True)
class Stop:
    """Where a strand waits for its turn.

    :param ready: whether it can go on.
    :param turns: how it may go on besides plainly.
    :param in_channel: whether the operation is a call to the supervisor, behind which others wait.
    """

    text: str
    ready: Callable[[], bool] = lambda: True
    turns: frozenset[Turn] = frozenset()
    in_channel: bool = False


@dataclass(eq=False)
class Process:
    """What lives, freezes and dies as one.

    :param skew: seconds by which its clock is ahead, since it slept.
    :param on_signal: what it does when it is told to end.
    """

    name: str
    on_signal: Callable[[], None] | None = None
    is_alive: bool = True
    is_frozen: bool = False
    is_over: bool = False
    skew: float = 0.0
    signals: int = 0
    is_channel_held: bool = False
    strands: list[Strand] = field(default_factory=list)

    def __str__(self) -> str:
        return self.name


class Strand:
    """A thread that runs only on its turn."""

    def __init__(self, name: str, process: Process, work: Callable[[], object]) -> None:
        self.name = name
        self.process = process
        self.is_finished = False
        self.stop = Stop("begins")
        self.turn = Turn.GO
        self.error: BaseException | None = None
        self.go = threading.Lock()
        self.back = threading.Lock()
        self.go.acquire()
        self.back.acquire()
        process.strands.append(self)
        _begin(lambda: self._run(work))

    @property
    def main(self) -> bool:
        """Whether this is the thread that signals come to."""
        return self.process.strands[0] is self

    def can_go(self) -> bool:
        """Whether it may be given its turn."""
        return not self.is_finished and not self.process.is_frozen and self.process.is_alive and self.stop.ready()

    def resume(self, turn: Turn) -> None:
        """Let it run to its next stop."""
        self.turn = turn
        self.go.release()
        if not self.back.acquire(timeout=HANG_SECONDS):
            raise AssertionError(f"{self.name} hangs after: {self.stop.text}")
        if self.error is not None:
            raise self.error

    def _run(self, work: Callable[[], object]) -> None:
        _LOCAL.strand = self
        self.go.acquire()
        try:
            if self.process.is_alive:
                work()
        except Died:
            pass
        except BaseException as e:
            self.error = e
        self.is_finished = True
        self.back.release()


_LOCAL = threading.local()
_IDLE: SimpleQueue[SimpleQueue[Callable[[], None]]] = SimpleQueue()


def current() -> Strand:
    """Return the strand that runs."""
    strand: Strand = _LOCAL.strand
    return strand


def wait_for_turn(stop: Stop) -> Turn:
    """Stop until the check gives this strand its turn, and say which; signals are handled meanwhile.

    :raises Died: when the process has died meanwhile.
    """
    strand = current()
    while True:
        strand.stop = stop
        if not strand.process.is_alive:
            raise Died
        strand.back.release()
        strand.go.acquire()
        turn = strand.turn
        if not strand.process.is_alive:
            raise Died
        if turn not in _SIGNALS:
            return turn
        _handle_signal(strand.process, is_inside=turn is Turn.SIGNAL_INSIDE and stop.in_channel)


def _handle_signal(process: Process, *, is_inside: bool) -> None:
    process.is_channel_held = is_inside
    try:
        if process.on_signal is not None:
            process.on_signal()
    finally:
        process.is_channel_held = False


def _begin(work: Callable[[], None]) -> None:
    """Run in a thread that has ended another strand, or in a new one."""
    if _IDLE.empty():
        box: SimpleQueue[Callable[[], None]] = SimpleQueue()
        threading.Thread(target=_serve, args=(box,), daemon=True).start()
    else:
        box = _IDLE.get()
    box.put(work)


def _serve(box: SimpleQueue[Callable[[], None]]) -> None:
    while True:
        box.get()()
        _IDLE.put(box)
