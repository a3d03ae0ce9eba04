"""What every sensor does that waits for a query by its handle: it owns nothing, so it cancels nothing unless told to."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.providers.common.compat.sdk import (
    AirflowException,
    AirflowFailException,
    AirflowSensorTimeout,
    AirflowSkipException,
    AirflowTaskTimeout,
    BaseSensorOperator,
    conf,
)

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.event import WaitEvent
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.outcomes import error_of
from airflow_provider_veza.async_query.watch import Ended, Outcome, Watch
from airflow_provider_veza.exceptions import AsyncQueryError, AttemptError, QueryDeadlineError
from airflow_provider_veza.operators.airflow_rules import airflow_failures
from airflow_provider_veza.operators.arguments import GivenHandle, duration, duration_or_zero
from airflow_provider_veza.operators.checked import (
    CheckedPartial,
    Together,
    check_given,
    check_when_started,
    follow_outputs,
    given_to,
    keep_inherited,
)
from airflow_provider_veza.operators.deferral import defer, waits_in_triggerer
from airflow_provider_veza.operators.handle import refuse_many_handles, refuse_many_handles_of
from airflow_provider_veza.operators.rendering import rendered
from airflow_provider_veza.sensors.flags import Fate, PokeTimes, SensorFlags

if TYPE_CHECKING:
    from airflow_provider_veza.hooks.base import AsyncQueryHook
    from airflow_provider_veza.ownership.charge import Charge

DEFAULT_POKE_INTERVAL = timedelta(seconds=30)
_OVERRUNS = ("Trigger timeout", "Trigger/execution timeout")
"""What Airflow 3 and 2.11 call the end of a trigger that has outlasted its time."""


class WaitEndedError(BaseException):
    """Carries an end of the wait past Airflow's loop of pokes, whose ``silent_fail`` would poke a query that has ended."""

    def __init__(self, ended: Ended) -> None:
        super().__init__(ended.outcome.value)
        self.ended = ended


class AsyncQuerySensor(BaseSensorOperator):
    """Succeed when the query of ``handle`` has succeeded; fail, or skip with ``soft_fail``, when it ended otherwise."""

    handle: GivenHandle
    deferrable: bool | None
    timeout: Any
    poke_interval: Any
    max_wait: Any
    cancel_on_kill: bool
    cancel_on_timeout: bool
    template_fields_renderers = {"handle": "json"}
    partial = CheckedPartial()
    together: Sequence[Together] = ()
    needs_success_of_query = True
    _charge: Charge | None = None
    _failing_since: datetime | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        keep_inherited(cls)

    def when_parsed(self) -> None:
        """Do what is to be done once all arguments are attributes."""
        check_given(self, given_to(self))
        refuse_many_handles_of(self)

    def _set_xcomargs_dependencies(self) -> None:
        follow_outputs(self)

    set_xcomargs_dependencies = _set_xcomargs_dependencies
    """What Airflow 2.11 calls it."""

    @classmethod
    def refuse_for_all(cls, given: Mapping[str, Any]) -> None:
        """Refuse several handles."""
        refuse_many_handles(cls, given.get("handle"))

    def render_template(self, content: Any, context: Any, jinja_env: Any = None, seen_oids: Any = None) -> Any:
        """Render as Airflow does, but for what :mod:`.operators.rendering` says."""
        env = jinja_env or self.get_template_env()
        airflows = super().render_template
        return rendered(
            content, context, env, tuple(self.template_ext), lambda value: airflows(value, context, env, seen_oids)
        )

    @property
    @abstractmethod
    def hook(self) -> AsyncQueryHook:
        """The client of the handle's service."""

    def execute(self, context: Any) -> Any:
        """Look once, and defer if the query still runs; or poke, as any sensor does."""
        with airflow_failures():
            check_when_started(self)
            self._take_charge(context)
            with self._skipping():
                return self._look_or_defer() if self._defers else self._execute_poking(context)

    def poke(self, context: Any) -> bool:
        """Look once.

        :raises WaitEndedError: when the wait has ended without success.
        """
        if self._charge is not None:
            self._charge.check()
        with airflow_failures():
            _, ended = self._look()
        if ended is None or self._waits_on(ended):
            return False
        if ended.outcome is not Outcome.SUCCEEDED:
            raise WaitEndedError(ended)
        return True

    def execute_complete(self, context: Any, event: Any = None) -> None:
        """Go on after the trigger's event; only an outcome on the allow-list counts.

        Where the task that submits was cleared meanwhile, and has submitted another query, wait for that one.
        """
        with airflow_failures():
            self._take_charge(context)
            waited = WaitEvent.from_json(event)
            given = self._parsed_handle()
            with self._skipping():
                if given.id != waited.handle.id:
                    was, now = waited.handle.shown_id, given.shown_id
                    self.log.info("Waiting for query %s now, which was submitted while %s ran.", now, was)
                    return self._look_or_defer()
                if self._waits_on(waited.ended):
                    defer(self, self._watch(given))
                return self._conclude(waited.ended)

    def pre_execute(self, context: Any) -> None:
        """Conclude a deferral that outlasted ``execution_timeout``: Airflow 2.11 ends such a task before its next method."""
        from airflow_provider_veza.hooks.wall_clock import utc_now

        super().pre_execute(context)
        if self.execution_timeout is None or getattr(context["ti"], "next_method", None) is None:
            return
        with airflow_failures():
            self._take_charge(context)
            if Deadline.after(self._began, self.execution_timeout).passed(utc_now()):
                with self._skipping():
                    self._time_out(f"execution_timeout={self.execution_timeout} has passed")

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Any) -> Any:
        """Resume; where the trigger failed or overran its backstop, the flags mean what they mean everywhere.

        Airflow 2.11 heeds ``soft_fail`` alone there, and takes an overrun for a failure.
        """
        if next_method != "__fail__":
            return super().resume_execution(next_method, next_kwargs, context)
        with airflow_failures(), self._skipping():
            if (next_kwargs or {}).get("error") in _OVERRUNS:
                self._take_charge(context)
                self._time_out("its trigger did not end by then, either")
            with self._skipping_what_airflow_raises():
                return super().resume_execution(next_method, next_kwargs, context)

    def on_kill(self) -> None:
        """Cancel the query only if told to, and if no retry will wait for it: somebody else owns it."""
        if self.cancel_on_kill and self._charge is not None:
            self._charge.kill()

    @contextmanager
    def _skipping(self) -> Iterator[None]:
        """Skip the task where its flags say so of a failure, and no retry is to follow it."""
        try:
            yield
        except AttemptError:
            raise
        except (AirflowTaskTimeout, AirflowSensorTimeout, AirflowFailException, AsyncQueryError) as e:
            if not self._flags.skips:
                raise
            self.log.warning("The task is skipped: %s", e)
            raise AirflowSkipException(str(e)) from e

    @contextmanager
    def _skipping_what_airflow_raises(self) -> Iterator[None]:
        try:
            yield
        except AirflowSkipException:
            raise
        except AirflowException as e:
            if not self._flags.skips:
                raise
            raise AirflowSkipException(str(e)) from e

    def _look_or_defer(self) -> None:
        watch, ended = self._look()
        if ended is None or self._waits_on(ended):
            defer(self, watch)
        return self._conclude(ended)

    def _take_charge(self, context: Any) -> None:
        from airflow_provider_veza.ownership.taking_charge import charge_of_given_query

        self._charge = charge_of_given_query(self, context)
        self._charge.handle = self._parsed_handle()

    def _execute_poking(self, context: Any) -> Any:
        # From here on Airflow's own sensor reads these, and leaves flags that skip to ours.
        self.poke_interval = (self._poke_interval or DEFAULT_POKE_INTERVAL).total_seconds()
        self.timeout = self._patience.total_seconds()
        self.max_wait = self._max_wait
        flags = self.soft_fail, self.never_fail
        self.soft_fail = self.never_fail = False
        try:
            return super().execute(context)
        except WaitEndedError as e:
            return self._conclude(e.ended)
        except (AirflowSensorTimeout, AirflowTaskTimeout):
            self._cancelled_on_timeout()
            raise
        finally:
            self.soft_fail, self.never_fail = flags

    def _look(self) -> tuple[Watch, Ended | None]:
        from airflow_provider_veza.hooks.waiting import look_until_sure

        watch = self._watch(self._parsed_handle())
        query = self.hook.query(watch.handle)
        watch, verdict = look_until_sure(watch, query.until(watch.deadline).look, self.log, time.sleep)
        self._failing_since = watch.failing_since
        return watch, verdict if isinstance(verdict, Ended) else None

    def _watch(self, handle: QueryHandle) -> Watch:
        deadline = Deadline.after(self._began, self._limit)
        times = PokeTimes(
            patience=self._patience,
            poke_interval=self._poke_interval,
            exponential_backoff=self.exponential_backoff,
            max_wait=self._max_wait,
            waited_before=self._began - handle.submitted_at,
        )
        return Watch(
            handle,
            self.hook.query(handle).traits,
            times.schedule(DEFAULT_POKE_INTERVAL),
            deadline,
            failing_since=self._failing_since,
        )

    @property
    def _flags(self) -> SensorFlags:
        return SensorFlags(self.soft_fail, self.never_fail, self.silent_fail)

    @property
    def _defers(self) -> bool:
        return waits_in_triggerer(self.deferrable)

    @property
    def _began(self) -> datetime:
        """When the wait began that ``timeout`` limits; Airflow itself counts it for a sensor that is rescheduled."""
        from airflow_provider_veza.hooks.wall_clock import utc_now

        if self._charge is None or (self.reschedule and not self._defers):
            return utc_now()
        return self._charge.attempt.started_at

    @property
    def _limit(self) -> timedelta:
        return min(self._patience, self.execution_timeout or self._patience)

    @property
    def _patience(self) -> timedelta:
        if self.timeout is None:
            return timedelta(seconds=conf.getfloat("sensors", "default_timeout"))
        return duration_or_zero(self.timeout, "timeout")

    @property
    def _poke_interval(self) -> timedelta | None:
        return None if self.poke_interval is None else duration(self.poke_interval, "poke_interval")

    @property
    def _max_wait(self) -> timedelta | None:
        return None if self.max_wait is None else duration(self.max_wait, "max_wait")

    def _waits_on(self, ended: Ended) -> bool:
        """Whether the wait goes on all the same, which is then said."""
        if self._flags.fate(ended.outcome) is not Fate.WAIT_ON:
            return False
        self.log.error("The query could not be looked at (%s). The sensor goes on waiting (silent_fail).", ended.detail)
        return True

    def _conclude(self, ended: Ended) -> None:
        if ended.outcome is Outcome.DEADLINE_PASSED:
            self._time_out(ended.detail)
        next_retry = "Clear the task that submitted it to run it again."
        error = error_of(ended, self._parsed_handle(), next_retry=next_retry)
        if error is not None:
            raise error

    def _time_out(self, detail: str) -> NoReturn:
        """Fail as Airflow does: after ``timeout`` for good, after ``execution_timeout`` to be retried."""
        left = self._cancelled_on_timeout()
        is_airflows_own = self._limit < self._patience
        limit = (
            f"the task's execution_timeout of {self._limit}"
            if is_airflows_own
            else f"the sensor's timeout of {self._limit}"
        )
        retry = "A retry waits for it again." if is_airflows_own else "No retry follows."
        error = QueryDeadlineError(
            f"The query did not end within {limit} ({detail}). {left} {retry}", about=self._parsed_handle()
        )
        raise (AirflowTaskTimeout if is_airflows_own else AirflowSensorTimeout)(str(error)) from error

    def _cancelled_on_timeout(self) -> str:
        """Cancel where that is wanted, and return what is to be said of the query."""
        from airflow_provider_veza.ownership.cancelling import try_to_cancel

        if not self.cancel_on_timeout:
            return "It was left running (cancel_on_timeout=False)."
        outcome = try_to_cancel(self.hook.query(self._parsed_handle()), self.log, in_bounded_time=True)
        return f"It {outcome.of_query}."

    def _parsed_handle(self) -> QueryHandle:
        given: Any = self.handle
        return QueryHandle.from_json(given)
