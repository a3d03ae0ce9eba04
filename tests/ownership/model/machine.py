"""What may happen next, as the rules of a state machine; hypothesis chooses, and shortens what it finds."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from airflow_provider_veza.async_query.vocabulary import Phase
from ownership.model import promises
from ownership.model.actors import Triggerer, begin_attempt, begin_mark, begin_sweep, begin_trigger, is_attended
from ownership.model.airflow_row import OVER, Attempt
from ownership.model.happenings import (
    bring_to_end,
    bury,
    freeze_or_wake,
    hears_signals,
    is_acting,
    is_lost,
    kill,
    lose,
    signal,
    to_be_ended,
)
from ownership.model.rebuilt import rebuild
from ownership.model.turnstile import Process, Strand, Turn
from ownership.model.world import Rules, Wishes, World

MOST_ATTEMPTS = 5
MOST_SIGNALS = 2
CHOICE = st.integers(0, 7)


class OwnershipMachine(RuleBasedStateMachine):
    """One task instance, its attempts, and everybody else who may end its query."""

    rules_of: Rules

    def __init__(self) -> None:
        super().__init__()
        self._patch = pytest.MonkeyPatch()
        self._world: World | None = None

    @property
    def world(self) -> World:
        assert self._world is not None
        return self._world

    @initialize(
        retries=st.integers(0, 2),
        defers=st.booleans(),
        lands=st.booleans(),
        keeps=st.booleans(),
        listens=st.booleans(),
        ahead=st.integers(0, 16),
    )
    def begin(self, retries: int, defers: bool, lands: bool, keeps: bool, listens: bool, ahead: int) -> None:
        self._world = World(self.rules_of, Wishes(retries, defers, lands, keeps, listens))
        rebuild(self._patch, self.world)
        self.change(self._patch)
        begin_attempt(self.world)
        self._newest_go_on(ahead)

    def change(self, patch: pytest.MonkeyPatch) -> None:
        """Change what is checked; nothing here."""

    @rule(which=CHOICE, times=st.integers(1, 6))
    def go_on(self, which: int, times: int) -> None:
        self._go(self.world.ready(), which, times)

    @rule(times=st.integers(1, 12))
    def newest_goes_on(self, times: int) -> None:
        self._newest_go_on(times)

    @rule(times=st.integers(1, 12))
    def attempt_goes_on(self, times: int) -> None:
        of_row = [strand for strand in self.world.ready() if strand.process is self.world.row.process]
        self._go(of_row, 0, times)

    @rule(which=CHOICE, turn=st.sampled_from([Turn.TIME_OUT, Turn.FAIL, Turn.LOSE, Turn.ASK]))
    def go_on_otherwise(self, which: int, turn: Turn) -> None:
        able = [strand for strand in self.world.strands() if turn in strand.stop.turns]
        able = [strand for strand in able if strand.process.is_alive and not strand.process.is_frozen]
        if able:
            self.world.resume(able[which % len(able)], turn)

    @rule(which=CHOICE, is_inside=st.booleans())
    def signal(self, which: int, is_inside: bool) -> None:
        """End a process in good order: an eviction, a heartbeat, a triggerer that lets go."""
        able = [process for process in self._acting() if isinstance(process, (Attempt, Triggerer))]
        able = [process for process in able if hears_signals(process) and process.signals < MOST_SIGNALS]
        able = [process for process in able if not (isinstance(process, Attempt) and process.is_alone)]
        if able:
            self._signal(able[which % len(able)], is_inside=is_inside)

    @precondition(lambda self: any(self._to_be_ended()))
    @rule(which=CHOICE, is_inside=st.booleans())
    def heartbeat(self, which: int, is_inside: bool) -> None:
        able = self._to_be_ended()
        self._signal(able[which % len(able)], is_inside=is_inside)

    @rule(which=CHOICE)
    def crash(self, which: int) -> None:
        if able := self._acting():
            process = able[which % len(able)]
            self.world.tell(f"{process} dies")
            self.world.needs_sweep = True
            kill(process)

    @rule(which=CHOICE, is_denied=st.booleans())
    def freeze_or_wake(self, which: int, is_denied: bool) -> None:
        if able := self._acting():
            freeze_or_wake(self.world, able[which % len(able)], is_denied=is_denied)

    @precondition(lambda self: any(process.is_frozen for process in self._acting()))
    @rule(which=CHOICE)
    def wake(self, which: int) -> None:
        able = [process for process in self._acting() if process.is_frozen]
        freeze_or_wake(self.world, able[which % len(able)], is_denied=False)

    @precondition(lambda self: self._is_supervised())
    @rule()
    def supervisor_dies(self) -> None:
        process = self.world.row.process
        assert process is not None
        self.world.tell(f"the supervisor of {process} dies alone")
        process.is_alone = True
        self.world.needs_sweep = True

    @precondition(lambda self: self.world.row.can_start() and self._attempts() < MOST_ATTEMPTS)
    @rule()
    def start(self) -> None:
        self.world.tell("Airflow starts an attempt")
        begin_attempt(self.world)

    @precondition(lambda self: is_lost(self.world))
    @rule(in_good_order=st.booleans())
    def lose(self, in_good_order: bool) -> None:
        lose(self.world, in_good_order=in_good_order)

    @precondition(lambda self: self.world.row.exists and self.world.row.clear_number < 3)
    @rule()
    def clear(self) -> None:
        self.world.tell(f"the task is cleared ({self.world.row.state})")
        self.world.row.clear()

    @precondition(lambda self: self.world.rules.is_airflow_3 and self.world.row.clear_number < 3)
    @rule()
    def clear_another(self) -> None:
        self.world.tell("another task of the run is cleared")
        self.world.row.clear_number += 1

    @precondition(lambda self: self.world.row.state in ("running", "restarting") and self.world.row.exists)
    @rule()
    def reset(self) -> None:
        self.world.tell("the scheduler has died; another one resets the task")
        self.world.row.reset()

    @precondition(lambda self: self.world.row.exists and self.world.row.state not in OVER)
    @rule(state=st.sampled_from(["failed", "success"]))
    def mark(self, state: str) -> None:
        begin_mark(self.world, state)

    @precondition(lambda self: self.world.row.exists)
    @rule(really=st.integers(0, 3))
    def delete(self, really: int) -> None:
        if really == 3:
            self.world.tell("the run is deleted")
            self.world.needs_sweep |= not is_attended(self.world)
            self.world.row.delete()

    @precondition(lambda self: self.world.row.state == "deferred")
    @rule()
    def another_triggerer(self) -> None:
        assert self.world.row.trigger is not None
        begin_trigger(self.world, self.world.row.trigger)

    @precondition(lambda self: self.world.rules.has_file)
    @rule()
    def sweep(self) -> None:
        begin_sweep(self.world)

    @precondition(lambda self: self.world.tenant.running() != [])
    @rule(which=CHOICE, phase=st.sampled_from([Phase.SUCCEEDED, Phase.SUCCEEDED, Phase.FAILED]))
    def query_ends(self, which: int, phase: Phase) -> None:
        running = self.world.tenant.running()
        query = running[which % len(running)]
        self.world.tell(f"{query.id} ends: {phase}")
        query.phase = phase

    def teardown(self) -> None:
        try:
            if self._world is not None and not self.world.broken:
                bring_to_end(self.world)
                promises.when_over(self.world)
                self.world.require_kept()
        finally:
            for process in self.world.processes if self._world else ():
                bury(process)
            self._patch.undo()

    def _go(self, able: list[Strand], which: int, times: int) -> None:
        for _ in range(times):
            able = [strand for strand in able if strand.can_go()] or []
            if not able:
                return
            self.world.resume(able[which % len(able)])

    def _newest_go_on(self, times: int) -> None:
        for _ in range(times):
            self._go(self.world.ready()[-1:], 0, 1)

    def _is_supervised(self) -> bool:
        process = self.world.row.process
        if process is None or not process.is_alive or process.is_over or process.is_alone:
            return False
        # A process without a supervisor does not come so far as to have a charge.
        return process.operator._charge is not None

    def _signal(self, process: Process, *, is_inside: bool) -> None:
        signal(self.world, process, is_inside=is_inside)

    def _acting(self) -> list[Process]:
        return [process for process in self.world.processes if is_acting(process)]

    def _attempts(self) -> int:
        return sum(isinstance(process, Attempt) for process in self.world.processes)

    def _to_be_ended(self) -> list[Process]:
        return [process for process in to_be_ended(self.world) if process.signals < MOST_SIGNALS]
