"""What every operator and sensor that defers has to know of Airflow's side of a deferral; no query enters."""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.providers.common.compat.sdk import conf

BACKSTOP = timedelta(minutes=5)
"""How long after the trigger's own deadline Airflow gives up on the trigger; the trigger's clean end should win."""


def earliest_resume(now: datetime) -> datetime:
    """Return when a task that defers now may be resumed.

    On Airflow 3 the supervisor may notice up to ``[workers] min_heartbeat_interval`` late that the deferred process has ended.
    A task that runs again by then is taken for that process, and failed by the scheduler although nothing is wrong.
    """
    interval = conf.getfloat("workers", "min_heartbeat_interval", fallback=0.0)
    return now + timedelta(seconds=1.2 * interval)


def default_deferrable() -> bool:
    """Return Airflow's ``[operators] default_deferrable``."""
    return bool(conf.getboolean("operators", "default_deferrable", fallback=False))
