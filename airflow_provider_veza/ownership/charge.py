"""One attempt's charge of its query: whether the attempt still counts, and what it does with the query when it is ended.

The rules are in :mod:`airflow_provider_veza.async_query.ending`; how Airflow is asked is in :mod:`.asking`, how a query is
cancelled in :mod:`.cancelling`.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, NoReturn

from airflow_provider_veza.async_query.ending import (
    AskCurrency,
    CancelQuery,
    Currency,
    Ending,
    HandOver,
    Presence,
    judge_kill,
    judge_timeout,
)
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.standing import Standing, task_standing
from airflow_provider_veza.async_query.task_log import TaskLog
from airflow_provider_veza.exceptions import AttemptError, EndedFromOutsideError, RecordError, SupersededError
from airflow_provider_veza.hooks.wall_clock import utc_now
from airflow_provider_veza.ownership.airflow_versions import HAS_TASK_SDK, channel_is_held, heartbeat_timeout
from airflow_provider_veza.ownership.asking import Airflow
from airflow_provider_veza.ownership.attempt import Attempt
from airflow_provider_veza.ownership.bounded import Uninterrupted
from airflow_provider_veza.ownership.cancelling import CancelOutcome, try_to_cancel, try_to_cancel_beside_others
from airflow_provider_veza.ownership.ledger import Ledger
from airflow_provider_veza.ownership.noted_cancel import NotedCancel

if TYPE_CHECKING:
    from airflow_provider_veza.hooks.base import AsyncQueryHook

ASK_BUDGET_SECONDS = 1.0
CANCEL_BUDGET_SECONDS = 2.0
NOTE_PATIENCE_SECONDS = 0.7
"""Part of the cancel's: how long the record of a query is waited for that the service does not know."""
LATE_ANSWER_SECONDS = 1.5
"""With the ask and the cancel four seconds and a half: Airflow kills the process five seconds after it asked it to end."""
ANSWER_PATIENCE_SECONDS = 4.0
"""How long the answer of a submit is waited for, whose task is being ended."""
ASK_PATIENCE_SECONDS = 30.0
ASK_PAUSE_SECONDS = 1.0
LONGEST_UNASKED_SECONDS = 5.0
"""How long an attempt on Airflow 2.11, which ends no superseded one, goes on without a look at its row."""


@dataclass(frozen=True)
class KillPolicy:
    """What the author of a DAG wants to happen to a query whose task is ended.

    :param retry_finds_it: whether a retry finds the query though nothing is recorded, as a task does that is given a handle.
    """

    cancel_on_kill: bool = True
    cancel_on_timeout: bool = True
    retry_finds_it: bool = False


class Charge:
    """What one attempt needs to know before it acts, and does when it is ended; made when the attempt begins.

    :param hook: makes the client that cancels; called when needed.
    """

    def __init__(
        self,
        *,
        attempt: Attempt,
        ledger: Ledger,
        airflow: Airflow,
        hook: Callable[[], AsyncQueryHook],
        policy: KillPolicy,
        log: TaskLog,
    ) -> None:
        self.attempt = attempt
        self.ledger = ledger
        self.handle: QueryHandle | None = None
        self.submitting: Uninterrupted[QueryHandle] | None = None
        """The submit that is under way: a process that ends of its own waits for its answer first."""
        self.unrecorded: QueryHandle | None = None
        """A query that only this process can name: whatever ends the process ends the query first."""
        self.is_over = False
        """Whether nothing is left to be done about the query: it has ended and is forgotten, or nobody is to cancel it."""
        self._airflow = airflow
        self._hook = hook
        self._policy = policy
        self._log = log
        self._presence = Presence(attempt.started_at, os.getppid(), timedelta(seconds=heartbeat_timeout() / 2))
        self._asked_at = time.monotonic()
        self._is_asking = False
        self._is_ended = False
        self._verdict: Ending | None = None
        self._deciding: Uninterrupted[Ending] | None = None
        self._settling = Uninterrupted(self._settle)
        self._is_superseded = False
        self._left = "Its query may still run."
        """What became of the query of an attempt that was ended, once that is known."""

    @property
    def is_ended(self) -> bool:
        """Whether Airflow is ending this attempt."""
        return self._is_ended

    @property
    def query_will_be_found(self) -> bool:
        """Whether a retry is left, and can find the query."""
        return self.attempt.may_be_retried and (self.ledger.remembers or self._policy.retry_finds_it)

    def check(self, *, surely: bool = False) -> None:
        """Return if this attempt still counts; call it before anything is sent, written, removed or cancelled, and between looks.

        It costs nothing, unless this process was away so long, or lost its supervisor, that another attempt may have taken over:
        then Airflow is asked. On Airflow 2.11 it is asked every five seconds.

        :param surely: ask on Airflow 2.11 in any case: what follows must not be a superseded attempt's.
        :raises EndedFromOutsideError: when Airflow is ending this attempt; its query is settled by then.
        :raises SupersededError: when another attempt has taken over.
        """
        if self._is_ended:
            self._end_killed()
        self._presence = self._presence.seen(utc_now(), os.getppid())
        if not self._presence.doubt and not self._is_due(surely):
            return
        currency = self._answered_currency()
        if self._is_ended:
            self._end_killed()
        if currency is Currency.SUPERSEDED:
            self._end_superseded()
        if self._presence.is_alone and self._nobody_waits():
            self._is_ended = True
            self._end_killed()
        self._presence = self._presence.assured(utc_now())

    def check_before_leaving(self) -> None:
        """Return if this attempt may return, raise or defer; on Airflow 2.11 all of these change the row, whoever's it is by now.

        An attempt that ``on_kill`` has settled already may end as it does.
        """
        if not HAS_TASK_SDK and not self._is_ended:
            self.check(surely=True)

    def kill(self) -> None:
        """Settle the query of a task that is being ended, in three seconds at the most; for ``on_kill``.

        It may interrupt the main thread inside a call to the supervisor. Then nothing can be asked before that call returns, so
        this returns at once, and the next :meth:`check` does the rest. Where Airflow 3 has not answered in time, this returns
        too, since the task goes on after it until it is killed; the answer then decides as soon as it comes.
        """
        self._is_ended = True
        self._presence = self._presence.seen(utc_now(), os.getppid())
        self._reconsider()
        if self._verdict is None:
            verdict = self._decided_for_kill()
            if verdict is None:
                return
            self._verdict = verdict
        if self._can_settle and not self._settling.is_done_within(CANCEL_BUDGET_SECONDS):
            self._log.warning(
                "The cancel took too long for a task that is being ended; query %s may still run.",
                self.handle.shown_id if self.handle else "(none yet)",
            )
        self._exit_if_superseded()

    def settle_ended(self) -> None:
        """Do what remains to be done for an attempt that was ended before it had its query."""
        if self._is_ended:
            self._carry_out()

    def _reconsider(self) -> None:
        """Decide anew where the query was left alone: since then the task may have been marked, or cleared."""
        if isinstance(self._verdict, HandOver) and not self._verdict.for_good:
            self._verdict = self._deciding = None
            self._settling = Uninterrupted(self._settle)

    def _decided_for_kill(self) -> Ending | None:
        """Decide in the time that a kill has; None where Airflow 3 has not answered yet, whose late answer is acted on."""
        if _is_out_of_time():
            return judge_timeout(cancel_on_timeout=self._policy.cancel_on_timeout)
        if self._cannot_ask():
            return None
        verdict = self._decided_within(ASK_BUDGET_SECONDS)
        if verdict is None and HAS_TASK_SDK:
            self._settle_once_decided()
            return None
        return verdict or self._decided_without_answer()

    def _settle_once_decided(self) -> None:
        """Act on an answer that is late, though the main thread may not come back from a long call before it is killed."""
        deciding = self._deciding
        assert deciding is not None

        def settle() -> None:
            verdict = deciding.result()
            self._verdict = self._verdict or verdict
            self._carry_out()

        Uninterrupted(settle).begin()

    def _cannot_ask(self) -> bool:
        """Whether asking Airflow would wait for the call that this kill has interrupted."""
        return HAS_TASK_SDK and self._deciding is None and (self._is_asking or channel_is_held())

    def _is_due(self, surely: bool) -> bool:
        if HAS_TASK_SDK:
            return False
        return surely or time.monotonic() - self._asked_at >= LONGEST_UNASKED_SECONDS

    def _answered_currency(self) -> Currency:
        """Ask until Airflow answers; without a supervisor and an answer this process has no right to do anything.

        :raises SupersededError: when no answer comes.
        """
        if self._presence.doubt:
            self._log.info("Asking Airflow whether this attempt still counts: %s.", self._presence.doubt)
        end = time.monotonic() + ASK_PATIENCE_SECONDS
        while (currency := self._currency()) is Currency.UNKNOWN and not self._is_ended:
            if self._presence.is_alone:
                self._exit("Its supervisor is gone and Airflow does not answer")
            if time.monotonic() >= end:
                raise SupersededError(
                    f"Airflow did not say within {ASK_PATIENCE_SECONDS:.0f} s whether this attempt still counts "
                    f"({self._presence.doubt}). Its query was left as it is. The next retry finds it, if one follows."
                )
            time.sleep(ASK_PAUSE_SECONDS)
        return currency

    def _nobody_waits(self) -> bool:
        """Whether the task has ended, which nobody tells a process whose supervisor is gone."""
        standing = self._standing()
        return standing is not None and standing.nobody_waits

    def _currency(self) -> Currency:
        self._is_asking = True
        try:
            currency = self._airflow.currency(self.attempt)
        except Exception as e:
            self._log.warning("Airflow does not say whether this attempt still counts (%s: %s).", type(e).__name__, e)
            return Currency.UNKNOWN
        finally:
            self._is_asking = False
        self._asked_at = time.monotonic()
        return currency

    def _decided_within(self, seconds: float) -> Ending | None:
        """Ask in a thread of its own, since the main thread may hold whatever an answer needs; whoever comes next waits on.

        :return: None where no answer has come yet.
        """
        self._deciding = self._deciding or Uninterrupted(self._decided)
        try:
            return self._deciding.result(seconds)
        except TimeoutError:
            return None

    def _decided(self) -> Ending:
        self._presence = self._presence.seen(utc_now(), os.getppid())
        standing = self._standing()
        if standing is None:
            return self._decided_without_answer()
        verdict = judge_kill(standing, can_be_found=self.query_will_be_found)
        if isinstance(verdict, AskCurrency) or not HAS_TASK_SDK:
            return self._decided_by(standing, self._currency())
        return verdict

    def _decided_without_answer(self) -> Ending:
        self._presence = self._presence.seen(utc_now(), os.getppid())
        return self._decided_by(Standing.UNKNOWN, Currency.UNKNOWN)

    def _decided_by(self, standing: Standing, currency: Currency) -> Ending:
        self._is_superseded = currency is Currency.SUPERSEDED
        verdict = judge_kill(
            standing,
            can_be_found=self.query_will_be_found,
            currency=currency,
            was_away=bool(self._presence.doubt),
        )
        assert not isinstance(verdict, AskCurrency)
        return verdict

    def _standing(self) -> Standing | None:
        """Return how the task stands by name; None where Airflow gives no answer."""
        self._is_asking = True
        try:
            return task_standing(self._airflow.task(self.attempt.identity), is_deferred=False)
        except Exception as e:
            self._log.warning("Airflow does not say how this task stands (%s: %s).", type(e).__name__, e)
            return None
        finally:
            self._is_asking = False

    def _end_killed(self) -> NoReturn:
        """Settle the query of an attempt that is being ended, where ``on_kill`` could not, and end."""
        verdict = self._verdict or self._decided_within(LATE_ANSWER_SECONDS) or self._decided_without_answer()
        self._verdict = verdict
        self._carry_out()
        self._exit_if_superseded()
        raise EndedFromOutsideError(self._farewell(verdict))

    def _end_superseded(self) -> NoReturn:
        """End an attempt that counts no more, by the same rule as one that is killed: its task may also have been cleared."""
        self._is_ended = self._is_superseded = True
        self._verdict = self._decided()
        self._carry_out()
        self._exit_if_superseded()
        if isinstance(self._verdict, CancelQuery):
            raise EndedFromOutsideError(self._farewell(self._verdict))
        raise SupersededError(
            "Another attempt of this task has taken over, or Airflow has given this one up. It ends here and has touched nothing "
            "since; the query is the other attempt's."
        )

    @property
    def _can_settle(self) -> bool:
        return self._verdict is not None and self.handle is not None

    def _carry_out(self) -> None:
        if self._can_settle:
            self._settling.result()

    def _settle(self) -> None:
        if self._presence.doubt_since(utc_now(), os.getppid()):
            self._verdict = self._decided()
        verdict, handle = self._verdict, self.handle
        if verdict is None or handle is None:
            return  # It was an earlier attempt's, and this one has settled it just now.
        if isinstance(verdict, HandOver):
            self._log.info("Query %s is left as it is: %s.", handle.shown_id, verdict.why)
        elif not self._policy.cancel_on_kill:
            self._left = "Its query runs on (cancel_on_kill=False)."
            self._log.info("Query %s runs on though %s (cancel_on_kill=False).", handle.shown_id, verdict.why)
        else:
            self._cancel(verdict, handle)

    def _cancel(self, verdict: CancelQuery, handle: QueryHandle) -> None:
        self._log.info("Nobody waits for query %s: %s.", handle.shown_id, verdict.why)
        try:
            query = self._hook().query(handle)
        except Exception as e:
            self._log.warning(
                "No client could be made, so query %s may still run (%s: %s).", handle.shown_id, type(e).__name__, e
            )
            return
        others = NotedCancel(self.attempt.identity, handle, self._log, NOTE_PATIENCE_SECONDS)
        outcome = try_to_cancel_beside_others(query, self._log, others.is_there)
        self._left = f"Its query {outcome.of_query}."
        by = f"attempt {self.attempt.try_number} of this task"
        try:
            if verdict.cleared:
                self.ledger.note_cleared(by, cancelled=outcome is CancelOutcome.CANCELLED)
            elif outcome is CancelOutcome.CANCELLED:
                self.ledger.note_cancelled(by)
        except (RecordError, AttemptError) as e:
            self._log.warning("What became of query %s could not be noted: %s", handle.shown_id, e)

    def _farewell(self, verdict: Ending) -> str:
        begin = "This attempt was ended from outside while it had no query" if self.handle is None else ""
        if isinstance(verdict, CancelQuery):
            return begin or f"This attempt was ended from outside, since {verdict.why}. {self._left}"
        return begin or f"This attempt was ended from outside; its query runs on: {verdict.why}."

    def _exit_if_superseded(self) -> None:
        """On Airflow 2.11 end a superseded process here: its return or its exception would change its successor's row."""
        if self._is_superseded and not HAS_TASK_SDK:
            self._exit("Another attempt of this task has taken over")

    def _exit(self, why: str) -> NoReturn:
        self._log.warning("%s: this process ends here, and leaves what is recorded as it is.", why)
        if self.submitting is not None and not self.submitting.is_mine:
            self.submitting.wait_out(ANSWER_PATIENCE_SECONDS)
        if self.unrecorded is not None:
            try_to_cancel(self._hook().query(self.unrecorded), self._log, in_bounded_time=True)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)


def _is_out_of_time() -> bool:
    """Whether this is called while Airflow's alarm of ``execution_timeout`` is being handled."""
    from airflow.providers.common.compat.sdk import AirflowTaskTimeout

    return isinstance(sys.exc_info()[1], AirflowTaskTimeout)
