"""Forgets a delivered query once Airflow has accepted the task's success, and not before; it delivers nothing."""

from __future__ import annotations

from typing import Any

from airflow.providers.common.compat.sdk import get_listener_manager, hookimpl

from airflow_provider_veza.async_query.ending import Currency
from airflow_provider_veza.async_query.identity import TaskIdentity
from airflow_provider_veza.async_query.task_log import TaskLog
from airflow_provider_veza.ownership.asking import Airflow
from airflow_provider_veza.ownership.attempt import Attempt
from airflow_provider_veza.ownership.ledger import Ledger

_SUCCESS = "success"


class ForgetOnAcceptance:
    """A listener in the process of one task, for its end alone.

    Airflow tells a success also where it was refused, since the attempt was superseded, cleared or marked: so it is asked. What
    this misses, the sweep removes. It is registered when the rows are delivered, not with the plugin, since a listener that is
    there while DAG files are parsed lets Airflow refuse tasks that end from their trigger.
    """

    def __init__(self, attempt: Attempt, ledger: Ledger, airflow: Airflow, log: TaskLog) -> None:
        self._attempt = attempt
        self._ledger = ledger
        self._airflow = airflow
        self._log = log

    def register(self) -> None:
        """Begin to listen."""
        get_listener_manager().add_listener(self)

    @hookimpl
    def on_task_instance_success(self, task_instance: Any) -> None:
        """Forget the query if the success of this attempt was accepted."""
        if not self._is_own(task_instance):
            return
        self._unregister()
        try:
            self._forget_if_accepted()
        except Exception as e:
            self._log.warning("The record of the delivered query stays until the sweep removes it: %s", e)

    @hookimpl
    def on_task_instance_failed(self, task_instance: Any) -> None:
        """Keep the record: the next attempt reads it."""
        if self._is_own(task_instance):
            self._unregister()

    def _forget_if_accepted(self) -> None:
        if self._airflow.task(self._attempt.identity).state != _SUCCESS:
            return
        if self._airflow.currency(self._attempt) is Currency.CURRENT:
            self._ledger.forget()

    def _is_own(self, ti: Any) -> bool:
        identity = TaskIdentity(ti.dag_id, ti.task_id, ti.run_id, -1 if ti.map_index is None else ti.map_index)
        return identity == self._attempt.identity

    def _unregister(self) -> None:
        manager = get_listener_manager()
        if manager.pm.is_registered(self):
            manager.pm.unregister(self)
