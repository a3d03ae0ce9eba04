"""Everything of this provider that calls a tenant by itself, each from its beginning to its end, and the name of that end."""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from threading import Timer
from typing import Any, Protocol, TypeVar

from airflow.providers.common.compat.sdk import TaskDeferred

from airflow_provider_veza.async_query.identity import TaskIdentity
from airflow_provider_veza.doctor import cli as doctor_command
from airflow_provider_veza.exceptions import AsyncQueryError
from airflow_provider_veza.listeners.background import Background
from airflow_provider_veza.operators.query import VezaQueryOperator, VezaSubmitQueryOperator
from airflow_provider_veza.ownership.marked import CancelOnMarked, Mark, MarkedTask
from airflow_provider_veza.sensors.query import VezaQuerySensor
from airflow_provider_veza.triggers.async_query import AsyncQueryTrigger
from hostile.around_callers import OVER
from hostile.site import HostileSite
from support.served_tenant import PAYROLL_ACCESS
from support.task_run import TaskRun, fire

INTERVAL = 0.05
BOUND_SECONDS = 60.0
"""Far more than any bound of the connection adds up to, on a busy machine; far less than harm that is let go on."""

Begin = Callable[[], None]
"""Lets the harm begin, once what it is to meet is there."""
Caller = Callable[[HostileSite, Begin], str]
"""Calls the tenant to the end and returns the end's name."""


class Site(Protocol):
    """What is done harm to, whatever the service is."""

    said: list[str]

    def be_harmless(self) -> None:
        """End all harm."""
        ...


S = TypeVar("S", bound=Site)


def ending_in_time(caller: Callable[[S, Begin], str], site: S, begin: Begin) -> str:
    """Return the name of a caller's end; the harm ends where it takes longer than its bound, and then this fails."""
    rescue = Timer(BOUND_SECONDS, site.be_harmless)
    rescue.start()
    try:
        end = caller(site, begin)
        assert rescue.is_alive(), f"it ended only when the harm did ({end})"
        return end
    finally:
        rescue.cancel()


def operator(site: HostileSite, begin: Begin, *, deferrable: bool) -> str:
    """The operator that owns its query."""
    arguments = {"query_spec": PAYROLL_ACCESS, "poll_interval": INTERVAL, "timeout": site.patience, "max_rows": 100}
    run = TaskRun(lambda: VezaQueryOperator(task_id="ask", deferrable=deferrable, **arguments))
    run.has_state_store = False
    begin()
    end = name_of_end(site, lambda: to_the_end(run, site))
    site.said.append(str(run.xcom))
    return end


def sensor(site: HostileSite, begin: Begin, *, deferrable: bool) -> str:
    """The sensor that waits for somebody else's query."""
    handle = _submitted()
    arguments = {"poke_interval": INTERVAL, "timeout": site.patience.total_seconds()}
    run = TaskRun(lambda: VezaQuerySensor(task_id="wait", handle=handle, deferrable=deferrable, **arguments))
    begin()
    return name_of_end(site, lambda: to_the_end(run, site))


def trigger(site: HostileSite, begin: Begin) -> str:
    """The trigger, by what it fires; where that names an error, that is the end's name."""
    waiting = AsyncQueryTrigger(
        _submitted(), deadline=(datetime.now(UTC) + site.patience).isoformat(), fixed_interval=INTERVAL
    )
    site.said.append(str(waiting.serialize()))
    begin()
    return end_of(fire(waiting), site)


def listener(site: HostileSite, begin: Begin) -> str:
    """The listener that hears of a mark, by the error that its log names."""
    _leave_query()
    begin()
    site.airflow.answer = OVER
    settling: Background[Mark] = Background(CancelOnMarked(site.registry, site.airflow).settle, "marks")
    settling.take(MarkedTask(TaskIdentity("access", "ask", "manual__1")))
    settling.join()
    return error_in(site.caplog.text)


def sweeper(site: HostileSite, begin: Begin) -> str:
    """The sweep, by its error, which only counts, and the one that its log names."""
    _leave_query()
    begin()
    end = name_of_end(site, site.sweep)
    printed = site.capsys.readouterr().out
    site.said.append(printed)
    return f"{end}: {error_in(site.caplog.text + printed)}"


def doctor(site: HostileSite, begin: Begin) -> str:
    """The command, by its exit status."""
    begin()
    printed = doctor_command.main(["--conn-id", "veza_default", "--patience", "1"])
    site.said += [printed.output, printed.errors]
    return f"exit {printed.status}"


CALLERS: dict[str, Caller] = {
    "operator": lambda site, begin: operator(site, begin, deferrable=False),
    "operator, deferred": lambda site, begin: operator(site, begin, deferrable=True),
    "trigger": trigger,
    "sensor": lambda site, begin: sensor(site, begin, deferrable=False),
    "sensor, deferred": lambda site, begin: sensor(site, begin, deferrable=True),
    "listener": listener,
    "sweeper": sweeper,
    "doctor": doctor,
}


def end_of(event: dict[str, Any], site: Site) -> str:
    """Return the error that an event names, else its outcome."""
    site.said.append(json.dumps(event))
    named = re.match(r"\w+Error", event["detail"])
    return named[0] if named else str(event["outcome"])


def to_the_end(run: TaskRun, site: Site) -> Any:
    """Run a task, its trigger if it defers, and what follows."""
    came = run.execute()
    if not isinstance(came, TaskDeferred):
        return came
    event = fire(came.trigger)
    site.said.append(json.dumps(event))
    return run.resume(came, event)


def name_of_end(site: Site, work: Callable[[], Any]) -> str:
    """Do the work; return the name of our own error in what it raises, else of that error, or that it succeeded."""
    try:
        work()
    except Exception as e:
        site.said += traceback.format_exception(e)
        return next((type(link).__name__ for link in _chain(e) if isinstance(link, AsyncQueryError)), type(e).__name__)
    return "success"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def error_in(log: str) -> str:
    """Return the error for which the log says that a query could not be cancelled."""
    named = re.findall(r"could not be cancelled and may still run \((\w+)", log)
    return named[-1] if named else "nothing"


def _submitted() -> dict[str, Any]:
    return dict(TaskRun(lambda: VezaSubmitQueryOperator(task_id="submit", query_spec=PAYROLL_ACCESS)).execute())


def _leave_query() -> None:
    """Let a task submit its query and go no further, as if its process had been killed."""
    run = TaskRun(lambda: VezaQueryOperator(task_id="ask", query_spec=PAYROLL_ACCESS, deferrable=True))
    run.has_state_store = False
    assert isinstance(run.execute(), TaskDeferred)
