"""An Airflow connection from wherever Airflow keeps it: environment, secrets backends, database.

What it says is read in :mod:`.veza_settings` and :mod:`.esql_settings`.
Airflow 3 looks into its own database for servers alone, and for tasks through their supervisor. Any other process, such as the
command line or a notebook, is answered "not defined" for what `airflow connections add` has stored; so it is asked there, too.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowNotFoundException

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import BaseHook


WHY_IS_LOST = "while Airflow looked up a connection"
"""What is said of a cancel then: Airflow asks by asgiref, which loses why a task is cancelled."""


def connection_of(hook: type[BaseHook], conn_id: str) -> Any:
    """Return a connection.

    :raises AirflowNotFoundException: when Airflow keeps none of that name, or could not look where it does.
    """
    try:
        return hook.get_connection(conn_id)
    except AirflowNotFoundException:
        if not _may_ask_database():
            raise
        from airflow.models.connection import Connection

        return Connection.get_connection_from_secrets(conn_id)


def why_not_found(conn_id: str, conn_type: str, environment: Mapping[str, str]) -> str:
    """Return what to do about a connection that Airflow does not find; it says nothing of one that it cannot read.

    >>> why_not_found("veza_eu", "veza", {})
    "is not defined: create it with connection type 'veza', or name another one"
    """
    variable = f"AIRFLOW_CONN_{conn_id.upper()}"
    if not environment.get(variable):
        return f"is not defined: create it with connection type {conn_type!r}, or name another one"
    return (
        f"cannot be read: the environment variable {variable} is neither a JSON object of a connection's fields (conn_type, "
        "host, password, ...) in double quotes, nor a URI in which special characters are percent-encoded (%2F for a slash in "
        "the key)"
    )


async def aconnection_of(hook: type[BaseHook], conn_id: str) -> Any:
    """Return a connection; the async twin of :func:`connection_of`.

    Under ``dag.test()`` on Airflow 3 a trigger gets no answer to an async request, but one to a sync request.

    :raises asyncio.CancelledError: with :data:`WHY_IS_LOST`, where what it was cancelled with is.
    """
    from airflow.providers.common.compat.connection import get_async_connection

    try:
        return await get_async_connection(conn_id, hook=hook)
    except asyncio.CancelledError as e:
        raise e if e.args else asyncio.CancelledError(WHY_IS_LOST) from e
    except AirflowNotFoundException:
        return await asyncio.to_thread(connection_of, hook, conn_id)


def _may_ask_database() -> bool:
    """Whether this is Airflow 3 and no process that a supervisor answers; those have asked it already."""
    if "airflow.sdk" not in sys.modules:
        return False
    task_runner = sys.modules.get("airflow.sdk.execution_time.task_runner")
    return getattr(task_runner, "SUPERVISOR_COMMS", None) is None
