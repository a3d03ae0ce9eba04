"""The operator that owns its query to the end: it waits or defers, concludes and delivers.

How a query comes into the world is in :mod:`.submitting`, where its rows go in :mod:`.delivery`, what a service says in
:mod:`.services`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.providers.common.compat.sdk import AirflowException, AirflowTaskTimeout

from airflow_provider_veza.async_query.attempt_report import AttemptReport
from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.event import WaitEvent
from airflow_provider_veza.async_query.handle import HANDLE_KEY, URL_KEY, QueryHandle
from airflow_provider_veza.async_query.outcomes import GONE_WITHOUT_TRACE, error_of
from airflow_provider_veza.async_query.polling import PollSchedule
from airflow_provider_veza.async_query.watch import Ended, Outcome, Watch
from airflow_provider_veza.exceptions import (
    ArgumentError,
    AsyncQueryError,
    AttemptError,
    EmptyResultError,
    PartialResultError,
    QueryDeadlineError,
    RecordError,
    RequestError,
    ResultsDeadlineError,
    SupersededError,
)
from airflow_provider_veza.operators.announced import announced
from airflow_provider_veza.operators.arguments import Duration, optional, seconds
from airflow_provider_veza.operators.checked import Together, check_when_started, naming
from airflow_provider_veza.operators.deferral import defer
from airflow_provider_veza.operators.delivery import DeliveringOperator, Delivery
from airflow_provider_veza.operators.submitting import SubmittingOperator

if TYPE_CHECKING:
    from airflow_provider_veza.async_query.vocabulary import Snapshot
    from airflow_provider_veza.ownership.attempt import Attempt
    from airflow_provider_veza.ownership.charge import Charge

PAUSE_SLICE_SECONDS = 0.5
WAIT_FIELDS = ("poll_interval", "min_poll_interval", "max_poll_interval")
_NEXT_RETRY = {
    Outcome.FAILED: "A retry submits it anew.",
    Outcome.CANCELED: "A retry submits it anew.",
    Outcome.GONE: "A retry submits it anew, unless the service knows it again by then.",
}


class QueryOperator(DeliveringOperator, SubmittingOperator):
    """An operator that owns its query until the query has ended and its rows are delivered."""

    poll_interval: Duration | None
    min_poll_interval: Duration
    max_poll_interval: Duration
    retry_on_timeout: bool
    together: Sequence[Together] = (
        *SubmittingOperator.together,
        (WAIT_FIELDS, lambda task: task.poll_schedule()),
        *DeliveringOperator.together,
    )

    def collect(self, handle: QueryHandle, context: Mapping[str, Any]) -> Any:
        """Return the rows, or land them.

        :raises ResultsError: when the rows cannot be brought.
        """
        return self.deliver(self.hook.query(handle).until(handle.deadline), context)

    def has_landed(self, handle: QueryHandle) -> bool:
        """Whether the rows of a query lie in the folder of ``output_path``, whole."""
        return Delivery(self).is_landed(self.hook.query(handle))

    def poll_schedule(self) -> PollSchedule:
        """Return when to look.

        :raises ArgumentError: when the intervals make no schedule.
        """
        return _schedule(self.min_poll_interval, self.max_poll_interval, self.poll_interval)

    def execute(self, context: Any) -> Any:
        """Submit or adopt, look once, and wait here or in the triggerer."""
        with self.in_charge(context) as charge:
            check_when_started(self)
            with naming(self.task_id):
                Delivery(self).check()
            obtained = self.obtain(charge)
            with self.answerable_for(obtained.handle, charge):
                self.announce(obtained.handle, context)
                if obtained.delivered:
                    return self._deliver(obtained.handle, context, charge)
                return self._wait(self._watch(obtained.handle, charge), context, charge)

    def execute_complete(self, context: Any, event: Any = None) -> Any:
        """Go on after the trigger's event; only an outcome on the allow-list counts."""
        with self.in_charge(context) as charge:
            read = WaitEvent.from_json(event)
            self._resume(read.handle, charge)
            with self.answerable_for(read.handle, charge):
                return self._conclude(read.ended, read.handle, context, charge)

    def pre_execute(self, context: Any) -> None:
        """Conclude a deferral that outlasted ``execution_timeout``: Airflow 2.11 ends such a task before its next method."""
        from airflow_provider_veza.hooks.wall_clock import utc_now
        from airflow_provider_veza.ownership.attempt import Attempt

        super().pre_execute(context)
        if getattr(context["ti"], "next_method", None) is None:
            return
        own_deadline = self._own_deadline(Attempt.of(context))
        if own_deadline is None or not own_deadline.passed(utc_now()):
            return
        if handle := self._announced_handle(context):
            with self._keeping_link(context), self.in_charge(context) as charge:
                self._resume(handle, charge)
                self._give_up(self._out_of_time, handle, charge)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Any) -> Any:
        """Resume; where the trigger failed or overran its backstop, nobody waits for the query any more."""
        with self._keeping_link(context):
            try:
                return super().resume_execution(next_method, next_kwargs, context)
            except AirflowException:
                if next_method == "__fail__" and (handle := self._announced_handle(context)):
                    with self.in_charge(context) as charge:
                        self._resume(handle, charge)
                        self.cancel_and_forget(handle, charge)
                raise

    @contextmanager
    def _keeping_link(self, context: Any) -> Iterator[None]:
        """Keep the link to the query where this process fails before it has the query: Airflow 3 stores the link anew."""
        try:
            yield
        except AttemptError:
            raise
        except Exception:
            if not self.query_url:
                with suppress(Exception):
                    self.query_url = announced(context["ti"], URL_KEY) or ""
            raise

    def _resume(self, handle: QueryHandle, charge: Charge) -> None:
        """Read the record in the process that goes on after a deferral: it is this query's, or a later attempt's."""
        charge.handle = handle
        charge.check()
        record = charge.ledger.read_for(charge.attempt)
        if record is not None and not record.is_of(handle.id):
            raise SupersededError(
                "Another attempt of this task has recorded its own query: this one has been given up. It ends here and touches "
                "nothing; its query is the other attempt's to settle.",
                about=handle,
            )

    def _wait(self, watch: Watch, context: Any, charge: Charge) -> Any:
        from airflow_provider_veza.hooks.waiting import look_once

        if not self.defers:
            return self._conclude(self._wait_here(watch, charge), watch.handle, context, charge)
        watch, verdict = look_once(watch, self.hook.query(watch.handle).until(watch.deadline).look, self.log)
        if isinstance(verdict, Ended):
            return self._conclude(verdict, watch.handle, context, charge)
        charge.check()
        self.log.info("Deferring until query %s has ended.", watch.handle.shown_id)
        return defer(self, watch)

    def _watch(self, handle: QueryHandle, charge: Charge) -> Watch:
        own_deadline = self._own_deadline(charge.attempt)
        deadline = handle.deadline if own_deadline is None else min(handle.deadline, own_deadline)
        return Watch(handle, self.hook.query(handle).traits, self.poll_schedule(), deadline)

    def _own_deadline(self, attempt: Attempt) -> Deadline | None:
        """Return when ``execution_timeout`` ends an attempt; None where the task has none."""
        return None if self.execution_timeout is None else Deadline.after(attempt.started_at, self.execution_timeout)

    @property
    def _out_of_time(self) -> Ended:
        return Ended(Outcome.DEADLINE_PASSED, f"execution_timeout={self.execution_timeout} has passed")

    def _wait_here(self, watch: Watch, charge: Charge) -> Ended:
        """Wait; Airflow's alarm of ``execution_timeout`` and the watch's own end for the same reason, whichever comes first.

        A look may wait long on the server, and no signal breaks into it: the end of the task is noticed beside it.
        """
        from airflow_provider_veza.hooks.waiting import wait
        from airflow_provider_veza.ownership.bounded import result_of

        query = self.hook.query(watch.handle).until(watch.deadline)

        def look(seconds: float) -> Snapshot:
            charge.check()
            return result_of(lambda: query.look(seconds), meanwhile=charge.check, every=PAUSE_SLICE_SECONDS)

        try:
            return wait(watch, look, self.log, lambda seconds: _pause(seconds, charge))
        except AirflowTaskTimeout:
            return self._out_of_time

    def _conclude(self, ended: Ended, handle: QueryHandle, context: Any, charge: Charge) -> Any:
        self._report = _report_of(ended, handle)
        if ended.outcome is Outcome.DEADLINE_PASSED:
            self._give_up(ended, handle, charge)
        why_gone = self._why_gone(handle, charge) if ended.outcome is Outcome.GONE else GONE_WITHOUT_TRACE
        error = error_of(ended, handle, next_retry=_NEXT_RETRY.get(ended.outcome, ""), why_gone=why_gone)
        if error is None:
            return self._deliver(handle, context, charge)
        # A query that is gone stays on record: the next attempt looks again before it submits anew.
        if ended.outcome in (Outcome.FAILED, Outcome.CANCELED):
            self._release_and_forget(handle, charge)
        raise error

    def _deliver(self, handle: QueryHandle, context: Any, charge: Charge) -> Any:
        """Deliver, note it, release: in this order a host that dies in between costs no row and no second query."""
        charge.check(surely=True)
        charge.ledger.note(deferred=False)
        try:
            result = self.collect(handle, context)
        except AsyncQueryError as e:
            if isinstance(e, (EmptyResultError, PartialResultError)) or not e.heals:
                self._release_and_forget(handle, charge)
            if isinstance(e, ResultsDeadlineError):
                e.heals = self.retry_on_timeout
            raise
        self._report = replace(self.reported(handle), delivered_at=datetime.now(UTC))
        self.note_delivered(handle, charge)
        self.leave_report(charge)
        self.release(handle, charge)
        return result

    def note_delivered(self, handle: QueryHandle, charge: Charge) -> None:
        """Note that the rows are delivered, before the service forgets them and before Airflow knows."""
        from airflow_provider_veza.ownership.acceptance import ForgetOnAcceptance
        from airflow_provider_veza.ownership.asking import airflow_for_tasks

        charge.check(surely=True)
        try:
            charge.ledger.note_delivered()
        except RecordError as e:
            self.log.warning("That the rows of query %s are delivered could not be noted: %s", handle.shown_id, e)
        ForgetOnAcceptance(charge.attempt, charge.ledger, airflow_for_tasks(), self.log).register()

    def release(self, handle: QueryHandle, charge: Charge) -> None:
        """Let the service forget the result, unless it is to be kept."""
        if self.keep_results:
            return
        charge.check(surely=True)
        try:
            self.hook.query(handle).release()
        except RequestError as e:
            self.log.warning(
                "The result of query %s could not be deleted and stays until it expires: %s", handle.shown_id, e
            )

    def _release_and_forget(self, handle: QueryHandle, charge: Charge) -> None:
        """Let the service forget the result, then forget the query: killed in between, a retry runs it again."""
        charge.check(surely=True)
        self.release(handle, charge)
        self.forget(charge)

    def _why_gone(self, handle: QueryHandle, charge: Charge) -> str:
        try:
            record = charge.ledger.read()
        except RecordError as e:
            return f"{GONE_WITHOUT_TRACE} (its record cannot be read: {e})"
        if record is None or not record.is_of(handle.id) or not record.cancelled_by:
            return GONE_WITHOUT_TRACE
        return f"It was cancelled by {record.cancelled_by}"

    def _give_up(self, ended: Ended, handle: QueryHandle, charge: Charge) -> NoReturn:
        if self.cancel_on_timeout:
            left = f"It {self.cancel_and_forget(handle, charge).of_query}."
        else:
            charge.check(surely=True)
            self.forget(charge)
            left = "It was left running (cancel_on_timeout=False)."
        limit = self._limit(handle, charge)
        retry = "A retry submits anew" if self.retry_on_timeout else "No retry follows"
        error = QueryDeadlineError(
            f"The query did not end in time ({ended.detail}). {left} {retry} (retry_on_timeout={self.retry_on_timeout}). Raise "
            f"{limit} if it needs longer.",
            about=handle,
        )
        error.heals = self.retry_on_timeout
        raise error

    def _limit(self, handle: QueryHandle, charge: Charge) -> str:
        """Return the argument that ended the wait, which is whichever came first."""
        own_deadline = self._own_deadline(charge.attempt)
        if own_deadline is None or handle.deadline <= own_deadline:
            return f"timeout={self.timeout}"
        return f"execution_timeout={self.execution_timeout}"

    @staticmethod
    def _announced_handle(context: Any) -> QueryHandle | None:
        data = announced(context["ti"], HANDLE_KEY)
        return QueryHandle.from_json(data) if data else None


@lru_cache(maxsize=64, typed=True)
def _schedule(shortest: Duration, longest: Duration, fixed: Duration | None) -> PollSchedule:
    """Return when to look; most tasks of a DAG file look alike, so that this is read once for all of them."""
    try:
        return PollSchedule(
            seconds(shortest, "min_poll_interval"),
            seconds(longest, "max_poll_interval"),
            optional(seconds)(fixed, "poll_interval"),
        )
    except ValueError as e:
        raise ArgumentError(f"{e}.") from e


def _report_of(ended: Ended, handle: QueryHandle) -> AttemptReport:
    return AttemptReport(handle.id, ended.outcome.value, datetime.now(UTC), ended.rows, ended.looks, ended.failed_looks)


def _pause(seconds: float, charge: Charge) -> None:
    """Wait in slices, so that the end of the task, or a long absence of this process, is noticed soon."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, PAUSE_SLICE_SECONDS))
        charge.check()
