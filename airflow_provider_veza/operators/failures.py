"""Where this provider's errors become Airflow's: what cannot heal fails the task without retries; nothing else happens here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_veza.exceptions import AsyncQueryError


@contextmanager
def airflow_failures() -> Iterator[None]:
    """Let an error that no retry can heal fail the task at once; its name stays in the message, itself in the cause."""
    try:
        yield
    except AsyncQueryError as e:
        if e.heals:
            raise
        raise AirflowFailException(f"{type(e).__name__}: {e}") from e
