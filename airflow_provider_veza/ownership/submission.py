"""How an attempt comes to its one query: it adopts what an earlier one left, or submits, and remembers first; no waiting.

That is in :mod:`airflow_provider_veza.hooks.waiting`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.identity import Fingerprint
from airflow_provider_veza.async_query.record import OnAmbiguousSubmit, OnPreviousQuery, Owner, QueryRecord
from airflow_provider_veza.async_query.record_states import (
    Adopt,
    Ambiguous,
    NextStep,
    Replace,
    SubmitAnew,
    is_of_later_attempt,
    next_step,
)
from airflow_provider_veza.async_query.task_log import TaskLog
from airflow_provider_veza.async_query.vocabulary import Phase
from airflow_provider_veza.exceptions import (
    AmbiguousSubmitError,
    AttemptError,
    ConfigurationError,
    FileChangedError,
    NotSentError,
    QueryUnreachableError,
    RecordError,
    RedirectRefusedError,
    RefusedError,
    RequestError,
)
from airflow_provider_veza.hooks.wall_clock import utc_now
from airflow_provider_veza.ownership.attempt import Attempt
from airflow_provider_veza.ownership.bounded import Uninterrupted
from airflow_provider_veza.ownership.cancelling import CancelOutcome, try_to_cancel
from airflow_provider_veza.ownership.charge import ANSWER_PATIENCE_SECONDS, Charge
from airflow_provider_veza.ownership.ledger import Ledger

if TYPE_CHECKING:
    from airflow_provider_veza.hooks.base import AsyncQueryHook

_DECISIONS = 5
_NOTHING_IS_REMEMBERED = (
    "No place to remember live queries: after a crash a retry submits a second query, and the first runs on to its end. "
    "Set [veza] record_path (any object storage path), or use Airflow 3.3 or later."
)
_NO_REST = (
    "Earlier attempts of this task recorded a query each of the five times that this one had decided to submit. Nothing was "
    "submitted, and the queries were left as they are. The next retry finds the last one."
)
_DELIVERED_BEFORE = (
    "The rows of query %s were delivered by an earlier attempt, which ended before Airflow had accepted them, and the service "
    "does not keep them any more: the query is asked anew. This is the second of the two cases in which a task asks twice."
)


class Query(Protocol):
    """What a submission needs to know of a checked query."""

    def fingerprint(self, tenant: str) -> Fingerprint:
        """Return what decides whether two submits ask the same."""
        ...


@dataclass(frozen=True)
class Obtained:
    """The query that an attempt has come to.

    :param delivered: its rows were delivered already, and can be again without the service.
    """

    handle: QueryHandle
    delivered: bool = False


@dataclass(frozen=True)
class SubmitWishes:
    """What the author of a DAG said about the submit.

    :param timeout: from the submit until nobody wants the answer any more.
    :param cancel_on_kill: whether the query ends with its task; the record tells whoever cleans up.
    :param will_defer: whether the task is going to wait in the triggerer.
    :param keep_results: whether the service is to keep the result after the delivery.
    """

    owner: Owner
    timeout: timedelta
    on_previous_query: OnPreviousQuery = OnPreviousQuery.REATTACH
    on_ambiguous_submit: OnAmbiguousSubmit = OnAmbiguousSubmit.RESUBMIT
    cancel_on_kill: bool = True
    will_defer: bool = False
    keep_results: bool = False


@dataclass(frozen=True)
class Submission:
    """One attempt's way to a handle.

    :param submit: sends the query; returns the handle.
    :param has_landed: whether a query's rows lie in the task's folder, whole.
    """

    hook: AsyncQueryHook
    query: Query
    submit: Callable[..., QueryHandle]
    charge: Charge
    wishes: SubmitWishes
    has_landed: Callable[[QueryHandle], bool]
    log: TaskLog

    def obtain(self) -> Obtained:
        """Return this task's query, adopted or new.

        :raises AmbiguousSubmitError: when a submit has no known outcome and the policy says to stop.
        :raises RecordError: when the record cannot be read or written; a query just submitted is cancelled then.
        :raises AttemptError: when this attempt may not go on.
        """
        if not self._ledger.remembers:
            self.log.warning(_NOTHING_IS_REMEMBERED)
        for _ in range(_DECISIONS):
            try:
                return self._obtained()
            except FileChangedError:
                self.log.info("An earlier attempt has recorded its query meanwhile: deciding again.")
        raise RecordError(_NO_REST)

    def _obtained(self) -> Obtained:
        self.charge.check()
        step = next_step(
            self._ledger.read_for(self._attempt),
            life=self._attempt.life,
            fingerprint=self.query.fingerprint(self.hook.tenant),
            tenant=self.hook.tenant,
            policy=self.wishes.on_previous_query,
        )
        if isinstance(step, (Adopt, Replace)):
            self.charge.handle = step.handle  # If the task is ended before this is settled, nobody else may know of it.
        if isinstance(step, Adopt) and (obtained := self._adopted(step)):
            return obtained
        self._clear_the_way(step)
        self.charge.handle = None
        return Obtained(self._submit_and_remember())

    @property
    def _ledger(self) -> Ledger:
        return self.charge.ledger

    @property
    def _attempt(self) -> Attempt:
        return self.charge.attempt

    def _adopted(self, step: Adopt) -> Obtained | None:
        """Take over the query of an earlier attempt; None where it is no good any more."""
        if step.delivered and self.has_landed(step.handle):
            self.log.info("Query %s was landed by an earlier attempt; nothing is asked anew.", step.handle.shown_id)
            self._take_over(step.handle)
            return Obtained(step.handle, delivered=True)
        if not self._is_worth_waiting_for(step):
            return None
        self._take_over(step.handle)
        return Obtained(step.handle)

    def _take_over(self, handle: QueryHandle) -> None:
        self.charge.check(surely=True)
        self._ledger.adopt(self._attempt.try_number, life=self._attempt.life, deferred=self.wishes.will_defer)
        self.charge.handle = handle

    def _is_worth_waiting_for(self, step: Adopt) -> bool:
        handle = step.handle
        try:
            snapshot = self.hook.query(handle).look()
        except RequestError as e:
            if not e.heals:
                raise
            self.log.warning("Adopting query %s of an earlier attempt unseen: %s", handle.shown_id, e)
            return True
        worth = snapshot.phase in (Phase.RUNNING, Phase.SUCCEEDED)
        what = "Adopting" if worth else "Submitting anew instead of adopting"
        self.log.info(
            "%s query %s of an earlier attempt: it is %s (state %s). %s",
            what,
            handle.shown_id,
            snapshot.phase,
            snapshot.state,
            snapshot.error,
        )
        return worth

    def _clear_the_way(self, step: NextStep) -> None:
        """Deal with what an earlier attempt left, before a new query is submitted."""
        match step:
            case Adopt(handle, delivered=True):
                self.log.warning(_DELIVERED_BEFORE, handle.shown_id)
            case Adopt(handle):
                self._cancel_replaced(Replace(handle, "it neither runs nor has succeeded"))
            case Replace():
                self._cancel_replaced(step)
            case Ambiguous():
                self._decide_ambiguous(step)
            case SubmitAnew(reason) if reason:
                self.log.warning("Submitting anew: %s.", reason)

    def _cancel_replaced(self, step: Replace) -> None:
        self.charge.check(surely=True)
        self.log.info(
            "The query %s of an earlier attempt is not wanted any more: %s.", step.handle.shown_id, step.reason
        )
        outcome = try_to_cancel(self.hook.query(step.handle), self.log)
        if outcome is CancelOutcome.FAILED:
            raise QueryUnreachableError(
                "The query of an earlier attempt could not be cancelled and may still run. Nothing was submitted, so "
                "that no two queries run for one task. The next retry tries again.",
                about=step.handle,
            )

    def _decide_ambiguous(self, step: Ambiguous) -> None:
        text = (
            f"Attempt {step.try_number} died inside its submit at {step.since.isoformat()}: one query may run that nobody can "
            f"name. on_ambiguous_submit={self.wishes.on_ambiguous_submit}:"
        )
        if self.wishes.on_ambiguous_submit is OnAmbiguousSubmit.FAIL:
            error = AmbiguousSubmitError(f"{text} nothing was submitted. Clear the task to submit again.")
            error.heals = False
            raise error
        self.log.warning("%s submitting again; that one runs on to its end.", text)

    def _submit_and_remember(self) -> QueryHandle:
        intent = QueryRecord(
            self._attempt.identity,
            self._attempt.life,
            self._attempt.try_number,
            self.wishes.owner,
            self.query.fingerprint(self.hook.tenant),
            intent_at=utc_now(),
            cancel_on_kill=self.wishes.cancel_on_kill,
            keep_results=self.wishes.keep_results,
        )
        deadline = Deadline.after(intent.intent_at, self.wishes.timeout)
        self.charge.check(surely=True)
        self._ledger.intend(intent)
        self._check_before_the_first_byte()
        return self._submitted_whatever_happens(deadline)

    def _check_before_the_first_byte(self) -> None:
        """Let no doubt about a submit remain where none was sent."""
        try:
            self.charge.check(surely=True)
        except AttemptError:
            self._withdraw()
            raise

    def _submitted_whatever_happens(self, deadline: Deadline) -> QueryHandle:
        """Submit and record in a thread, so that the end of the task, raised into this one, cannot discard the answer."""
        submit = self.charge.submitting = Uninterrupted(lambda: self._submitted(deadline))
        try:
            return submit.result()
        except Exception:
            raise
        except BaseException:
            if error := submit.wait_out(ANSWER_PATIENCE_SECONDS):
                self.log.warning("The task was ended inside its submit: %s: %s", type(error).__name__, error)
            raise

    def _submitted(self, deadline: Deadline) -> QueryHandle:
        handle = self._answer_of_submit(deadline)
        self.log.info("Submitted %s; wanted until %s.", handle, handle.deadline.at.isoformat())
        self._remember(handle)
        self.charge.settle_ended()
        return handle

    def _answer_of_submit(self, deadline: Deadline) -> QueryHandle:
        try:
            return self.submit(self.query, deadline=deadline)
        except (ConfigurationError, NotSentError, RedirectRefusedError):
            self._withdraw()
            raise
        except RequestError as e:
            if isinstance(e, RefusedError) and e.nothing_done:
                self._withdraw()
                raise
            raise AmbiguousSubmitError(
                f"The submit has no clear answer ({type(e).__name__}: {e.message}): one query may run that nobody can name. "
                f"It was not sent again. The next retry acts by on_ambiguous_submit={self.wishes.on_ambiguous_submit}.",
                about=e.about,
            ) from e

    def _withdraw(self) -> None:
        try:
            self._ledger.withdraw()
        except (RecordError, AttemptError) as e:
            self.log.warning("No query is left of this submit, but its record could not be removed: %s", e)

    def _remember(self, handle: QueryHandle) -> None:
        """Record the query; one that cannot be recorded nobody else can know of, so it is ended here."""
        self.charge.unrecorded = handle
        try:
            if not self.charge.is_ended:
                self.charge.check(surely=True)
            self._ledger.note_submitted(handle=handle, deferred=self.wishes.will_defer)
        except (RecordError, AttemptError):
            if self._is_adopted(handle):
                raise
            outcome = try_to_cancel(self.hook.query(handle), self.log, in_bounded_time=self.charge.is_ended)
            if outcome in (CancelOutcome.CANCELLED, CancelOutcome.ALREADY_ENDED):
                self._withdraw()
            raise
        finally:
            self.charge.unrecorded = None
        self.charge.handle = handle

    def _is_adopted(self, handle: QueryHandle) -> bool:
        """Whether a later attempt has taken the query over already, from the first of two places that were to be written."""
        record, attempt = self._ledger.record, self._attempt
        if record is None or not record.is_of(handle.id):
            return False
        return is_of_later_attempt(record, life=attempt.life, try_number=attempt.try_number)
