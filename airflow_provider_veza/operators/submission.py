"""How a task attempt comes to its one query: it adopts what an earlier attempt left, or submits, and remembers first."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.identity import Fingerprint
from airflow_provider_veza.async_query.record import (
    Adopt,
    Ambiguous,
    OnAmbiguousSubmit,
    OnPreviousQuery,
    Owner,
    QueryRecord,
    Replace,
    SubmitAnew,
    next_step,
)
from airflow_provider_veza.async_query.task_log import TaskLog
from airflow_provider_veza.async_query.vocabulary import Phase
from airflow_provider_veza.exceptions import (
    AmbiguousSubmitError,
    NotSentError,
    QueryCanceledError,
    QueryFailedError,
    QueryUnreachableError,
    RecordError,
    RedirectRefusedError,
    RefusedError,
    RequestError,
)
from airflow_provider_veza.hooks.cancelling import CancelOutcome, try_to_cancel
from airflow_provider_veza.hooks.waiting import utc_now
from airflow_provider_veza.operators.attempt import Attempt
from airflow_provider_veza.records.store import RecordStore

if TYPE_CHECKING:
    from airflow_provider_veza.hooks.base import AsyncQueryHook

ANSWER_PATIENCE_SECONDS = 4.0
_NOTHING_IS_REMEMBERED = (
    "No place to remember live queries: after a crash a retry submits a second query, and the first runs on to its end. "
    "Set [veza] record_path (any object storage path), or use Airflow 3.3 or later."
)


class Query(Protocol):
    """What a submission needs to know of a checked query."""

    def fingerprint(self, tenant: str) -> Fingerprint:
        """Return what decides whether two submits ask the same."""
        ...


@dataclass(frozen=True)
class Submission:
    """One attempt's way to a handle.

    :param submit: sends the query; returns the handle.
    :param cancel_on_kill: whether the query ends with its task; the record tells whoever cleans up.
    :param killed: whether the task was killed meanwhile.
    """

    hook: AsyncQueryHook
    query: Query
    submit: Callable[..., QueryHandle]
    attempt: Attempt
    store: RecordStore
    owner: Owner
    timeout: timedelta
    on_previous_query: OnPreviousQuery
    on_ambiguous_submit: OnAmbiguousSubmit
    cancel_on_kill: bool
    log: TaskLog
    killed: Callable[[], bool]

    def handle(self) -> QueryHandle:
        """Return the handle of this task's query, adopted or new.

        :raises AmbiguousSubmitError: when a submit has no known outcome and the policy says to stop.
        :raises RecordError: when the record cannot be read or written; a query just submitted is cancelled then.
        """
        if not self.store.remembers:
            self.log.warning(_NOTHING_IS_REMEMBERED)
        record = self.store.read()
        step = next_step(
            record,
            life=self.attempt.life,
            fingerprint=self.query.fingerprint(self.hook.tenant),
            tenant=self.hook.tenant,
            policy=self.on_previous_query,
        )
        match step:
            case Adopt(handle) if self._is_worth_waiting_for(handle):
                return handle
            case Adopt(handle):
                self._cancel_replaced(Replace(handle, "it neither runs nor has succeeded"))
            case Replace():
                self._cancel_replaced(step)
            case Ambiguous():
                self._settle(step)
            case SubmitAnew(reason) if reason:
                self.log.warning("Submitting anew: %s.", reason)
        return self._submit_and_remember()

    def _is_worth_waiting_for(self, handle: QueryHandle) -> bool:
        try:
            snapshot = self.hook.look(handle)
        except RequestError as e:
            if not e.heals:
                raise
            self.log.warning("Adopting query %s of an earlier attempt unseen: %s", handle.id, e)
            return True
        worth = snapshot.phase in (Phase.RUNNING, Phase.SUCCEEDED)
        what = "Adopting" if worth else "Submitting anew instead of adopting"
        self.log.info(
            "%s query %s of an earlier attempt: it is %s (state %s).", what, handle.id, snapshot.phase, snapshot.state
        )
        return worth

    def _cancel_replaced(self, step: Replace) -> None:
        self.log.info("The query %s of an earlier attempt is not wanted any more: %s.", step.handle.id, step.reason)
        outcome = try_to_cancel(self.log, step.handle, self.hook.conn_id, self.hook.cancel)
        if outcome is CancelOutcome.FAILED:
            raise QueryUnreachableError(
                f"Query {step.handle.id} of an earlier attempt could not be cancelled (see above) and may still run. Nothing was "
                "submitted, so that no two queries run for one task. The next retry tries again."
            )

    def _settle(self, step: Ambiguous) -> None:
        text = (
            f"Attempt {step.try_number} died inside its submit at {step.since.isoformat()}: one query may run that nobody can "
            f"name. on_ambiguous_submit={self.on_ambiguous_submit}:"
        )
        if self.on_ambiguous_submit is OnAmbiguousSubmit.FAIL:
            error = AmbiguousSubmitError(f"{text} nothing was submitted. Clear the task to submit again.")
            error.heals = False
            raise error
        self.log.warning("%s submitting again; that one runs on to its end.", text)

    def _submit_and_remember(self) -> QueryHandle:
        intent = QueryRecord(
            self.attempt.identity,
            self.attempt.life,
            self.attempt.try_number,
            self.owner,
            self.query.fingerprint(self.hook.tenant),
            intent_at=utc_now(),
            cancel_on_kill=self.cancel_on_kill,
        )
        if self.killed():
            raise QueryCanceledError("The task was killed before its submit; nothing was submitted.")
        self.store.write(intent)
        handle = self._submitted(Deadline.after(intent.intent_at, self.timeout))
        self.log.info(
            "Submitted query %s to %s; wanted until %s.", handle.id, handle.tenant, handle.deadline.at.isoformat()
        )
        self._remember(replace(intent, handle=handle), handle)
        return handle

    def _remember(self, record: QueryRecord, handle: QueryHandle) -> None:
        try:
            self.store.write(record)
        except RecordError:
            try_to_cancel(self.log, handle, self.hook.conn_id, self.hook.cancel)
            raise

    def _submitted(self, deadline: Deadline) -> QueryHandle:
        try:
            return self._answer_of_submit(deadline)
        except (NotSentError, RedirectRefusedError, QueryFailedError):
            self.store.delete()
            raise
        except RequestError as e:
            if isinstance(e, RefusedError) and e.status < 500:
                self.store.delete()
                raise
            raise AmbiguousSubmitError(
                f"The submit has no clear answer ({type(e).__name__}: {e}): one query may run that nobody can name. It was not "
                f"sent again. The next retry acts by on_ambiguous_submit={self.on_ambiguous_submit}."
            ) from e

    def _answer_of_submit(self, deadline: Deadline) -> QueryHandle:
        """Submit in a thread, so that the end of the task, raised into this one, cannot discard the answer."""
        pool = ThreadPoolExecutor(1, thread_name_prefix="submit")
        answer: Future[QueryHandle] = pool.submit(self.submit, self.query, deadline=deadline)
        pool.shutdown(wait=False)
        try:
            wait([answer])
        except BaseException:
            self._cancel_answered(answer)
            raise
        return answer.result()

    def _cancel_answered(self, answer: Future[QueryHandle]) -> None:
        try:
            handle = answer.result(timeout=ANSWER_PATIENCE_SECONDS)
        except Exception as e:
            self.log.warning(
                "The task ended inside its submit, whose answer is not known: one query may run (%s: %s).",
                type(e).__name__,
                e,
            )
            return
        try_to_cancel(self.log, handle, self.hook.conn_id, self.hook.cancel_now)
