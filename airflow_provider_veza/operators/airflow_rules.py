"""Which errors end the retries of a task.

What differs between the versions of Airflow is in :mod:`.ownership.airflow_versions`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from airflow_provider_veza.exceptions import AsyncQueryError, AttemptError
from airflow_provider_veza.ownership.airflow_versions import HAS_TASK_SDK


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
