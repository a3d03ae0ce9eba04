"""Everything of this provider that calls a cluster by itself, each from its beginning to its end, and the name of that end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from airflow.providers.common.compat.sdk import TaskDeferred

from airflow_provider_veza.operators.esql import EsqlQueryOperator, EsqlSubmitQueryOperator
from airflow_provider_veza.sensors.esql import EsqlQuerySensor
from airflow_provider_veza.triggers.async_query import AsyncQueryTrigger
from hostile.callers import INTERVAL, Begin, end_of, error_in, name_of_end, to_the_end
from hostile.cluster_site import HostileCluster
from support.task_run import TaskRun, fire

QUERY = "FROM logs-* | STATS requests = COUNT(*) BY login"


def operator(site: HostileCluster, begin: Begin, *, deferrable: bool) -> str:
    """The operator that owns its query."""
    arguments = {"query": QUERY, "poll_interval": INTERVAL, "timeout": site.patience}
    run = TaskRun(lambda: EsqlQueryOperator(task_id="ask", deferrable=deferrable, **arguments))
    run.has_state_store = False
    begin()
    end = name_of_end(site, lambda: to_the_end(run, site))
    site.said.append(str(run.xcom))
    return end


def sensor(site: HostileCluster, begin: Begin, *, deferrable: bool) -> str:
    """The sensor that waits for somebody else's query."""
    handle = _submitted()
    arguments = {"poke_interval": INTERVAL, "timeout": site.patience.total_seconds()}
    run = TaskRun(lambda: EsqlQuerySensor(task_id="wait", handle=handle, deferrable=deferrable, **arguments))
    begin()
    return name_of_end(site, lambda: to_the_end(run, site))


def trigger(site: HostileCluster, begin: Begin) -> str:
    """The trigger, by what it fires; where that names an error, that is the end's name."""
    deadline = (datetime.now(UTC) + site.patience).isoformat()
    waiting = AsyncQueryTrigger(_submitted(), deadline=deadline, fixed_interval=INTERVAL)
    begin()
    return end_of(fire(waiting), site)


def sweeper(site: HostileCluster, begin: Begin) -> str:
    """The sweep, by its error, which only counts, and the one that its log names."""
    run = TaskRun(lambda: EsqlQueryOperator(task_id="ask", query=QUERY, deferrable=True))
    run.has_state_store = False
    assert isinstance(run.execute(), TaskDeferred)
    begin()
    end = name_of_end(site, site.sweep)
    printed = site.capsys.readouterr().out
    site.said.append(printed)
    return f"{end}: {error_in(site.caplog.text + printed)}"


CALLERS: dict[str, Callable[[HostileCluster, Begin], str]] = {
    "operator": lambda site, begin: operator(site, begin, deferrable=False),
    "operator, deferred": lambda site, begin: operator(site, begin, deferrable=True),
    "trigger": trigger,
    "sensor": lambda site, begin: sensor(site, begin, deferrable=False),
    "sensor, deferred": lambda site, begin: sensor(site, begin, deferrable=True),
    "sweeper": sweeper,
}


def _submitted() -> dict[str, Any]:
    return dict(TaskRun(lambda: EsqlSubmitQueryOperator(task_id="submit", query=QUERY)).execute())
