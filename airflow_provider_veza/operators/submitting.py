"""The operators that bring one query into the world: they obtain it, announce it, and cancel it when nobody waits.

Waiting for its end is in :mod:`.owning`; the rules of who answers for a query are in :mod:`.ownership`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_veza.async_query.attempt_report import REPORT_KEY, AttemptReport
from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import HANDLE_KEY, URL_KEY, QueryHandle
from airflow_provider_veza.exceptions import (
    AsyncQueryError,
    AttemptError,
    EndedFromOutsideError,
    QueryDeadlineError,
    RecordError,
)
from airflow_provider_veza.operators.airflow_rules import airflow_failures
from airflow_provider_veza.operators.arguments import Duration, OnAmbiguous, OnPrevious, duration, optional, path
from airflow_provider_veza.operators.checked import Together, check_when_started
from airflow_provider_veza.operators.deferral import waits_in_triggerer
from airflow_provider_veza.operators.traced import TracedOperator

if TYPE_CHECKING:
    from airflow_provider_veza.hooks.base import AsyncQueryHook
    from airflow_provider_veza.ownership.cancelling import CancelOutcome
    from airflow_provider_veza.ownership.charge import Charge
    from airflow_provider_veza.ownership.submission import Obtained, Query, Submission, SubmitWishes

DEFAULT_TIMEOUT = timedelta(hours=24)
SUBMIT_FIELDS = ("timeout",)


class SubmittingOperator(TracedOperator):
    """An operator that brings one query into the world and is answerable for it."""

    timeout: Duration
    cancel_on_kill: bool
    on_previous_query: OnPrevious
    on_ambiguous_submit: OnAmbiguous
    together: Sequence[Together] = (
        *TracedOperator.together,
        (("timeout",), lambda task: duration(task.timeout, "timeout")),
    )
    query_owner = "task"
    """By the values of :class:`~.async_query.record.Owner`."""
    keep_results: bool = False
    deferrable: bool | None = False
    cancel_on_timeout: bool = True
    query_url = ""
    _charge: Charge | None = None
    _report: AttemptReport | None = None

    @property
    @abstractmethod
    def hook(self) -> AsyncQueryHook:
        """The client of this task's service; one for the life of the task process."""

    @abstractmethod
    def checked_query(self) -> Query:
        """Return this task's query, checked before anything is sent.

        :raises ConfigurationError: when it can be told now that the query is wrong.
        """

    def submit(self, query: Any, *, deadline: Deadline) -> QueryHandle:
        """Send the query."""
        return self.hook.submit(query, deadline=deadline)

    @property
    def defers(self) -> bool:
        """Whether the task waits in the triggerer."""
        return waits_in_triggerer(self.deferrable)

    def has_landed(self, handle: QueryHandle) -> bool:
        """Whether the rows of a query lie where this task lands them, whole."""
        del handle
        return False

    def on_kill(self) -> None:
        """Settle the query in a bounded time; on Airflow 3 ``execute`` goes on after this, and ends at its next step."""
        if self._charge is not None:
            self._charge.kill()

    @contextmanager
    def in_charge(self, context: Mapping[str, Any]) -> Iterator[Charge]:
        """Take charge of this task's query for the length of a method that Airflow calls.

        Nothing leaves it that would change the row of a later attempt, and what cannot heal fails the task without retries.
        """
        from airflow_provider_veza.ownership.taking_charge import charge_of

        charge = self._charge = charge_of(self, context)
        with airflow_failures():
            try:
                yield charge
            except EndedFromOutsideError:
                raise
            except BaseException as e:
                charge.check_before_leaving()
                if not isinstance(e, AttemptError):
                    self.leave_report(charge)
                raise
            charge.check_before_leaving()

    def obtain(self, charge: Charge) -> Obtained:
        """Adopt the query of an earlier attempt or submit."""
        self._warn_of_unshared_places()
        obtained = self._submission(charge).obtain()
        charge.check()
        return obtained

    def _warn_of_unshared_places(self) -> None:
        from airflow_provider_veza.ownership.records.record_path import configured_record_path
        from airflow_provider_veza.ownership.shared_places import warn_of_unshared

        places = {
            "[veza] record_path": configured_record_path(),
            "output_path": optional(path)(self.output_path, "output_path"),
        }
        warn_of_unshared(places, self.log)

    def _submission(self, charge: Charge) -> Submission:
        from airflow_provider_veza.ownership.submission import Submission

        return Submission(
            hook=self.hook,
            query=self.checked_query(),
            submit=self.submit,
            charge=charge,
            wishes=self._wishes(),
            has_landed=self.has_landed,
            log=self.log,
        )

    def _wishes(self) -> SubmitWishes:
        from airflow_provider_veza.async_query.record import OnAmbiguousSubmit, OnPreviousQuery, Owner
        from airflow_provider_veza.ownership.submission import SubmitWishes

        return SubmitWishes(
            owner=Owner(self.query_owner),
            timeout=duration(self.timeout, "timeout"),
            on_previous_query=OnPreviousQuery(self.on_previous_query),
            on_ambiguous_submit=OnAmbiguousSubmit(self.on_ambiguous_submit),
            cancel_on_kill=self.cancel_on_kill,
            will_defer=self.defers,
            keep_results=self.keep_results,
        )

    def announce(self, handle: QueryHandle, context: Mapping[str, Any]) -> None:
        """Push the handle and its link to XCom, where triggers, links and later tasks look for them."""
        context["ti"].xcom_push(key=URL_KEY, value=self.query_url)
        context["ti"].xcom_push(key=HANDLE_KEY, value=handle.to_json())

    def reported(self, handle: QueryHandle) -> AttemptReport:
        """Return what this attempt knows of its query so far."""
        return self._report or AttemptReport(handle.id)

    def leave_report(self, charge: Charge) -> None:
        """Leave in XCom what this attempt knows of its query; nothing depends on it, so that a failure is only said."""
        if self._report is None:
            return
        try:
            charge.attempt.ti.xcom_push(key=REPORT_KEY, value=self._report.to_json())
        except Exception as e:
            self.log.info("How the query went could not be stored for its page (%s).", type(e).__name__)

    def forget(self, charge: Charge) -> None:
        """Forget the query: it has ended. A record that cannot be removed is said, and fails nothing."""
        charge.is_over = True
        try:
            charge.ledger.forget()
        except RecordError as e:
            self.log.warning("%s It names a query that has ended, which a later attempt will notice.", e)

    @contextmanager
    def answerable_for(self, handle: QueryHandle, charge: Charge) -> Iterator[None]:
        """Say where people see the query, and cancel it if an error ends the task and no retry can find it: nobody waits then."""
        charge.handle = handle
        try:
            self.query_url = self.hook.settings.ui_url(handle.id)
            yield
        except (QueryDeadlineError, AttemptError):
            raise
        except Exception as e:
            heals = not isinstance(e, AsyncQueryError) or e.heals
            if not charge.is_over and not (heals and charge.query_will_be_found):
                self.cancel_and_forget(handle, charge)
            raise

    def cancel_and_forget(self, handle: QueryHandle, charge: Charge) -> CancelOutcome:
        """Cancel, and forget the query unless the cancel failed: then a later attempt or the sweeper tries again."""
        from airflow_provider_veza.ownership.cancelling import CancelOutcome, try_to_cancel

        charge.check(surely=True)
        outcome = try_to_cancel(self.hook.query(handle), self.log)
        self._report = replace(self.reported(handle), cancel=outcome.value)
        if outcome is not CancelOutcome.FAILED:
            self.forget(charge)
        return outcome


class SubmitQueryOperator(SubmittingOperator):
    """Submit a query and return its handle at once; from then on the DAG run owns the query."""

    query_owner = "dag_run"

    def execute(self, context: Any) -> dict[str, Any]:
        """Submit or adopt, and return the handle."""
        with self.in_charge(context) as charge:
            check_when_started(self)
            handle = self.obtain(charge).handle
            with self.answerable_for(handle, charge):
                self.announce(handle, context)
                return handle.to_json()
