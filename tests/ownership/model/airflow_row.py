"""One task instance as Airflow treats it: its row, its tries and own ids, its trigger; the provider does not enter.

What real Airflows did in each case is told in the documentation of the drills.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.identity import RunLife
from ownership.model.turnstile import Process

OVER = frozenset({"success", "failed", "skipped"})
WAITS_FOR_SCHEDULER = frozenset({None, "up_for_retry"})


@dataclass(eq=False)
class Attempt(Process):
    """The process of an attempt, or of its continuation after a deferral.

    :param own_id: of the task instance when the process began.
    :param life: true number of the task's life, which Airflow does not tell.
    :param is_alone: whether its supervisor was killed.
    :param is_denied: whether its token has expired.
    :param asked_at: the turn of the last answer about itself.
    :param signalled_at: the turn at which it was first told to end.
    """

    try_number: int = 0
    own_id: int = 0
    life: int = 0
    run_life: RunLife = field(default_factory=lambda: RunLife(0))
    event: Any = None
    is_alone: bool = False
    is_denied: bool = False
    asked_at: int = -1
    signalled_at: int = -1
    began_at: int = 0
    operator: Any = None
    listeners: Any = None
    has_slept: bool = False
    is_reporting: bool = False
    is_unanswered: bool = False

    @property
    def own_pid(self) -> int:
        """Tells this process from all others."""
        return id(self)

    @property
    def handle(self) -> QueryHandle | None:
        """The query that it waits for."""
        charge = self.operator._charge if self.operator is not None else None
        return charge.handle if charge is not None else None

    @property
    def is_last(self) -> bool:
        """Whether no retry follows."""
        return self.try_number > self.run_life.max_tries


@dataclass(eq=False)
class TriggerRow:
    """A deferral, as Airflow keeps it."""

    handle: QueryHandle
    try_number: int


@dataclass
class Row:
    """The task instance.

    :param tells_clears: whether a clear of a running task is known once its process has ended in good order (Airflow 3).
    :param superseded_at: the turn at which the process named last ceased to count.
    """

    is_airflow_3: bool
    retries: int
    exists: bool = True
    state: str | None = None
    try_number: int = 0
    max_tries: int = 0
    clear_number: int = 0
    run_started: str = "2026-11-22T00:00:00+00:00"
    own_id: int = 1
    life: int = 1
    process: Attempt | None = None
    trigger: TriggerRow | None = None
    event: Any = None
    xcom: dict[str, Any] = field(default_factory=dict)
    turn: int = 0
    superseded_at: dict[Attempt, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.max_tries = self.retries

    @property
    def run_life(self) -> RunLife:
        """What an attempt that begins now is told."""
        return RunLife(self.max_tries, self.clear_number, self.run_started, self.retries)

    def counts(self, attempt: Process) -> bool:
        """Whether this is the process that the row speaks of."""
        return self.exists and self.process is attempt and self.state == "running"

    def is_attended(self) -> bool:
        """Whether the task's process is at work and has not begun to end, and so will hear of a mark."""
        return self.state == "running" and self.process is not None and not self.process.signals

    def is_told_to_end(self, attempt: Attempt) -> bool:
        """Whether a heartbeat of its supervisor ends the process."""
        if attempt.is_alone:
            return False
        if self.is_airflow_3:
            return attempt.is_denied or not self.lives(attempt) or self.state != "running"
        is_own = self.process is attempt and attempt.try_number == self.try_number
        return not self.exists or (is_own and self.state in OVER | {"restarting"})

    def lives(self, attempt: Attempt) -> bool:
        """Whether the own id of the attempt is still the row's."""
        return self.exists and self.own_id == attempt.own_id

    def can_start(self) -> bool:
        return self.exists and (self.state in WAITS_FOR_SCHEDULER or self.state == "scheduled")

    def start(self, attempt: Attempt) -> None:
        """Begin an attempt, or go on after a deferral."""
        if self.event is None:
            self.try_number += 1
            self.xcom.clear()
        attempt.event, self.event = self.event, None
        attempt.try_number, attempt.own_id, attempt.life = self.try_number, self.own_id, self.life
        attempt.run_life, attempt.began_at = self.run_life, self.turn
        self.process, self.state = attempt, "running"

    def clear(self) -> None:
        """Clear this task."""
        self.life += 1
        self.clear_number += 1
        if self.state in OVER:
            self.run_started = f"2026-11-22T00:00:{self.clear_number:02}+00:00"
        if self.state == "running":
            self.state = "restarting"
            if self.is_airflow_3:
                self._new_id()
            return
        self.max_tries = self.try_number + self.retries
        self._reset()

    def reset(self) -> None:
        """Do what another scheduler does with a task whose scheduler died."""
        self._reset()

    def delete(self) -> None:
        self.exists = False
        self._reset()

    def mark(self, state: str) -> None:
        self.state = state
        self.trigger = self.event = None

    def defer(self, trigger: TriggerRow) -> None:
        self.state, self.trigger = "deferred", trigger
        self._supersede()

    def fire(self, trigger: TriggerRow, event: Any) -> bool:
        """Take the event of a trigger that Airflow still knows."""
        if self.trigger is not trigger or self.state != "deferred":
            return False
        self.state, self.trigger, self.event = "scheduled", None, event
        return True

    def succeed(self) -> None:
        self.state = "success"

    def fail(self, *, is_final: bool = False) -> None:
        """End an attempt without success."""
        if is_final or self.try_number > self.max_tries:
            self.state = "failed"
            return
        self.state = "up_for_retry"
        self._new_id()

    def lose(self, *, in_good_order: bool) -> None:
        """Learn that the process of the row is no more.

        :param in_good_order: whether its supervisor has told so; otherwise its host was lost.
        """
        if self.state == "running":
            self._supersede()
            self.fail()
        elif in_good_order and self.is_airflow_3:
            self.max_tries = self.try_number + self.retries
            self._reset()
        elif in_good_order or self.is_airflow_3:
            self.state = "up_for_retry"
            self._new_id()

    def _reset(self) -> None:
        self._supersede()
        self.state = self.trigger = self.event = None
        self._new_id()

    def _new_id(self) -> None:
        self.own_id += 1
        self._supersede()

    def _supersede(self) -> None:
        if self.process is not None:
            self.superseded_at.setdefault(self.process, self.turn)
