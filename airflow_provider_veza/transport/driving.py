"""From a call to its steps, and the two loops that carry them out, sync and async.

How one step is carried out is in :mod:`.sync` and :mod:`.aio`.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from airflow_provider_veza.async_query.message import Call, Response
from airflow_provider_veza.async_query.retry import RetryPolicy
from airflow_provider_veza.transport.clock import read_clock
from airflow_provider_veza.transport.exchange import Rules, exchange, unpaced
from airflow_provider_veza.transport.pacing import TenantPace, Turn
from airflow_provider_veza.transport.settings import TotalTimes, TransportSettings
from airflow_provider_veza.transport.steps import Answer, Moment, Step, Steps

READ_ON_THE_LOOP_BYTES = 256 * 1024
"""A longer answer is read in a thread: parsing it would hold up everything else on the loop for milliseconds."""

T = TypeVar("T")


def tenant_steps(
    call: Call[T],
    settings: TransportSettings,
    retry: RetryPolicy,
    pace: TenantPace,
    turn: Turn,
    within: float | None = None,
) -> Steps[Response]:
    """Return the steps that bring a tenant's answer to a call, in its turn among the requests of this process."""
    at, reserve = read_clock(), partial(pace.reserve, rate=settings.rate_limit, turn=turn)
    rules = rules_for(call, settings.total_times, retry, at, within, reserve)
    return exchange(call.request, settings, rules, at)


def rules_for(
    call: Call[T],
    times: TotalTimes,
    retry: RetryPolicy,
    at: Moment,
    within: float | None,
    reserve: Callable[[float], float] = unpaced,
) -> Rules:
    """Return how a call's request is repeated and paced, and when it is over.

    :param within: seconds from ``at`` after which nobody wants the answer, if that is sooner than the connection's own bound.
    """
    purpose = call.request.purpose
    return Rules(
        retry,
        reserve,
        call.is_answer,
        call.is_passing,
        total=times.of(purpose),
        setting=f"{purpose}_timeout",
        until=math.inf if within is None else at.monotonic + within,
    )


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
