"""What Airflow asks of a task that runs: which errors end its retries, whether it defers, and when it may be resumed.

What differs between the versions of Airflow is in :mod:`.ownership.airflow_versions`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException, conf

from airflow_provider_veza.exceptions import AsyncQueryError, AttemptError
from airflow_provider_veza.ownership.airflow_versions import HAS_TASK_SDK

BACKSTOP = timedelta(minutes=5)
"""How long after the trigger's own deadline Airflow gives up on the trigger; the trigger's clean end should win."""


@contextmanager
def airflow_failures() -> Iterator[None]:
    """Let an error that no retry can heal fail the task at once; its name stays in the message, itself in the cause.

    On Airflow 2.11 an error that is not Airflow's own overwrites the state that a user has marked the task with.
    """
    try:
        yield
    except AttemptError as e:
        if HAS_TASK_SDK:
            raise
        raise AirflowException(f"{type(e).__name__}: {e}") from e
    except AsyncQueryError as e:
        if e.heals:
            raise
        raise AirflowFailException(f"{type(e).__name__}: {e}") from e


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
