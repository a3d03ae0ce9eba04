"""What an attempt does before it acts, and when it is ended: it asks only in doubt, and never touches a later attempt's query."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from airflow.providers.common.compat.sdk import AirflowTaskTimeout

from airflow_provider_veza.async_query.ending import Currency
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.record import RecordState
from airflow_provider_veza.async_query.service import Cancellation
from airflow_provider_veza.async_query.standing import Answer
from airflow_provider_veza.exceptions import EndedFromOutsideError, SupersededError
from airflow_provider_veza.hooks.bound import BoundQuery, nobody_knows
from airflow_provider_veza.hooks.veza import VezaHook
from airflow_provider_veza.ownership import charge as charge_module
from airflow_provider_veza.ownership.attempt import Attempt
from airflow_provider_veza.ownership.charge import Charge, KillPolicy
from airflow_provider_veza.ownership.ledger import Ledger
from airflow_provider_veza.ownership.records.airflow_store import MirroredStore, TaskStateStore
from airflow_provider_veza.ownership.records.record_path import RecordPathStore
from airflow_provider_veza.ownership.records.registry import RecordRegistry
from ownership.records.remembered import InMemoryStateStore, keep
from support.recorded import OF_TASK
from support.told_airflow import ToldAirflow

MARKED, RUNNING, RESTARTING = Answer("failed"), Answer("running"), Answer("restarting")
LONG = timedelta(minutes=10)
EDGE = 10.0
"""Seconds that nothing here comes near, unless it hangs."""


class ExitedError(BaseException):
    """The process would have ended here."""


class Clock:
    """The wall clock of a process, which jumps when the process was away."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Hook:
    """A client that counts cancels, each of which is confirmed."""

    def __init__(self) -> None:
        self.cancelled: list[str] = []
        self.was_told_of_a_cancel: bool | None = None
        self.has_cancelled = Event()

    def query(self, handle: QueryHandle) -> CountedQuery:
        return CountedQuery(handle, self)


class CountedQuery(BoundQuery):
    """A query of such a client."""

    def __init__(self, handle: QueryHandle, counted_by: Hook) -> None:
        super().__init__(handle, "veza_default", VezaHook)
        self._counted_by = counted_by

    def cancel_now(self, is_cancelled: Callable[[], bool] = nobody_knows) -> Cancellation:
        self._counted_by.was_told_of_a_cancel = is_cancelled()
        self._counted_by.cancelled.append(self.handle.id)
        self._counted_by.has_cancelled.set()
        return Cancellation(True)


class OnAirflow3(Charge):
    """A charge whose end of the process a test can see."""

    def _exit(self, why: str) -> Any:
        raise ExitedError(why)


@pytest.fixture(params=[True, False], ids=["Airflow 3", "Airflow 2.11"])
def has_task_sdk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(charge_module, "HAS_TASK_SDK", request.param)
    return bool(request.param)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(charge_module, "utc_now", clock)
    monkeypatch.setattr(charge_module, "ASK_PATIENCE_SECONDS", 0.0)
    return clock


@pytest.fixture
def hook() -> Hook:
    return Hook()


@pytest.fixture
def state_store() -> InMemoryStateStore:
    return InMemoryStateStore()


@pytest.fixture
def new_charge(
    clock: Clock, hook: Hook, told_airflow: ToldAirflow, state_store: InMemoryStateStore, tmp_path: Path
) -> Callable[..., Charge]:
    """Make the charge of an attempt whose query is submitted and recorded in both places."""

    def make(retries: int = 1, **policy: Any) -> Charge:
        store = MirroredStore(TaskStateStore(state_store), RecordPathStore(str(tmp_path), OF_TASK.identity))
        keep(store, OF_TASK)
        attempt = Attempt(OF_TASK.identity, replace(OF_TASK.life, max_tries=retries), 1, clock.now)
        made = OnAirflow3(
            attempt=attempt,
            ledger=Ledger(store),
            airflow=told_airflow,
            hook=lambda: hook,  # type: ignore[arg-type,return-value]
            policy=KillPolicy(**policy),
            log=logging.getLogger("task"),
        )
        made.ledger.read()
        made.handle = OF_TASK.handle
        return made

    return make


def noted(tmp_path: Path) -> Any:
    return RecordPathStore(str(tmp_path), OF_TASK.identity).read().record


def kill_at_the_alarm(charge: Charge) -> None:
    """Do what Airflow does when its alarm of ``execution_timeout`` has left ``execute``."""

    def ring() -> None:
        raise AirflowTaskTimeout

    try:
        ring()
    except AirflowTaskTimeout:
        charge.kill()


@pytest.fixture(autouse=True)
def _default(has_task_sdk: bool) -> None:
    """Every behaviour is shown on both generations, unless a test says otherwise."""


def test_an_attempt_that_was_there_all_the_time_asks_nothing(
    new_charge: Callable[..., Charge], clock: Clock, told_airflow: ToldAirflow
) -> None:
    charge = new_charge()
    for _ in range(100):
        clock.now += timedelta(seconds=10)
        charge.check()
    assert told_airflow.asked == []


def test_on_airflow_2_an_attempt_asks_every_five_seconds_and_before_it_leaves(
    new_charge: Callable[..., Charge], told_airflow: ToldAirflow, has_task_sdk: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    charge = new_charge()
    charge.check_before_leaving()
    monkeypatch.setattr(charge_module, "LONGEST_UNASKED_SECONDS", 0.0)
    charge.check()
    assert told_airflow.asked == ([] if has_task_sdk else ["currency", "currency"])


def test_after_an_absence_it_asks_once_and_goes_on_where_it_still_counts(
    new_charge: Callable[..., Charge], clock: Clock, told_airflow: ToldAirflow
) -> None:
    charge = new_charge()
    clock.now += LONG
    charge.check()
    charge.check()
    assert told_airflow.asked == ["currency"]


def test_a_superseded_attempt_that_wakes_ends_and_touches_nothing(
    new_charge: Callable[..., Charge], clock: Clock, told_airflow: ToldAirflow, hook: Hook, has_task_sdk: bool
) -> None:
    charge = new_charge()
    clock.now += LONG
    told_airflow.of_attempt = Currency.SUPERSEDED
    with pytest.raises(SupersededError if has_task_sdk else ExitedError):
        charge.check()
    assert hook.cancelled == []


def test_a_cleared_attempt_that_wakes_cancels_and_the_next_one_can_know(
    new_charge: Callable[..., Charge],
    clock: Clock,
    told_airflow: ToldAirflow,
    hook: Hook,
    tmp_path: Path,
    has_task_sdk: bool,
) -> None:
    charge = new_charge()
    clock.now += LONG
    told_airflow.of_attempt, told_airflow.answer = Currency.SUPERSEDED, RESTARTING
    with pytest.raises(EndedFromOutsideError if has_task_sdk else ExitedError):
        charge.check()
    assert hook.cancelled == ["q1"]
    assert (noted(tmp_path).cleared, noted(tmp_path).state) == (True, RecordState.CANCELLED)


@pytest.mark.parametrize("is_noted", [True, False])
def test_an_attempt_that_cancels_can_tell_whether_somebody_else_has_noted_a_cancel(
    new_charge: Callable[..., Charge],
    told_airflow: ToldAirflow,
    hook: Hook,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_noted: bool,
) -> None:
    monkeypatch.setenv("AIRFLOW__VEZA__RECORD_PATH", str(tmp_path))
    monkeypatch.setattr(charge_module, "NOTE_PATIENCE_SECONDS", EDGE)
    charge = new_charge()
    if is_noted:
        RecordRegistry(str(tmp_path)).note_cancel(noted(tmp_path), "the listener of marks")
    told_airflow.answer = MARKED
    charge.kill()
    assert (hook.cancelled, hook.was_told_of_a_cancel) == (["q1"], is_noted)


def test_a_record_that_cannot_be_read_tells_of_no_cancel(
    new_charge: Callable[..., Charge], told_airflow: ToldAirflow, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__VEZA__RECORD_PATH", "nowhere://at/all")
    charge = new_charge()
    told_airflow.answer = MARKED
    charge.kill()
    assert (hook.cancelled, hook.was_told_of_a_cancel) == (["q1"], False)


def test_where_airflow_does_not_answer_after_an_absence_the_attempt_does_not_go_on(
    new_charge: Callable[..., Charge], clock: Clock, told_airflow: ToldAirflow, hook: Hook
) -> None:
    charge = new_charge()
    clock.now += LONG
    told_airflow.does_not_answer()
    with pytest.raises(SupersededError, match="did not say within"):
        charge.check()
    assert hook.cancelled == []


def test_without_a_supervisor_and_without_an_answer_the_process_ends(
    new_charge: Callable[..., Charge], told_airflow: ToldAirflow, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    charge = new_charge()
    monkeypatch.setattr(charge_module.os, "getppid", lambda: 1)
    told_airflow.does_not_answer()
    with pytest.raises(ExitedError, match="supervisor is gone"):
        charge.check()
    assert hook.cancelled == []


def test_without_a_supervisor_an_attempt_goes_on_while_airflow_says_that_it_counts(
    new_charge: Callable[..., Charge], told_airflow: ToldAirflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    charge = new_charge()
    monkeypatch.setattr(charge_module.os, "getppid", lambda: 1)
    charge.check()
    charge.check()
    assert told_airflow.asked == ["currency", "task", "currency", "task"]


def test_without_a_supervisor_an_attempt_whose_task_has_ended_cancels_and_ends(
    new_charge: Callable[..., Charge], told_airflow: ToldAirflow, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    charge = new_charge()
    monkeypatch.setattr(charge_module.os, "getppid", lambda: 1)
    told_airflow.answer = MARKED
    with pytest.raises(EndedFromOutsideError, match=r"its task has ended\. Its query was cancelled\."):
        charge.check()
    assert hook.cancelled == ["q1"]


def test_a_kill_that_interrupts_a_question_returns_at_once_and_the_next_step_settles_it(
    new_charge: Callable[..., Charge], told_airflow: ToldAirflow, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charge_module, "HAS_TASK_SDK", True)
    charge = new_charge()
    monkeypatch.setattr(charge_module, "channel_is_held", lambda: True)
    told_airflow.answer = MARKED
    charge.kill()
    assert (told_airflow.asked, hook.cancelled) == ([], [])
    with pytest.raises(EndedFromOutsideError, match=r"its task has ended\. Its query was cancelled\."):
        charge.check()
    assert hook.cancelled == ["q1"]


def test_a_kill_at_the_end_of_execution_timeout_does_not_ask(
    new_charge: Callable[..., Charge], told_airflow: ToldAirflow, hook: Hook
) -> None:
    charge = new_charge()
    kill_at_the_alarm(charge)
    assert (told_airflow.asked, hook.cancelled) == ([], ["q1"])


def test_a_kill_at_the_end_of_execution_timeout_may_leave_the_query_running(
    new_charge: Callable[..., Charge], hook: Hook
) -> None:
    charge = new_charge(cancel_on_timeout=False)
    kill_at_the_alarm(charge)
    assert hook.cancelled == []


def test_a_confirmed_cancel_is_noted_in_both_places(
    new_charge: Callable[..., Charge], told_airflow: ToldAirflow, state_store: InMemoryStateStore, tmp_path: Path
) -> None:
    charge = new_charge()
    told_airflow.answer = MARKED
    charge.kill()
    assert noted(tmp_path).state is RecordState.CANCELLED
    assert state_store.get("veza_query")["state"] == "cancelled"


def test_a_kill_that_can_make_no_client_says_so(
    new_charge: Callable[..., Charge], told_airflow: ToldAirflow, caplog: pytest.LogCaptureFixture
) -> None:
    def no_client() -> Any:
        raise ConnectionError("no connection of that name")

    charge = new_charge()
    charge._hook = no_client
    told_airflow.answer = MARKED
    charge.kill()
    assert "query q1 may still run (ConnectionError: no connection of that name)" in caplog.text


def test_after_restarting_only_the_file_is_written(
    new_charge: Callable[..., Charge], told_airflow: ToldAirflow, state_store: InMemoryStateStore, tmp_path: Path
) -> None:
    charge = new_charge()
    told_airflow.answer = RESTARTING
    error = Exception("not_found")
    error.error = SimpleNamespace(detail={"status_code": 404})  # type: ignore[attr-defined]
    state_store.outage = error
    charge.kill()
    assert noted(tmp_path).cleared


def test_the_note_of_a_clear_never_reaches_a_successors_record(
    new_charge: Callable[..., Charge], told_airflow: ToldAirflow, tmp_path: Path
) -> None:
    charge = new_charge()
    successors = replace(OF_TASK, try_number=2)
    keep(RecordPathStore(str(tmp_path), OF_TASK.identity), successors)
    told_airflow.answer = RESTARTING
    charge.kill()
    assert noted(tmp_path) == successors


def test_an_absence_between_the_decision_and_the_cancel_makes_it_decide_again(
    new_charge: Callable[..., Charge], told_airflow: ToldAirflow, hook: Hook, clock: Clock, has_task_sdk: bool
) -> None:
    charge = new_charge(retries=0)
    charge.handle = None
    charge.kill()
    clock.now += LONG
    told_airflow.of_attempt = Currency.SUPERSEDED
    charge.handle = OF_TASK.handle
    charge.settle_ended()
    assert hook.cancelled == []


def test_in_the_last_attempt_without_an_answer_the_query_is_cancelled_unless_this_process_was_away(
    new_charge: Callable[..., Charge], told_airflow: ToldAirflow, hook: Hook, clock: Clock
) -> None:
    told_airflow.does_not_answer()
    away = new_charge(retries=0)
    clock.now += LONG
    away.kill()
    assert hook.cancelled == []
    new_charge(retries=0).kill()
    assert hook.cancelled == ["q1"]


class Late:
    """Work whose result comes when the test lets it come."""

    is_there = False
    waited: ClassVar[list[float | None]] = []

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work

    def result(self, timeout: float | None = None) -> Any:
        self.waited.append(timeout)
        if not self.is_there and timeout is not None:
            raise TimeoutError
        return self._work()

    def begin(self) -> None:
        """Nobody waits for it."""

    def is_done_within(self, seconds: float) -> bool:
        self.waited.append(seconds)
        return self.is_there and self._work() is None


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> type[Late]:
    monkeypatch.setattr(charge_module, "Uninterrupted", Late)
    monkeypatch.setattr(Late, "is_there", False)
    monkeypatch.setattr(Late, "waited", [])
    return Late


def test_on_airflow_3_an_answer_that_comes_late_still_decides(
    new_charge: Callable[..., Charge],
    told_airflow: ToldAirflow,
    hook: Hook,
    late: type[Late],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(charge_module, "HAS_TASK_SDK", True)
    told_airflow.answer = MARKED
    charge = new_charge()
    charge.kill()
    assert (late.waited, hook.cancelled) == ([1.0], [])
    late.is_there = True
    with pytest.raises(EndedFromOutsideError, match=r"its task has ended\. Its query was cancelled\."):
        charge.check()
    assert hook.cancelled == ["q1"]


def test_on_airflow_3_a_late_answer_decides_though_the_main_thread_never_comes_back(
    new_charge: Callable[..., Charge], told_airflow: ToldAirflow, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charge_module, "HAS_TASK_SDK", True)
    monkeypatch.setattr(charge_module, "ASK_BUDGET_SECONDS", 0.0)
    answers = Event()
    told_airflow.answer, told_airflow.before_answer = MARKED, lambda: answers.wait(EDGE)
    new_charge().kill()
    assert hook.cancelled == []
    answers.set()
    assert hook.has_cancelled.wait(EDGE)


def test_a_further_kill_asks_again_where_the_query_was_left_alone(
    new_charge: Callable[..., Charge], told_airflow: ToldAirflow, hook: Hook
) -> None:
    charge = new_charge()
    charge.kill()
    told_airflow.answer = MARKED
    charge.kill()
    assert hook.cancelled == ["q1"]


def test_a_query_that_may_outlive_its_timeout_is_left_alone_by_every_further_kill(
    new_charge: Callable[..., Charge], told_airflow: ToldAirflow, hook: Hook
) -> None:
    charge = new_charge(cancel_on_timeout=False)
    kill_at_the_alarm(charge)
    told_airflow.answer = MARKED
    charge.kill()
    assert hook.cancelled == []


def test_an_answer_that_never_comes_is_waited_for_less_long_than_airflow_waits(
    new_charge: Callable[..., Charge], hook: Hook, late: type[Late], has_task_sdk: bool
) -> None:
    charge = new_charge()
    charge.kill()
    with pytest.raises(EndedFromOutsideError, match="the next attempt finds it"):
        charge.check()
    assert late.waited == ([1.0, 1.5, None] if has_task_sdk else [1.0, 2.0, None])
    assert hook.cancelled == []


def test_a_second_kill_loses_no_cancel_that_the_first_one_has_begun(
    new_charge: Callable[..., Charge], told_airflow: ToldAirflow, hook: Hook, late: type[Late]
) -> None:
    late.is_there = True
    told_airflow.answer = MARKED
    charge = new_charge()
    charge.kill()
    charge.kill()
    assert told_airflow.asked.count("task") == 1


def test_a_kill_before_the_submit_is_answered_is_carried_out_once_the_query_has_a_name(
    new_charge: Callable[..., Charge], told_airflow: ToldAirflow, hook: Hook
) -> None:
    charge = new_charge()
    charge.handle = None
    told_airflow.answer = MARKED
    charge.kill()
    assert hook.cancelled == []
    charge.handle = OF_TASK.handle
    charge.settle_ended()
    charge.settle_ended()
    assert hook.cancelled == ["q1"]


def test_on_airflow_2_a_superseded_attempt_that_is_killed_ends_its_process(
    new_charge: Callable[..., Charge], told_airflow: ToldAirflow, hook: Hook, has_task_sdk: bool
) -> None:
    charge = new_charge()
    told_airflow.of_attempt = Currency.SUPERSEDED
    if has_task_sdk:
        charge.kill()
    else:
        with pytest.raises(ExitedError, match="taken over"):
            charge.kill()
    assert hook.cancelled == []


def test_a_process_that_must_end_ends_first_what_only_it_can_name(
    new_charge: Callable[..., Charge],
    told_airflow: ToldAirflow,
    hook: Hook,
    clock: Clock,
    has_task_sdk: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def exited(code: int) -> None:
        raise ExitedError(str(code))

    monkeypatch.setattr(charge_module.os, "_exit", exited)
    monkeypatch.setattr(OnAirflow3, "_exit", Charge._exit)
    charge = new_charge()
    charge.handle, charge.unrecorded = None, OF_TASK.handle
    clock.now += LONG
    told_airflow.of_attempt = Currency.SUPERSEDED
    with pytest.raises(SupersededError if has_task_sdk else ExitedError):
        charge.check()
    assert hook.cancelled == ([] if has_task_sdk else ["q1"])  # On Airflow 3 the submission does it.


def test_a_policy_may_let_the_query_outlive_a_mark(
    new_charge: Callable[..., Charge], told_airflow: ToldAirflow, hook: Hook
) -> None:
    told_airflow.answer = MARKED
    charge = new_charge(cancel_on_kill=False)
    charge.kill()
    with pytest.raises(EndedFromOutsideError):
        charge.check()
    assert hook.cancelled == []
