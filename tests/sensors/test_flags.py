"""Airflow's flags of a sensor mean the same whether it pokes or defers: each end of a wait, with each flag, on both ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import (
    AirflowException,
    AirflowFailException,
    AirflowSensorTimeout,
    AirflowSkipException,
    AirflowTaskTimeout,
    TaskDeferred,
)

from airflow_provider_veza.async_query.event import WaitEvent
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.polling import PollSchedule
from airflow_provider_veza.async_query.watch import Ended, Outcome
from airflow_provider_veza.exceptions import QueryFailedError, QueryGoneError, QueryUnreachableError
from airflow_provider_veza.operators.query import VezaSubmitQueryOperator
from airflow_provider_veza.sensors.flags import Fate, PokeTimes, SensorFlags
from airflow_provider_veza.sensors.query import VezaQuerySensor
from support.airflows_clock import AirflowsClock
from support.served_tenant import PAYROLL_ACCESS, cancelled_ids, connect
from support.task_run import TaskRun, fire, fire_late
from veza_emulator.http.server import RunningTenant
from veza_emulator.tenant import behaviours
from veza_emulator.tenant.behaviours import Behaviour
from veza_emulator.tenant.faults import Fault, FaultKind, FaultMatch
from veza_emulator.tenant.tenant import Tenant

HOURS = {"timeout": timedelta(hours=2)}
LIMITED = {"execution_timeout": timedelta(hours=1), **HOURS}


@dataclass
class Site:
    """A tenant, a query on it that runs, and the time that Airflow's own sensor sees."""

    running: RunningTenant
    monkeypatch: pytest.MonkeyPatch
    clock: AirflowsClock
    handle: dict[str, Any] = field(default_factory=dict)

    @property
    def tenant(self) -> Tenant:
        return self.running.tenant

    def submit(self) -> None:
        # Long ago, so that a query that is gone was not just not visible yet.
        made = TaskRun(lambda: VezaSubmitQueryOperator(task_id="submit", query_spec=PAYROLL_ACCESS)).execute()
        self.handle = {**made, "submitted_at": "2026-01-01T00:00:00+00:00"}

    def sensor(self, **arguments: Any) -> TaskRun:
        defaults = {"task_id": "wait", "handle": self.handle, "poke_interval": 1800 if self.clock.is_used else 0.05}
        return TaskRun(lambda: VezaQuerySensor(**{**defaults, **arguments}))


@pytest.fixture
def site(running: RunningTenant, monkeypatch: pytest.MonkeyPatch, airflows_clock: AirflowsClock) -> Site:
    return Site(running, monkeypatch, airflows_clock)


def _fails(site: Site) -> None:
    site.tenant.set_behaviour(Behaviour(duration=timedelta(0), pending=timedelta(0), outcome=behaviours.Outcome.FAIL))


def _is_refused(site: Site) -> None:
    connect(site.monkeypatch, site.running, key="another-key-than-the-tenant-knows")


def _is_unreachable(site: Site) -> None:
    site.tenant.finish(site.handle["id"])
    # So long a pause is not waited for: the look has failed.
    asks_for_a_pause = {"headers": {"Retry-After": "600"}, "status": 503}
    site.tenant.faults.add(Fault(FaultKind.STATUS, FaultMatch(path_suffix="async_get"), times=1, **asks_for_a_pause))


def _rings(_: float) -> None:
    raise AirflowTaskTimeout("Airflow's alarm")


@dataclass(frozen=True)
class End:
    """One end of a wait.

    :param happens: makes it happen, once the query is submitted; for one that fails, before.
    :param event: what a deferred sensor is resumed with; by default its trigger's.
    """

    right: type[BaseException]
    happens: Callable[[Site], None] = lambda site: None
    arguments: dict[str, Any] = field(default_factory=lambda: dict(HOURS))
    event: Callable[[Any], dict[str, Any]] = fire
    forgiven: bool = False


def _told_unreachable(trigger: Any) -> dict[str, Any]:
    return WaitEvent(trigger.handle, Ended(Outcome.UNREACHABLE, "no look succeeded")).to_json()


ENDS = {
    "failed": End(QueryFailedError, _fails),
    "gone": End(QueryGoneError, lambda site: site.tenant.cancel_nodes(site.handle["id"])),
    "timeout": End(AirflowSensorTimeout, event=fire_late),
    "execution_timeout": End(AirflowTaskTimeout, arguments=LIMITED, event=fire_late),
    "unreachable": End(QueryUnreachableError, _is_unreachable, event=_told_unreachable, forgiven=True),
    "refused": End(AirflowFailException, _is_refused),
}
FLAGS: list[dict[str, Any]] = [{}, {"soft_fail": True}, {"never_fail": True}, {"silent_fail": True}]


def poked(site: Site, end: End, name: str, flags: dict[str, Any]) -> object:
    """Return the error of a poking sensor, None on success."""
    site.clock.is_used = name == "timeout"
    if name == "execution_timeout":
        site.monkeypatch.setattr(site.clock, "sleep", _rings)
    run = site.sensor(deferrable=False, **end.arguments, **flags)
    if name == "unreachable":
        run.make_operator = _failing_for_hours(run.make_operator)
    return _raised_by(run.execute)


def _failing_for_hours(make: Callable[[], Any]) -> Callable[[], Any]:
    def made() -> Any:
        operator = make()
        operator._failing_since = datetime.now(UTC) - timedelta(hours=2)
        return operator

    return made


def deferred(site: Site, end: End, run: TaskRun, deferral: TaskDeferred) -> object:
    """Return the error of a deferred sensor."""
    return _raised_by(lambda: run.resume(deferral, end.event(deferral.trigger)))


def _raised_by(call: Callable[[], object]) -> object:
    try:
        call()
    except BaseException as e:
        return e
    return None


def right_end(end: End, flags: dict[str, Any]) -> type[BaseException] | None:
    """Return what all ways to wait must end with; None where the wait goes on."""
    if flags.get("silent_fail") and end.forgiven:
        return None
    return AirflowSkipException if flags.get("soft_fail") or flags.get("never_fail") else end.right


with_each_flag = pytest.mark.parametrize("flags", FLAGS, ids=lambda flags: next(iter(flags), "no flag"))
of_each_end = pytest.mark.parametrize("name", ENDS)


@with_each_flag
@of_each_end
def test_a_poking_sensor(site: Site, name: str, flags: dict[str, Any]) -> None:
    end = ENDS[name]
    if name == "failed":
        end.happens(site)
    site.submit()
    if name != "failed":
        end.happens(site)
    raised = poked(site, end, name, flags)
    assert type(raised) is (right_end(end, flags) or type(None)), raised


@with_each_flag
@of_each_end
def test_a_deferred_sensor(site: Site, name: str, flags: dict[str, Any]) -> None:
    end = ENDS[name]
    site.submit()
    run = site.sensor(deferrable=True, **end.arguments, **flags)
    deferral = run.execute()
    if name == "failed":
        failed = Ended(Outcome.FAILED, "out of memory")
        end = End(end.right, event=lambda trigger: WaitEvent(trigger.handle, failed).to_json())
    else:
        end.happens(site)
    raised = deferred(site, end, run, deferral)
    assert type(raised) is (right_end(end, flags) or TaskDeferred), raised


OVERRUNS = ("Trigger timeout", "Trigger/execution timeout")
"""As Airflow 3 and 2.11 say it of a trigger that has outlasted its time."""


@with_each_flag
@pytest.mark.parametrize(
    ("error", "arguments", "right"),
    [
        ("Trigger failure", HOURS, AirflowException),
        *((error, HOURS, AirflowSensorTimeout) for error in OVERRUNS),
        *((error, LIMITED, AirflowTaskTimeout) for error in OVERRUNS),
    ],
    ids=str,
)
def test_a_sensor_whose_trigger_failed(
    site: Site, error: str, arguments: dict[str, Any], right: type[BaseException], flags: dict[str, Any]
) -> None:
    site.submit()
    run = site.sensor(deferrable=True, cancel_on_timeout=True, **arguments, **flags)
    run.execute()
    context = run._new_process()

    raised = _raised_by(lambda: run.operator.resume_execution("__fail__", {"error": error}, context))

    assert isinstance(raised, right_end(End(right), flags) or type(None)), raised
    assert isinstance(raised, AirflowSkipException) is (flags.keys() <= {"soft_fail", "never_fail"} and bool(flags))
    assert cancelled_ids(site.tenant) == [site.handle["id"]] * (error in OVERRUNS)


@pytest.mark.parametrize("name", ["timeout", "execution_timeout"])
@pytest.mark.parametrize("flags", [{}, {"soft_fail": True}], ids=["fails", "skips"])
@pytest.mark.parametrize("cancels", [True, False])
@pytest.mark.parametrize("defers", [True, False])
def test_a_time_that_is_up_cancels_only_if_told_to(
    site: Site, name: str, flags: dict[str, Any], cancels: bool, defers: bool
) -> None:
    end = ENDS[name]
    site.submit()
    flags = {**flags, "cancel_on_timeout": cancels}
    if defers:
        run = site.sensor(deferrable=True, **end.arguments, **flags)
        deferred(site, end, run, run.execute())
    else:
        poked(site, end, name, flags)
    assert cancelled_ids(site.tenant) == [site.handle["id"]] * cancels


@with_each_flag
def test_a_resume_after_execution_timeout_ends_before_airflow_2_does_it(site: Site, flags: dict[str, Any]) -> None:
    site.submit()
    run = site.sensor(deferrable=True, **LIMITED, **flags)
    run.execute()
    run.started_at -= timedelta(hours=1)
    context = run._new_process()
    context["ti"].next_method = "execute_complete"
    raised = _raised_by(lambda: run.operator.pre_execute(context))
    assert type(raised) is right_end(ENDS["execution_timeout"], flags), raised


def test_timeout_counts_from_the_begin_of_the_attempt_also_after_it_deferred_again(site: Site) -> None:
    site.submit()
    run = site.sensor(deferrable=True, silent_fail=True, timeout="PT1H")
    first = run.execute()
    again = _raised_by(lambda: run.resume(first, _told_unreachable(first.trigger)))
    assert isinstance(again, TaskDeferred)
    assert again.trigger.deadline == first.trigger.deadline
    assert again.trigger.deadline.at == run.started_at + timedelta(hours=1)


@pytest.mark.parametrize("timeout", [3600, timedelta(hours=1), "PT1H", "1:00:00", "3600"])
def test_a_timeout_means_the_same_in_each_form(site: Site, timeout: Any) -> None:
    site.submit()
    run = site.sensor(deferrable=True, timeout=timeout)
    assert run.execute().trigger.deadline.at == run.started_at + timedelta(hours=1)


def test_a_deferred_sensor_takes_over_how_often_it_is_to_look(site: Site) -> None:
    site.submit()
    arguments = {"poke_interval": "PT10S", "exponential_backoff": True, "max_wait": 60, "deferrable": True}
    trigger = site.sensor(**arguments).execute().trigger
    waited_before = (datetime.now(UTC) - QueryHandle.from_json(site.handle).submitted_at).total_seconds()
    assert (trigger.schedule.min_interval, trigger.schedule.max_interval) == (10, 60)
    assert trigger.schedule.doubles_from == pytest.approx(waited_before, abs=120)


PATIENCE = timedelta(hours=2)
TEN = timedelta(seconds=10)


@pytest.mark.parametrize(
    ("times", "schedule"),
    [
        (PokeTimes(PATIENCE), PollSchedule()),
        (PokeTimes(PATIENCE, TEN), PollSchedule(fixed_interval=10)),
        (PokeTimes(PATIENCE, TEN, max_wait=TEN), PollSchedule(fixed_interval=10)),
        (PokeTimes(PATIENCE, exponential_backoff=True), PollSchedule(30, 7200, doubles_from=0)),
        (PokeTimes(PATIENCE, TEN, True), PollSchedule(10, 7200, doubles_from=0)),
        (PokeTimes(PATIENCE, TEN, True, 2 * TEN), PollSchedule(10, 20, doubles_from=0)),
        (PokeTimes(PATIENCE, 2 * TEN, True, TEN), PollSchedule(10, 10, doubles_from=0)),
        (PokeTimes(PATIENCE, TEN, True, waited_before=TEN), PollSchedule(10, 7200, doubles_from=10)),
        (PokeTimes(timedelta(0), exponential_backoff=True), PollSchedule(1, 1, doubles_from=0)),
    ],
)
def test_the_arguments_that_time_a_poking_sensor_make_a_schedule(times: PokeTimes, schedule: PollSchedule) -> None:
    assert times.schedule(timedelta(seconds=30)) == schedule


def test_a_backoff_doubles_from_the_begin_of_the_wait_up_to_its_bound() -> None:
    schedule = PokeTimes(PATIENCE, TEN, True, timedelta(seconds=70), timedelta(hours=1)).schedule(TEN)
    elapsed, delays = 3600.0, []
    while len(delays) < 6:
        delays.append(schedule.delay(elapsed=elapsed, jitter=0.5))
        elapsed += delays[-1]
    assert delays == [10, 10, 20, 40, 70, 70]


@pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.SUCCEEDED])
def test_only_a_query_that_could_not_be_looked_at_is_forgiven(outcome: Outcome) -> None:
    forgiven = outcome is Outcome.UNREACHABLE
    assert SensorFlags(silent_fail=True).fate(outcome) is (Fate.WAIT_ON if forgiven else Fate.FAIL)
