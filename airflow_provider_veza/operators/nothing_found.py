"""What the log says where a Veza query finds nothing: the names that were asked for, since a misspelt one is no error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_veza.async_query.task_log import TaskLog
from airflow_provider_veza.exceptions import AsyncQueryError, EmptyResultError
from airflow_provider_veza.operators.delivery import is_nothing
from airflow_provider_veza.shown import one_line

if TYPE_CHECKING:
    from airflow_provider_veza.async_query.handle import QueryHandle
    from airflow_provider_veza.hooks.veza import VezaHook


def deliver_with_warning(deliver: Callable[[], Any], warning: Callable[[], str], log: TaskLog) -> Any:
    """Deliver, and warn where that is nothing, be that an error or not.

    :param warning: returns what to warn of, called only then; empty where there is nothing to say.
    """
    try:
        delivered = deliver()
    except EmptyResultError:
        _warn(warning(), log)
        raise
    if is_nothing(delivered):
        _warn(warning(), log)
    return delivered


def warning_about_spec(spec: Any) -> str:
    """Return which names a spec asks for; empty where it names none, or is no spec."""
    from airflow_provider_veza.services.veza_asked_names import warning_of_nothing_found

    return warning_of_nothing_found(spec) if isinstance(spec, Mapping) else ""


def warning_about_saved_query(hook: VezaHook, saved_query_id: str) -> str:
    """Return which names a saved query asks for, as far as the tenant shows it."""
    from airflow_provider_veza.services.veza_asked_names import NOTHING_FOUND, warning_of_nothing_found

    try:
        warning = warning_of_nothing_found(hook.saved_query(saved_query_id))
    except AsyncQueryError as e:
        warning = f"{NOTHING_FOUND} Its definition cannot be read: {e.message}"
    return f"{warning or NOTHING_FOUND} It is the saved query {saved_query_id!r}."


def warning_about_handle(handle: QueryHandle) -> str:
    """Return where the names are that the query of a handle asked for."""
    from airflow_provider_veza.services.veza_asked_names import NOTHING_FOUND

    return f"{NOTHING_FOUND} The names are in the task that submitted the query {handle.shown_id}."


def _warn(text: str, log: TaskLog) -> None:
    if text:
        log.warning("%s", one_line(text))
