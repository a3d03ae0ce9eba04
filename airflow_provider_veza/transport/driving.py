"""From a call to its steps, and the two loops that carry them out, sync and async.

How one step is carried out is in :mod:`.sync` and :mod:`.aio`.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from airflow_provider_veza.async_query.message import Call, Purpose, Response
from airflow_provider_veza.async_query.retry import RetryPolicy
from airflow_provider_veza.async_query.vocabulary import Snapshot
from airflow_provider_veza.transport.clock import read_clock
from airflow_provider_veza.transport.exchange import Begun, Rules, exchange, needs_no_decision, straight_request
from airflow_provider_veza.transport.pacing import Lane, Place, Turn
from airflow_provider_veza.transport.settings import Timeouts, TotalTimes, TransportSettings
from airflow_provider_veza.transport.steps import Answer, Failed, Moment, Received, Report, Step, Steps, WireRequest
from airflow_provider_veza.transport.turnstile import Turnstile

READ_ON_THE_LOOP_BYTES = 256 * 1024
"""A longer answer is read in a thread: parsing it would hold up everything else on the loop for milliseconds."""

T = TypeVar("T")


@dataclass(frozen=True)
class Patience:
    """How long one caller waits for a tenant, and how.

    :param within: seconds after which nobody wants the answer; None leaves it to the connection.
    :param every: seconds between two requests of this caller; None where nobody knows.
    """

    retry: RetryPolicy
    timeouts: Timeouts
    turn: Turn = Turn.IN_LINE
    within: float | None = None
    every: float | None = None

    def place(self, purpose: Purpose, settings: TransportSettings, now: float) -> Place:
        """Return the place in line of a request that asks now. A cancel waits at most half of its time."""
        lane = Lane.of(purpose, self.turn)
        if lane is not Lane.CANCELS:
            return Place(lane, now, settings.rate_limit, self.every)
        seconds = settings.total_times.of(purpose) if self.within is None else self.within
        return Place(lane, now, settings.rate_limit, self.every, latest=now + seconds / 2)


@dataclass(frozen=True)
class Straight:
    """A first attempt that may leave at once.

    :param began: in monotonic seconds, as is ``until``.
    """

    wire: WireRequest
    began: float
    until: float
    in_line: bool


class Starter:
    """Begins the calls of one client: the same call, sent again and again, is written once."""

    def __init__(self, settings: TransportSettings, turnstile: Turnstile) -> None:
        self._settings = settings
        self._turnstile = turnstile
        self._written: WeakKeyDictionary[Call[Any], WireRequest] = WeakKeyDictionary()

    def straight(self, call: Call[T], patience: Patience) -> Straight | None:
        """Return the first attempt of a call that needs no step before it; None where its turn or a token must be awaited."""
        began, request = time.monotonic(), call.request
        wire = self._written.get(call) or self._write(call)
        seconds = self._settings.total_times.of(request.purpose) + request.wait
        if patience.within is not None:
            seconds = min(seconds, patience.within)
        if wire is None or seconds <= 0:
            return None
        place = patience.place(request.purpose, self._settings, began)
        return Straight(wire, began, began + seconds, place.in_line) if self._turnstile.start(place) else None

    def _write(self, call: Call[T]) -> WireRequest | None:
        wire = straight_request(call.request, self._settings)
        if wire is not None:
            self._written[call] = wire
        return wire


class Readings:
    """Reads answers to looks; a query that runs on answers the same bytes again and again, which are read once.

    Only what is small and says that a query runs is kept, as long as its call is there.
    """

    MOST_BYTES = 2_048

    def __init__(self) -> None:
        self._last: WeakKeyDictionary[Call[Any], tuple[bytes, Any]] = WeakKeyDictionary()

    def of(self, call: Call[T], answer: Response) -> T:
        """Return what a call reads in an answer; raises what that raises."""
        last = self._last.get(call)
        if last is not None and last[0] == answer.body and needs_no_decision(answer.status):
            known: T = last[1]
            return known
        result = call.read(answer)
        if self._may_come_again(answer, result):
            self._last[call] = answer.body, result
        return result

    def _may_come_again(self, answer: Response, result: object) -> bool:
        runs_on = isinstance(result, Snapshot) and not result.phase.is_terminal
        return runs_on and needs_no_decision(answer.status) and len(answer.body) <= self.MOST_BYTES


def tenant_steps(
    call: Call[T],
    settings: TransportSettings,
    patience: Patience,
    first: tuple[Straight, Received | Failed] | None = None,
) -> Steps[Response]:
    """Return the steps that bring a tenant's answer to a call, in its turn among the requests of this process.

    :param first: the first attempt and what it came to, if it was made already.
    """
    at, begun = read_clock(), None
    if first is not None:
        at, begun = replace(at, monotonic=first[0].began), Begun(first[0].until, first[1])
    place = patience.place(call.request.purpose, settings, at.monotonic)
    rules = rules_for(call, settings.total_times, patience.retry, at, patience.within, place)
    return exchange(call.request, settings, rules, at, begun)


def rules_for(
    call: Call[T],
    times: TotalTimes,
    retry: RetryPolicy,
    at: Moment,
    within: float | None,
    place: Place | None = None,
) -> Rules:
    """Return how a call's request is repeated and paced, and when it is over.

    :param within: seconds from ``at`` after which nobody wants the answer, if that is sooner than the connection's own bound.
    """
    purpose = call.request.purpose
    return Rules(
        retry,
        place,
        call.is_answer,
        call.is_passing,
        total=times.of(purpose),
        setting=f"{purpose}_timeout",
        until=math.inf if within is None else at.monotonic + within,
    )


def report(step: Report, turnstile: Turnstile) -> None:
    """Tell all who ask the same tenant how it answered."""
    if step.has_failed:
        turnstile.failed(sent=step.sent, retry_after=step.retry_after)
    else:
        turnstile.answered(sent=step.sent)


def drive(steps: Steps[T], answer: Callable[[Step], Answer]) -> T:
    """Carry out all steps and return what they came to."""
    try:
        step = next(steps)
        while True:
            step = steps.send(answer(step))
    except StopIteration as end:
        result: T = end.value
        return result


async def drive_async(steps: Steps[T], answer: Callable[[Step], Awaitable[Answer]]) -> T:
    """Carry out all steps and return what they came to."""
    try:
        step = next(steps)
        while True:
            step = steps.send(await answer(step))
    except StopIteration as end:
        result: T = end.value
        return result


async def read_aside(call: Call[T], response: Response, on_the_loop_bytes: float) -> T:
    """Read an answer, off the event loop where it is long."""
    if len(response.body) > on_the_loop_bytes:
        return await asyncio.to_thread(call.read, response)
    return call.read(response)
