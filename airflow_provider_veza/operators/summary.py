"""What a notifier tells people of a task: plain JSON, for the callbacks and notifiers of any channel; it never raises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from airflow_provider_veza.async_query.attempt_report import REPORT_KEY
from airflow_provider_veza.async_query.handle import HANDLE_KEY, URL_KEY, QueryHandle
from airflow_provider_veza.async_query.vocabulary import Phase
from airflow_provider_veza.exceptions import (
    QueryCanceledError,
    QueryFailedError,
    QueryGoneError,
    ResultsError,
)
from airflow_provider_veza.operators.announced import announced
from airflow_provider_veza.shown import one_line, shortened

_RETURNED = "return_value"
_LONGEST_ERROR = 500
_CONFIRMED = "cancelled"
"""What a report says of a cancel that the service has confirmed."""
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
    task = context.get("task")
    handle = _mapping(_pulled(ti, HANDLE_KEY)) or _given_handle(task)
    ended = _End(
        handle,
        _pulled(ti, _RETURNED),
        context.get("exception"),
        _mapping(_pulled(ti, REPORT_KEY)),
        is_proven=getattr(ti, "state", None) == "success" and getattr(task, "needs_success_of_query", False),
    )
    return {
        **{name: getattr(ti, name, None) for name in ("dag_id", "task_id", "run_id", "map_index", "try_number")},
        "query_id": handle.get("id"),
        "phase": ended.phase,
        "rows": ended.rows,
        "place": _mapping(ended.returned).get("manifest") or getattr(task, "manifest_place", "") or None,
        "seconds": _seconds_since(handle.get("submitted_at")),
        "link": _pulled(ti, URL_KEY) or None,
        "error": None if ended.error is None else _first_line(ended.error),
    }


@dataclass(frozen=True)
class _End:
    """What is known of the end of a task.

    :param handle: of its query; empty where it has none.
    :param returned: what lies in XCom; nothing where the task pushes none.
    :param report: what the attempt that owned the query left.
    :param is_proven: whether the task has succeeded, which it could only if its query had.
    """

    handle: Mapping[str, Any]
    returned: Any
    error: Any
    report: Mapping[str, Any]
    is_proven: bool

    @property
    def phase(self) -> str | None:
        if not self.handle:
            return None
        return self._phase_of_error or self._phase_reported or self._phase_returned

    @property
    def rows(self) -> int | None:
        counted = _rows(self.returned)
        if counted is None and self.error is None and self._is_of_query(self.report, "query_id"):
            counted = self.report.get("rows")
        return counted if isinstance(counted, int) else None

    @property
    def _phase_of_error(self) -> str | None:
        kinds = ((cause, kind) for cause in _causes(self.error) for kind in _PHASES)
        return next((_PHASES[kind].value for cause, kind in kinds if isinstance(cause, kind)), None)

    @property
    def _phase_reported(self) -> str | None:
        if not self._is_of_query(self.report, "query_id"):
            return None
        if self.report.get("cancel") == _CONFIRMED:
            return Phase.CANCELED.value
        outcome = self.report.get("outcome")
        return outcome if outcome in tuple(Phase) else None

    @property
    def _phase_returned(self) -> str:
        """What a task says of the query of another: a cancel names a phase, a submit returns the handle of what runs now."""
        returned = _mapping(self.returned)
        if returned.get("cancelled") is True:
            return Phase.CANCELED.value
        if "cancelled" in returned:
            return str(returned.get("phase") or Phase.RUNNING.value)
        if self.error is not None or self._is_of_query(returned, "id"):
            return Phase.RUNNING.value
        return (Phase.SUCCEEDED if self.is_proven or self.returned is not None else Phase.RUNNING).value

    def _is_of_query(self, told: Mapping[str, Any], name: str) -> bool:
        return told.get(name) == self.handle.get("id")


def _given_handle(task: Any) -> Mapping[str, Any]:
    """Return the one handle that a task was given, however it was written; empty where it was given none."""
    with suppress(Exception):
        return QueryHandle.from_json(task.handle).to_json()
    return {}


def _pulled(ti: Any, key: str) -> Any:
    with suppress(Exception):  # Some callbacks run where Airflow gives no XCom.
        return announced(ti, key)
    return None


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
