"""Who acts in the check: attempts, triggers, the sweep, the listener and users, each the provider's code behind the turnstile."""

from __future__ import annotations

from collections.abc import Coroutine
from contextlib import suppress
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException, TaskDeferred

from airflow_provider_veza.async_query.event import WaitEvent
from airflow_provider_veza.async_query.inquiries import Waiter
from airflow_provider_veza.async_query.watch import Ended, Outcome
from airflow_provider_veza.exceptions import RequestError
from airflow_provider_veza.ownership.acceptance import ForgetOnAcceptance
from airflow_provider_veza.ownership.airflow_versions import HAS_TASK_SDK
from airflow_provider_veza.ownership.asking import Database, standing_of_record
from airflow_provider_veza.ownership.deferred_kill import DeferredKill
from airflow_provider_veza.ownership.marked import CancelOnMarked, MarkedTask
from airflow_provider_veza.ownership.records.registry import FiledRecord, RecordRegistry
from airflow_provider_veza.ownership.sweep import Settler
from ownership.model import promises
from ownership.model.airflow_row import OVER, Attempt, TriggerRow
from ownership.model.answers import airflow_for_tasks
from ownership.model.stores import StateStore
from ownership.model.task import CONN_ID, ModelHook, ModelTask, task_of
from ownership.model.turnstile import Process, Stop, Turn, wait_for_turn
from ownership.model.world import IDENTITY, NOON, RECORD_PATH, StoryLog, World


class Terminated(BaseException):
    """What Airflow 2.11 raises into a task that is ended."""


class BrokenOff(BaseException):
    """What a triggerer raises into a trigger that it ends."""


class Listeners:
    """The listeners of one task process."""

    def __init__(self) -> None:
        self.registered: list[ForgetOnAcceptance] = []
        self.pm = self

    def add_listener(self, listener: ForgetOnAcceptance) -> None:
        self.registered.append(listener)

    def is_registered(self, listener: ForgetOnAcceptance) -> bool:
        return listener in self.registered

    def unregister(self, listener: ForgetOnAcceptance) -> None:
        self.registered.remove(listener)


def _token_of_airflow_2(operator: ModelTask) -> dict[str, Any]:
    """Return the argument by which Airflow 2.11 knows its own calls of ``execute``."""
    if HAS_TASK_SDK:
        return {}
    from airflow.models.base import _sentinel

    return {f"{type(operator).__name__}__sentinel": _sentinel}


def begin_attempt(world: World) -> None:
    """Start the process of the next attempt, or of a task that goes on after its deferral."""
    attempt = Attempt(f"process {sum(isinstance(p, Attempt) for p in world.processes) + 1}")
    world.row.start(attempt)
    goes_on = " goes on" if attempt.event is not None else ""
    attempt.name += f" (try {attempt.try_number}{goes_on})"
    attempt.operator = task_of(world, attempt)
    attempt.listeners = Listeners()
    attempt.on_signal = lambda: _end_attempt(world, attempt)
    world.spawn(attempt, lambda: _AttemptWork(world, attempt).run())


def _end_attempt(world: World, attempt: Attempt) -> None:
    if attempt.is_reporting:
        return
    attempt.operator.on_kill()
    if not world.rules.is_airflow_3:
        raise Terminated


class _AttemptWork:
    """One task process from its start to its report."""

    def __init__(self, world: World, attempt: Attempt) -> None:
        self._world = world
        self._attempt = attempt
        self._row = world.row
        self._started = world.turn
        self._has_channel = world.rules.is_airflow_3
        self._ti = SimpleNamespace(
            dag_id=IDENTITY.dag_id,
            task_id=IDENTITY.task_id,
            run_id=IDENTITY.run_id,
            map_index=IDENTITY.map_index,
            try_number=attempt.try_number,
            max_tries=attempt.run_life.max_tries,
            hostname="host",
            pid=attempt.own_pid,
            job_id=attempt.own_pid,
            attempt=attempt,
            xcom_push=self._push,
            start_date=world.began(),
        )

    def run(self) -> None:
        result: Any = None
        error: BaseException | None = None
        try:
            result = self._work()
        except (Exception, TaskDeferred, Terminated) as e:
            if isinstance(e, AssertionError):
                raise
            error = e
        self._attempt.is_reporting = True
        self._world.needs_sweep |= self._attempt.signals > 0 and self._attempt.handle is None
        self._report(result, error)
        self._attempt.is_over = True

    def _work(self) -> Any:
        context = self._context()
        if self._attempt.event is None:
            return self._attempt.operator.execute(context, **_token_of_airflow_2(self._attempt.operator))
        return self._attempt.operator.execute_complete(context, self._attempt.event)

    def _context(self) -> dict[str, Any]:
        life = self._attempt.run_life
        started = NOON.fromisoformat(life.run_started or "")
        context = {
            "ti": self._ti,
            "task": self._attempt.operator,
            "dag_run": SimpleNamespace(clear_number=life.clear_number, start_date=started),
        }
        if self._world.rules.has_state_store:
            context["task_state_store"] = StateStore(self._world, self._attempt)
        return context

    def _push(self, key: str, value: Any) -> None:
        self._world.perform(
            f"announces {key}", lambda: self._row.xcom.__setitem__(key, value), in_channel=self._has_channel
        )

    def _report(self, result: Any, error: BaseException | None) -> None:
        what = "success" if error is None else type(error).__name__
        self._world.tell(f"     {self._attempt} ends: {what} {error or result}")
        promises.when_ended(self._world, self._attempt, error)
        try:
            self._world.perform(f"reports: {what}", lambda: self._accept(error), in_channel=self._has_channel)
        except (EOFError, Exception) as e:
            if isinstance(e, AssertionError):
                raise
            self._world.tell(f"     {self._attempt} could not report: {e}")
        if isinstance(error, TaskDeferred):
            return
        for listener in list(self._attempt.listeners.registered):
            tell = listener.on_task_instance_success if error is None else listener.on_task_instance_failed
            tell(self._ti)

    def _accept(self, error: BaseException | None) -> None:
        if not self._row.counts(self._attempt):
            self._refuse(error)
        elif error is None:
            self._row.succeed()
        elif isinstance(error, TaskDeferred):
            self._defer(error)
        else:
            self._row.fail(is_final=isinstance(error, AirflowFailException))

    def _refuse(self, error: BaseException | None) -> None:
        """Airflow 3 listens to nobody else.

        Airflow 2.11 lets any attempt change the row; what counts is that this one had no way to know better."""
        self._world.tell(f"     {self._attempt} is not listened to")
        self._world.needs_sweep |= isinstance(error, TaskDeferred)
        superseded_at = self._row.superseded_at.get(self._attempt)
        if self._world.rules.is_airflow_3 or superseded_at is None or self._is_harmless():
            return
        is_harmless = isinstance(error, (Terminated, AirflowException)) and self._attempt.signals
        if superseded_at < self._attempt.asked_at and not is_harmless:
            self._world.break_promise(f"5: {self._attempt} changes the row of its successor by {error or 'success'}")

    def _is_harmless(self) -> bool:
        return not self._row.exists or self._row.state in OVER

    def _defer(self, deferral: TaskDeferred) -> None:
        trigger = TriggerRow(deferral.trigger.handle, self._attempt.try_number)
        self._row.defer(trigger)
        begin_trigger(self._world, trigger)


def begin_trigger(world: World, row: TriggerRow) -> None:
    """Let a triggerer wait for a deferral."""
    number = sum(isinstance(p, Triggerer) for p in world.processes) + 1
    process = Triggerer(f"trigger {number} (for {row.handle.id})", row=row)
    process.on_signal = process.break_off
    world.spawn(process, lambda: _TriggerWork(world, process).run())


class Triggerer(Process):
    """The process that waits for one deferral."""

    def __init__(self, name: str, row: TriggerRow) -> None:
        super().__init__(name)
        self.row = row
        self.is_settling = False

    def waits_for(self, row: TriggerRow | None) -> bool:
        """Whether it will hear that this deferral is over."""
        return self.row is row and self.is_alive and not self.is_settling and not self.strands[0].is_finished

    def break_off(self) -> None:
        if not self.is_settling:
            raise BrokenOff


class _TriggerWork:
    """The wait of a trigger, with the provider's answer to a kill."""

    def __init__(self, world: World, process: Triggerer) -> None:
        self._world = world
        self._process = process
        self._handle = process.row.handle
        self._hook = ModelHook(world)
        waiter = Waiter(IDENTITY, process.row.try_number)
        self._kill = DeferredKill(self._handle, CONN_ID, waiter, StoryLog(world))

    def run(self) -> None:
        try:
            self._fire(self._wait())
        except BrokenOff:
            self._process.is_settling = True
            driven(self._kill._settle_in_time())

    def _wait(self) -> Ended:
        while True:
            turn = wait_for_turn(Stop("rests", turns=frozenset({Turn.ASK})))
            if turn is Turn.ASK and driven(self._kill._nobody_waits_in_time()):
                driven(self._kill._cancel())
                return Ended(Outcome.CANCELED, "its task was cleared, or is over")
            with suppress(RequestError):
                snapshot = self._hook.query(self._handle).look()
                if not snapshot.phase.is_terminal:
                    continue
                return Ended(Outcome(snapshot.phase))

    def _fire(self, ended: Ended) -> None:
        event = WaitEvent(self._handle, ended).to_json()
        self._world.perform(f"fires: {ended.outcome}", lambda: self._world.row.fire(self._process.row, event))


def driven(work: Coroutine[Any, Any, Any]) -> Any:
    """Run what is async only in form."""
    try:
        work.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("A coroutine of the trigger waits for something that the check does not know.")


def begin_sweep(world: World, *, ahead: float = 10_000.0) -> None:
    """Sweep once, by a clock that is ahead of all others."""
    process = Process(f"sweep {len(world.processes)}", skew=ahead)

    def sweep() -> None:
        log = StoryLog(world)
        registry = RecordRegistry(RECORD_PATH)
        hook = ModelHook(world)
        settler = Settler(registry, hook.query, timedelta(0), log)
        for entry in registry.entries():
            assert isinstance(entry, FiledRecord)
            settler.settle(entry.record, standing_of_record(entry.record, airflow_for_tasks(world), log))

    world.spawn(process, sweep)


def begin_listener(world: World, *, is_over: bool) -> None:
    """Hear that the task was marked, or given up."""
    process = Process(f"listener {len(world.processes)}", skew=10_000.0)

    def settle() -> None:
        CancelOnMarked(RecordRegistry(RECORD_PATH), Database(), patience=4.0).settle(MarkedTask(IDENTITY, is_over))

    world.spawn(process, settle)


def is_attended(world: World) -> bool:
    """Whether somebody waits who will hear of a mark; a deferral that no triggerer has at the moment is for the sweep."""
    return world.row.is_attended() or any(
        isinstance(process, Triggerer) and process.waits_for(world.row.trigger) for process in world.processes
    )


def begin_mark(world: World, state: str) -> None:
    """Mark the task; listeners hear of it before it is committed."""
    process = Process(f"user {len(world.processes)}")
    if world.wishes.listens and world.rules.has_file:
        begin_listener(world, is_over=False)

    def commit() -> None:
        if world.row.exists and world.row.state not in OVER:
            world.needs_sweep |= not is_attended(world)
            world.row.mark(state)

    world.spawn(process, lambda: world.perform(f"commits the mark {state}", commit))
