"""How a task of this provider comes to the :class:`~.charge.Charge` of its query, from Airflow's context; no decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from airflow_provider_veza.async_query.task_log import TaskLog
from airflow_provider_veza.ownership.asking import airflow_for_tasks
from airflow_provider_veza.ownership.attempt import Attempt
from airflow_provider_veza.ownership.charge import Charge, KillPolicy
from airflow_provider_veza.ownership.ledger import Ledger
from airflow_provider_veza.ownership.records.airflow_store import record_store
from airflow_provider_veza.ownership.records.store import NoStore

if TYPE_CHECKING:
    from airflow_provider_veza.hooks.base import AsyncQueryHook


class AnsweringTask(Protocol):
    """What a charge needs of an operator or a sensor."""

    cancel_on_kill: bool
    cancel_on_timeout: bool

    @property
    def hook(self) -> AsyncQueryHook:
        """The client of its service."""
        ...

    @property
    def log(self) -> TaskLog:
        """The task's log."""
        ...


def charge_of(task: AnsweringTask, context: Mapping[str, Any]) -> Charge:
    """Return the charge of a task that owns its query: what it does is recorded for the attempts after it."""
    attempt = Attempt.of(context)
    policy = KillPolicy(cancel_on_kill=task.cancel_on_kill, cancel_on_timeout=task.cancel_on_timeout)
    return _charge(task, attempt, Ledger(record_store(context, attempt.identity)), policy)


def charge_of_given_query(task: AnsweringTask, context: Mapping[str, Any]) -> Charge:
    """Return the charge of a task that was given the handle of somebody else's query: a retry is given it again."""
    policy = KillPolicy(
        cancel_on_kill=task.cancel_on_kill, cancel_on_timeout=task.cancel_on_timeout, retry_finds_it=True
    )
    return _charge(task, Attempt.of(context), Ledger(NoStore()), policy)


def _charge(task: AnsweringTask, attempt: Attempt, ledger: Ledger, policy: KillPolicy) -> Charge:
    return Charge(
        attempt=attempt,
        ledger=ledger,
        airflow=airflow_for_tasks(),
        hook=lambda: task.hook,
        policy=policy,
        log=task.log,
    )
