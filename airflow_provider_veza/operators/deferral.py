"""How a task frees its worker while its query runs: which trigger it leaves behind, and when it may be resumed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.providers.common.compat.sdk import conf

if TYPE_CHECKING:
    from airflow_provider_veza.async_query.watch import Watch

BACKSTOP = timedelta(minutes=5)
"""How long after the trigger's own deadline Airflow gives up on the trigger; the trigger's clean end should win."""


def defer(task: Any, watch: Watch) -> NoReturn:
    """Leave the wait to the triggerer, and go on in the task's ``execute_complete``."""
    from airflow_provider_veza.hooks.wall_clock import utc_now
    from airflow_provider_veza.triggers.async_query import AsyncQueryTrigger

    now = utc_now()
    leave: Callable[..., NoReturn] = task.defer
    leave(
        trigger=AsyncQueryTrigger.of(
            watch,
            conn_id=task.hook.conn_id,
            cancel_on_kill=task.cancel_on_kill,
            not_before=earliest_resume(now),
        ),
        method_name="execute_complete",
        timeout=watch.deadline.remaining(now) + BACKSTOP,
    )


def earliest_resume(now: datetime) -> datetime:
    """Return when a task that defers now may be resumed.

    On Airflow 3 the supervisor may notice up to ``[workers] min_heartbeat_interval`` late that the deferred process has ended.
    A task that runs again by then is taken for that process, and failed by the scheduler although nothing is wrong.
    """
    interval = conf.getfloat("workers", "min_heartbeat_interval", fallback=0.0)
    return now + timedelta(seconds=1.2 * interval)


def waits_in_triggerer(deferrable: bool | None) -> bool:
    """Whether a task of this ``deferrable`` defers; where that is left open, as Airflow's ``default_deferrable`` says."""
    if deferrable is None:
        return bool(conf.getboolean("operators", "default_deferrable", fallback=False))
    return deferrable
