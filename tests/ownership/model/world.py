"""The world that the provider's code meets in the check: clock, row, tenant, stores, and the story of what happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from airflow_provider_veza.async_query.identity import TaskIdentity
from airflow_provider_veza.exceptions import NoAnswerError, ServerError
from ownership.model.airflow_row import Attempt, Row
from ownership.model.tenant import Tenant
from ownership.model.turnstile import SECONDS_PER_TURN, Process, Stop, Strand, Turn, current, wait_for_turn

T = TypeVar("T")

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
IDENTITY = TaskIdentity("access", "ask", "manual__1")
RECORD_PATH = "/records"


class Rules(StrEnum):
    """An Airflow, and where it lets a record be kept."""

    STATE_STORE = "Airflow 3.3, its state store alone"
    MIRRORED = "Airflow 3.3, its state store and a file"
    FILE = "Airflow 3.2, a file"
    AIRFLOW_2 = "Airflow 2.11, a file"

    @property
    def is_airflow_3(self) -> bool:
        return self is not Rules.AIRFLOW_2

    @property
    def has_state_store(self) -> bool:
        return self in (Rules.STATE_STORE, Rules.MIRRORED)

    @property
    def has_file(self) -> bool:
        return self is not Rules.STATE_STORE


@dataclass(frozen=True)
class Wishes:
    """How the task of one story is written.

    :param lands: whether the rows go to a folder, where they outlast their source.
    :param keeps_result: whether the service keeps a result until it is released.
    """

    retries: int = 1
    defers: bool = False
    lands: bool = False
    keeps_result: bool = True
    listens: bool = True


class BrokenPromiseError(AssertionError):
    """A promise was broken."""


CUT_OFF = 403
"""The status of answers to an attempt whose token is no longer taken."""


class AnswerError(Exception):
    """What the SDK raises for an answer with an error status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status
        self.error = _Detail({"status_code": status})


@dataclass(frozen=True)
class _Detail:
    detail: dict[str, int]


@dataclass
class File:
    """What lies at the record's place, and its version."""

    data: bytes | None = None
    version: int = 0


@dataclass
class World:
    """Everything that is there.

    :param needs_sweep: whether something happened after which only a sweep can end a query that nobody waits for: a process
        died, a request to the tenant failed, a kill ran out of time, a deferral was refused.
    """

    rules: Rules
    wishes: Wishes = field(default_factory=Wishes)
    turn: int = 0
    story: list[str] = field(default_factory=list)
    processes: list[Process] = field(default_factory=list)
    state_store: dict[str, Any] = field(default_factory=dict)
    file: File = field(default_factory=File)
    tenant: Tenant = field(default_factory=Tenant)
    latest_writer: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    needs_sweep: bool = False
    row: Row = field(init=False)

    def __post_init__(self) -> None:
        self.row = Row(self.rules.is_airflow_3, self.wishes.retries)

    def now(self) -> datetime:
        """Return the time by the clock of the process that runs."""
        return NOON + timedelta(seconds=self.seconds())

    def seconds(self) -> float:
        return self.turn * SECONDS_PER_TURN + current().process.skew

    def began(self) -> datetime:
        """Return the time at which Airflow begins a process now."""
        return NOON + timedelta(seconds=self.turn * SECONDS_PER_TURN)

    def tell(self, text: str) -> None:
        self.story.append(f"{self.turn:4} {text}")

    def spawn(self, process: Process, work: Callable[[], object], name: str = "") -> Strand:
        """Begin a strand of a process."""
        if process not in self.processes:
            self.processes.append(process)
        return Strand(name or process.name, process, work)

    def strands(self) -> list[Strand]:
        return [strand for process in self.processes for strand in process.strands if not strand.is_finished]

    def ready(self) -> list[Strand]:
        return [strand for strand in self.strands() if strand.can_go()]

    def resume(self, strand: Strand, turn: Turn = Turn.GO) -> None:
        """Let a strand run to its next stop."""
        self.turn += 1
        self.row.turn = self.turn
        how = "" if turn is Turn.GO else f" [{turn}]"
        self.tell(f"{strand.name}: {strand.stop.text}{how}")
        strand.resume(turn)
        self.require_kept()

    def break_promise(self, text: str) -> None:
        """Remember that a promise was broken; the provider's code, which may catch errors, goes on until its next stop."""
        self.tell(f"     BROKEN {text}")
        self.broken.append(text)

    def require_kept(self) -> None:
        """Raise what was broken, with the story."""
        if self.broken:
            raise BrokenPromiseError("\n".join([*self.broken, "", f"{self.rules}; {self.wishes}", *self.story]))

    def perform(
        self, text: str, effect: Callable[[], T], *, in_channel: bool = False, turns: frozenset[Turn] = frozenset()
    ) -> T:
        """Do what others can see, on this strand's turn."""
        turn = wait_for_turn(Stop(text, turns=turns, in_channel=in_channel))
        process = current().process
        self.needs_sweep |= turn is not Turn.GO
        if in_channel and isinstance(process, Attempt):
            _refuse_cut_off(process)
        if turn is Turn.FAIL:
            raise ServerError(503, "the service is busy")
        result = effect()
        if turn is Turn.LOSE:
            raise NoAnswerError("the connection broke")
        return result

    def rest(self, text: str, seconds: float) -> None:
        """Sleep."""
        wait_for_turn(Stop(text))
        current().process.skew += max(seconds - SECONDS_PER_TURN, 0.0)


def _refuse_cut_off(process: Attempt) -> None:
    process.is_unanswered |= process.is_alone or process.is_denied
    if process.is_alone:
        raise EOFError("the supervisor is gone")
    if process.is_denied:
        raise AnswerError(CUT_OFF)


class StoryLog:
    """A task's log that goes into the story."""

    def __init__(self, world: World) -> None:
        self._world = world

    def log(self, level: int, event: str, *args: Any) -> None:
        text = event % args if args else event
        if "outside of the Task Runner" in text:
            return
        self._world.tell(f"     {current().name} logs: {text[:160]}")

    def info(self, event: str, *args: Any) -> None:
        self.log(20, event, *args)

    def warning(self, event: str, *args: Any) -> None:
        self.log(30, event, *args)

    def debug(self, event: str, *args: Any) -> None:
        self.log(10, event, *args)

    def exception(self, event: str, *args: Any) -> None:
        self.log(40, event, *args)
