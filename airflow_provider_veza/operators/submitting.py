"""A task that brings one query into the world: obtain, announce, cancel when nobody waits; no waiting, no service's words."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperator

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import HANDLE_KEY, URL_KEY, QueryHandle
from airflow_provider_veza.async_query.record import OnAmbiguousSubmit, OnPreviousQuery, Owner
from airflow_provider_veza.exceptions import (
    AsyncQueryError,
    QueryCanceledError,
    QueryDeadlineError,
    RecordError,
)
from airflow_provider_veza.operators.arguments import choice, duration
from airflow_provider_veza.operators.attempt import Attempt
from airflow_provider_veza.operators.bounded import finished_within

if TYPE_CHECKING:
    from airflow_provider_veza.hooks.base import AsyncQueryHook
    from airflow_provider_veza.operators.submission import Query
    from airflow_provider_veza.records.store import RecordStore

DEFAULT_TIMEOUT = timedelta(hours=24)
NOTE_BUDGET_SECONDS = 0.5
CANCEL_BUDGET_SECONDS = 2.5
"""Together three seconds: Airflow kills the process five seconds after it asked it to end."""


class SubmittingOperator(BaseOperator):
    """An operator that brings one query into the world and is answerable for it.

    :param timeout: from the submit until nobody wants the answer any more; a timedelta or seconds.
    :param cancel_on_kill: whether the query is cancelled when the task is killed, marked or cleared while it owns it. It is
        not known whether Veza runs equal specs of several submits once, in which case cancelling one would end all of them;
        switch it off where such queries matter.
    :param on_previous_query: ``reattach`` adopts the query of a crashed attempt if it asks the same;
        ``cancel_and_resubmit`` never does.
    :param on_ambiguous_submit: ``resubmit`` or ``fail``, after an attempt that died inside its submit.
    """

    query_owner = Owner.TASK
    keep_results = False

    def __init__(
        self,
        *,
        timeout: timedelta | float = DEFAULT_TIMEOUT,
        cancel_on_kill: bool = True,
        on_previous_query: str = "reattach",
        on_ambiguous_submit: str = "resubmit",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.timeout = duration(timeout)
        self.cancel_on_kill = cancel_on_kill
        self.on_previous_query = choice(OnPreviousQuery, on_previous_query, "on_previous_query")
        self.on_ambiguous_submit = choice(OnAmbiguousSubmit, on_ambiguous_submit, "on_ambiguous_submit")
        self.query_url = ""
        self._handle: QueryHandle | None = None
        self._context: Mapping[str, Any] = {}
        self._killed = False

    @property
    @abstractmethod
    def hook(self) -> AsyncQueryHook:
        """The client of this task's service; one for the life of the task process."""

    @abstractmethod
    def checked_query(self) -> Query:
        """Return this task's query, checked before anything is sent.

        :raises ConfigurationError: when it can be told now that the query is wrong.
        """

    @abstractmethod
    def submit(self, query: Any, *, deadline: Deadline) -> QueryHandle:
        """Send the query."""

    def on_kill(self) -> None:
        """Cancel the query in a bounded time; on Airflow 3 ``execute`` goes on after this, so it also ends the wait.

        The work runs in threads of its own, since this may interrupt the main thread in the middle of a request or a log line.
        """
        self._killed = True
        handle = self._handle
        if handle is None or not self.cancel_on_kill:
            return
        from airflow_provider_veza.hooks.cancelling import try_to_cancel

        hook = self.hook
        finished_within(NOTE_BUDGET_SECONDS, lambda: self._note_cancel(handle))
        if not finished_within(
            CANCEL_BUDGET_SECONDS, lambda: try_to_cancel(self.log, handle, hook.conn_id, hook.cancel_now)
        ):
            self.log.warning("The cancel of query %s took too long for a killed task; it may still run.", handle.id)

    def obtain(self, context: Mapping[str, Any]) -> QueryHandle:
        """Adopt the query of an earlier attempt or submit, and let the UI and later tasks know the handle."""
        from airflow_provider_veza.operators.submission import Submission

        self._context = context
        self._handle = Submission(
            hook=self.hook,
            query=self.checked_query(),
            submit=self.submit,
            attempt=Attempt.of(context),
            store=self.store(context),
            owner=self.query_owner,
            timeout=self.timeout,
            on_previous_query=self.on_previous_query,
            on_ambiguous_submit=self.on_ambiguous_submit,
            cancel_on_kill=self.cancel_on_kill,
            log=self.log,
            killed=lambda: self._killed,
        ).handle()
        if self._killed:
            self.on_kill()
            raise QueryCanceledError(f"The task was killed while it came to its query {self._handle.id}; see above.")
        return self._handle

    def announce(self, handle: QueryHandle, context: Mapping[str, Any]) -> None:
        """Push the handle and its link to XCom, where triggers, links and later tasks look for them."""
        context["ti"].xcom_push(key=URL_KEY, value=self.query_url)
        context["ti"].xcom_push(key=HANDLE_KEY, value=handle.to_json())

    def store(self, context: Mapping[str, Any]) -> RecordStore:
        """Return where this task instance's live query is remembered."""
        from airflow_provider_veza.records.store import record_store

        return record_store(context, Attempt.of(context).identity)

    def settle(self, context: Mapping[str, Any]) -> None:
        """Forget the query: it has ended. A record that cannot be removed is said, and fails nothing."""
        try:
            self.store(context).delete()
        except RecordError as e:
            self.log.warning("%s It names a query that has ended, which a later attempt will notice.", e)

    @contextmanager
    def answerable_for(self, handle: QueryHandle, context: Mapping[str, Any]) -> Iterator[None]:
        """Cancel the query if an error ends the task and no retry can find it, since then nobody waits."""
        self._handle, self._context = handle, context
        try:
            self.query_url = self.hook.settings.ui_url(handle.id)
            yield
        except QueryDeadlineError:
            raise
        except Exception as e:
            heals = not isinstance(e, AsyncQueryError) or e.heals
            will_be_adopted = heals and Attempt.of(context).may_be_retried and self.store(context).remembers
            if not will_be_adopted:
                self._cancel_and_settle(handle, context)
            raise

    def _cancel_and_settle(self, handle: QueryHandle, context: Mapping[str, Any]) -> None:
        """Cancel, and forget the query unless the cancel failed: then a later attempt or the sweeper tries again."""
        from airflow_provider_veza.hooks.cancelling import CancelOutcome, try_to_cancel

        self._note_cancel(handle)
        outcome = try_to_cancel(self.log, handle, self.hook.conn_id, self.hook.cancel)
        if outcome is not CancelOutcome.FAILED:
            self.settle(context)

    def _note_cancel(self, handle: QueryHandle) -> None:
        from airflow_provider_veza.records.store import note_cancel

        try:
            note_cancel(self.store(self._context), handle.id, Attempt.of(self._context).try_number)
        except RecordError as e:
            self.log.warning("The cancel could not be noted: %s", e)
