"""Carries out an examination: sends, waits, keeps what came, and cancels what it submitted.

What is sent is decided in :mod:`.examination`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import UTC, datetime
from itertools import count
from typing import Protocol, TypeVar, cast

from airflow_provider_veza.async_query.message import Call, Response
from airflow_provider_veza.async_query.retry import ONE_ATTEMPT, Failure, RetryPolicy, parse_retry_after
from airflow_provider_veza.async_query.vocabulary import Submitted
from airflow_provider_veza.doctor.examination_steps import Ask, Asked, Examination, Pause, Submit, SubmitOfOthers
from airflow_provider_veza.doctor.nodes_flow import end_what_runs
from airflow_provider_veza.exceptions import AnswerTooLargeError, AsyncQueryError, NoAnswerError, NotSentError
from airflow_provider_veza.services.veza_nodes import VezaNodesService

T = TypeVar("T")

RETRY = RetryPolicy(max_attempts=3, max_retry_after=30.0)
MOST_UNANSWERED = 6
"""Each may take a minute."""


class Sender(Protocol):
    """What sends one request; a transport."""

    def run(self, call: Call[Response], *, retry: RetryPolicy) -> Response:
        """Send a call's request and read its answer."""
        ...


def no_hold() -> AbstractContextManager[None]:
    """Let whatever interrupts interrupt."""
    return nullcontext()


class Driver:
    """Drives one examination.

    :param hold: around what an interruption must not cut off: a submit, whose answer names a query to cancel, and the cancels.
    :param most_unanswered: requests in a row without a whole answer, after which nothing more is asked.
    """

    def __init__(
        self,
        sender: Sender,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        hold: Callable[[], AbstractContextManager[None]] = no_hold,
        most_unanswered: int = MOST_UNANSWERED,
    ) -> None:
        self._sender = sender
        self._sleep = sleep
        self._monotonic = monotonic
        self._hold = hold
        self._most_unanswered = most_unanswered
        self.asked: list[Asked] = []
        self.own: list[str] = []
        self.of_others: list[str] = []
        self.unnamed = 0
        """Submits without a clear answer: each may have left a query that nobody can name."""
        self._unanswered = 0

    def drive(self, examination: Examination[T]) -> T:
        """Run an examination to its end and return what it saw."""
        came: Asked | None = None
        try:
            step = next(examination)
            while True:
                match step:
                    case Pause(seconds):
                        self._sleep(seconds)
                        came = None
                    case Submit():
                        came = self._submit(step)
                    case Ask():
                        came = self._ask(step)
                step = examination.send(came)
        except StopIteration as end:
            return cast("T", end.value)

    def clean_up(self, service: VezaNodesService) -> tuple[str, ...]:
        """End what was submitted and may still run; return the ids of what could not be ended.

        An interruption waits until this is done; after one that cannot wait, every query may still run.
        """
        left = (*self.own, *self.of_others)
        self._unanswered = 0
        with suppress(KeyboardInterrupt), self._hold():
            left = self.drive(end_what_runs(service, self.own, self.of_others))
        return left

    def _submit(self, step: Submit) -> Asked:
        with self._hold():
            asked = self._ask(step)
            if isinstance(asked.value, Submitted):
                kept = self.of_others if isinstance(step, SubmitOfOthers) else self.own
                kept.append(asked.value.id)
            elif _may_have_started(asked):
                self.unnamed += 1
        return asked

    def _ask(self, step: Ask) -> Asked:
        for attempt in count(1):
            if self._unanswered >= self._most_unanswered:
                return self._not_asked(step.call)
            asked = self._send(step.call)
            self._unanswered = self._unanswered + 1 if asked.status is None else 0
            self.asked.append(asked)
            delay = RETRY.delay(
                attempt=attempt,
                idempotent=step.call.request.idempotent,
                outcome=_outcome(asked),
                retry_after=_retry_after(asked),
                jitter=random.random(),
            )
            if delay is None:
                return asked
            self._sleep(delay)
        raise AssertionError("counting never ends")

    def _not_asked(self, call: Call[object]) -> Asked:
        error = NotSentError(
            f"The request was not sent: the {self._most_unanswered} before it had no whole answer, so nothing more is asked."
        )
        return Asked(call.request, self._monotonic(), 0.0, None, None, error)

    def _send(self, call: Call[object]) -> Asked:
        started = self._monotonic()
        response: Response | None = None
        value: object = None
        error: AsyncQueryError | None = None
        try:
            response = self._sender.run(Call(call.request, lambda answer: answer), retry=ONE_ATTEMPT)
            value = call.read(response)
        except AsyncQueryError as e:
            error = e
        now = self._monotonic()
        return Asked(call.request, now, now - started, response, value, error)


def _outcome(asked: Asked) -> int | Failure:
    if asked.status is not None:
        return asked.status
    if isinstance(asked.error, AnswerTooLargeError):
        return Failure.TOO_LARGE
    return Failure.NOT_SENT if isinstance(asked.error, NotSentError) else Failure.NO_ANSWER


def _retry_after(asked: Asked) -> float | None:
    headers = asked.response.headers if asked.response else {}
    return parse_retry_after(headers.get("retry-after"), datetime.now(UTC))


def _may_have_started(asked: Asked) -> bool:
    """Whether a submit that named no query may have started one: no answer, a server's error, or one that is not read."""
    if asked.status is None:
        return isinstance(asked.error, (NoAnswerError, AnswerTooLargeError))
    return asked.status >= 500 or asked.status < 400
