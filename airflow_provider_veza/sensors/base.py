"""What every sensor does that waits for a query by its handle: it owns nothing, so it cancels nothing unless told to."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import (
    AirflowSensorTimeout,
    AirflowSkipException,
    BaseSensorOperator,
)

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.event import WaitEvent
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.outcomes import error_of
from airflow_provider_veza.async_query.polling import PollSchedule
from airflow_provider_veza.async_query.watch import Ended, Outcome, Watch
from airflow_provider_veza.exceptions import AsyncQueryError, QueryDeadlineError
from airflow_provider_veza.operators.airflow_rules import (
    BACKSTOP,
    airflow_failures,
    default_deferrable,
    earliest_resume,
)
from airflow_provider_veza.operators.arguments import GivenHandle, duration_or_none, optional, seconds
from airflow_provider_veza.operators.checked import (
    CheckedPartial,
    Together,
    check_when_parsed,
    check_when_started,
    keep_inherited,
)

if TYPE_CHECKING:
    from airflow_provider_veza.hooks.base import AsyncQueryHook
    from airflow_provider_veza.ownership.charge import Charge

DEFAULT_POKE_INTERVAL = 30.0


class AsyncQuerySensor(BaseSensorOperator):
    """Succeed when the query of ``handle`` has succeeded; fail, or skip with ``soft_fail``, when it ended otherwise."""

    handle: GivenHandle
    deferrable: bool | None
    poke_interval: Any
    cancel_on_kill: bool
    cancel_on_timeout: bool
    partial = CheckedPartial()
    _charge: Charge | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        keep_inherited(cls)

    def when_parsed(self) -> None:
        """Do what is to be done once all arguments are attributes."""
        check_when_parsed(self)

    def check_together(self) -> Iterator[Together]:
        """Yield which arguments must fit each other, and the check."""
        yield from ()

    @property
    @abstractmethod
    def hook(self) -> AsyncQueryHook:
        """The client of the handle's service."""

    def execute(self, context: Any) -> Any:
        """Look once, and defer if the query still runs; or poke, as any sensor does."""
        with airflow_failures():
            check_when_started(self)
            self._take_charge(context)
            return self._look_or_defer() if self._defers else self._execute_poking(context)

    def poke(self, context: Any) -> bool:
        """Look once."""
        if self._charge is not None:
            self._charge.check()
        _, ended = self._look()
        if ended:
            self._conclude(ended)
        return ended is not None

    def execute_complete(self, context: Any, event: Any = None) -> None:
        """Go on after the trigger's event; only an outcome on the allow-list counts.

        Where the task that submits was cleared meanwhile, and has submitted another query, wait for that one.
        """
        with airflow_failures():
            waited = WaitEvent.from_json(event)
            given = self._parsed_handle()
            if given.id == waited.handle.id:
                return self._conclude(waited.ended)
            was, now = waited.handle.shown_id, given.shown_id
            self.log.info("Waiting for query %s now, which was submitted while %s ran.", now, was)
            self._take_charge(context)
            return self._look_or_defer()

    def on_kill(self) -> None:
        """Cancel the query only if told to, and if no retry will wait for it: somebody else owns it."""
        if self.cancel_on_kill and self._charge is not None:
            self._charge.kill()

    def _look_or_defer(self) -> None:
        watch, ended = self._look()
        return self._conclude(ended) if ended else self._defer(watch)

    def _take_charge(self, context: Any) -> None:
        from airflow_provider_veza.ownership.taking_charge import charge_of_given_query

        self._charge = charge_of_given_query(self, context)
        self._charge.handle = self._parsed_handle()

    def _execute_poking(self, context: Any) -> Any:
        # From here on Airflow's own sensor reads both as seconds.
        interval = DEFAULT_POKE_INTERVAL if self.poke_interval is None else self.poke_interval
        self.poke_interval = duration_or_none(interval, "poke_interval").total_seconds()
        self.timeout = self._patience.total_seconds()
        try:
            return super().execute(context)
        except AirflowSensorTimeout:
            if self.cancel_on_timeout:
                self._cancel()
            raise

    def _look(self) -> tuple[Watch, Ended | None]:
        from airflow_provider_veza.hooks.waiting import look_until_sure, utc_now

        handle = self._parsed_handle()
        query = self.hook.query(handle)
        watch = Watch(handle, query.traits, self._schedule(), Deadline.after(utc_now(), self._patience))
        watch, verdict = look_until_sure(watch, query.until(watch.deadline).look, self.log, time.sleep)
        return watch, verdict if isinstance(verdict, Ended) else None

    def _schedule(self) -> PollSchedule:
        return PollSchedule(fixed_interval=optional(seconds)(self.poke_interval, "poke_interval"))

    @property
    def _defers(self) -> bool:
        return default_deferrable() if self.deferrable is None else self.deferrable

    @property
    def _patience(self) -> timedelta:
        return duration_or_none(self.timeout, "timeout")

    def _defer(self, watch: Watch) -> None:
        from airflow_provider_veza.hooks.waiting import utc_now
        from airflow_provider_veza.triggers.async_query import AsyncQueryTrigger

        self.defer(
            trigger=AsyncQueryTrigger.of(
                watch,
                conn_id=self.hook.conn_id,
                cancel_on_kill=self.cancel_on_kill,
                not_before=earliest_resume(utc_now()),
            ),
            method_name="execute_complete",
            timeout=self._patience + BACKSTOP,
        )

    def _conclude(self, ended: Ended) -> None:
        handle = self._parsed_handle()
        if ended.outcome is Outcome.DEADLINE_PASSED:
            self._time_out(handle, ended)
        error = error_of(ended, handle, next_retry="Clear the task that submitted it to run it again.")
        if error is not None:
            self._raise_or_skip(error)

    def _time_out(self, handle: QueryHandle, ended: Ended) -> None:
        if self.cancel_on_timeout:
            self._cancel()
        left = "a cancel was sent, see above" if self.cancel_on_timeout else "it was left running"
        error = QueryDeadlineError(
            f"The query did not end within the sensor's timeout of {self._patience.total_seconds()} s ({ended.detail}); {left}.",
            about=handle,
        )
        if self.soft_fail:
            raise AirflowSkipException(str(error))
        raise AirflowSensorTimeout(str(error))

    def _raise_or_skip(self, error: AsyncQueryError) -> None:
        if self.soft_fail:
            raise AirflowSkipException(str(error)) from error
        raise error

    def _cancel(self) -> None:
        from airflow_provider_veza.ownership.cancelling import try_to_cancel

        try_to_cancel(self.hook.query(self._parsed_handle()), self.log, in_bounded_time=True)

    def _parsed_handle(self) -> QueryHandle:
        given: Any = self.handle
        return QueryHandle.from_json(given)
