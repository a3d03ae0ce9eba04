"""What a notifier tells people of a task: plain JSON, for the callbacks and notifiers of any channel; it never raises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from airflow_provider_veza.async_query.handle import HANDLE_KEY, URL_KEY
from airflow_provider_veza.async_query.vocabulary import Phase
from airflow_provider_veza.exceptions import (
    QueryCanceledError,
    QueryFailedError,
    QueryGoneError,
    ResultsError,
)
from airflow_provider_veza.shown import one_line, shortened

_RETURNED = "return_value"
_LONGEST_ERROR = 500
_PHASES: Mapping[type[BaseException], Phase] = {
    QueryFailedError: Phase.FAILED,
    QueryCanceledError: Phase.CANCELED,
    QueryGoneError: Phase.GONE,
    ResultsError: Phase.SUCCEEDED,
}


def summary(context: Mapping[str, Any]) -> dict[str, Any]:
    """Return what became of a task of this provider, as plain JSON; what is not known is None.

    ``dag_id``, ``task_id``, ``run_id``, ``map_index``, ``try_number``; ``query_id`` and ``phase`` of the query (``RUNNING`` also
    where it is not known to have ended); ``rows``, how many; ``place``, the manifest of what was landed; ``seconds`` since the
    submit; ``link`` to the query; ``error``, the first line of what failed. No row and no credential is in it.

    :param context: what Airflow gives to callbacks and notifiers.

    .. code-block:: python

        def tell(context):
            SlackWebhookHook(slack_webhook_conn_id="slack").send(text=json.dumps(summary(context)))


        VezaQueryOperator(task_id="access", query_spec=spec, on_success_callback=tell, on_failure_callback=tell)
    """
    ti = context.get("ti") or context.get("task_instance")
    handle = _mapping(_pulled(ti, HANDLE_KEY))
    returned = _pulled(ti, _RETURNED)
    error = context.get("exception")
    return {
        **{name: getattr(ti, name, None) for name in ("dag_id", "task_id", "run_id", "map_index", "try_number")},
        "query_id": handle.get("id"),
        "phase": _phase(handle, returned, error),
        "rows": _rows(returned),
        "place": _mapping(returned).get("manifest"),
        "seconds": _seconds_since(handle.get("submitted_at")),
        "link": _pulled(ti, URL_KEY) or None,
        "error": None if error is None else _first_line(error),
    }


def _pulled(ti: Any, key: str) -> Any:
    with suppress(Exception):  # Some callbacks run where Airflow gives no XCom.
        return ti.xcom_pull(task_ids=ti.task_id, key=key, map_indexes=ti.map_index)
    return None


def _phase(handle: Mapping[str, Any], returned: Any, error: Any) -> str | None:
    if not handle:
        return None
    for cause in _causes(error):
        for kind, phase in _PHASES.items():
            if isinstance(cause, kind):
                return phase.value
    return (Phase.RUNNING if returned is None or error is not None else Phase.SUCCEEDED).value


def _causes(error: Any) -> Iterator[BaseException]:
    while isinstance(error, BaseException):
        yield error
        error = error.__cause__


def _rows(returned: Any) -> int | None:
    if isinstance(returned, list):
        return len(returned)
    counted = _mapping(returned)
    number = counted.get("rows", counted.get("count"))
    return number if isinstance(number, int) else None


def _seconds_since(submitted_at: Any) -> float | None:
    with suppress(TypeError, ValueError, OverflowError):
        return round((datetime.now(UTC) - datetime.fromisoformat(submitted_at)).total_seconds(), 1)
    return None


def _first_line(error: Any) -> str:
    lines = str(error).splitlines() or [""]
    return shortened(one_line(_named(error, lines[0])), _LONGEST_ERROR)


def _named(error: Any, line: str) -> str:
    if isinstance(error, str):  # A failure that the scheduler found.
        return line
    return f"{type(error).__name__}: {line}" if line else type(error).__name__


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
