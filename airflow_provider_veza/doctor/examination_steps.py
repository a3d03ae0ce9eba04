"""The steps that an examination asks of its driver, and what came of each; data, no I/O.

They are carried out in :mod:`.driver`.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias, TypeVar

from airflow_provider_veza.async_query.json_value import value_of
from airflow_provider_veza.async_query.message import Call, Request, Response
from airflow_provider_veza.exceptions import AsyncQueryError

T = TypeVar("T")


@dataclass(frozen=True)
class Ask:
    """Send this; answered by Asked, whatever comes."""

    call: Call[Any]


@dataclass(frozen=True)
class Submit(Ask):
    """Send this, which starts a query of the nodes family: from its answer on, the driver sees to the query's end."""


@dataclass(frozen=True)
class SubmitOfOthers(Submit):
    """Send what starts a query that others may run too: it is cancelled only while it runs."""


@dataclass(frozen=True)
class Pause:
    """Wait; answered by None."""

    seconds: float


@dataclass(frozen=True)
class Asked:
    """What came of one request.

    :param at: when the answer was there, in monotonic seconds.
    :param seconds: how long it took.
    :param response: None where no whole answer came.
    :param value: what the service read in it; None where it could not.
    """

    request: Request
    at: float
    seconds: float
    response: Response | None = None
    value: Any = None
    error: AsyncQueryError | None = None

    @property
    def status(self) -> int | None:
        """The HTTP status."""
        return self.response.status if self.response else None

    @cached_property
    def body(self) -> Mapping[str, Any]:
        """The answer as a JSON object; empty where it is none."""
        try:
            parsed = value_of(self.response.body) if self.response else None
        except ValueError:
            return {}
        return parsed if isinstance(parsed, dict) else {}


Step = Ask | Pause
Examination: TypeAlias = Generator[Step, Asked | None, T]
"""A part of the examination: it yields steps, is sent what came of each, and returns what it saw."""


def ask(call: Call[Any]) -> Examination[Asked]:
    """Yield the step to ask; return what came."""
    return (yield from _answered(Ask(call)))


def submit(call: Call[Any]) -> Examination[Asked]:
    """Yield the step to start a query; return what came."""
    return (yield from _answered(Submit(call)))


def submit_of_others(call: Call[Any]) -> Examination[Asked]:
    """Yield the step to start a query that others may run too; return what came."""
    return (yield from _answered(SubmitOfOthers(call)))


def pause(seconds: float) -> Examination[None]:
    """Yield the step to wait."""
    yield Pause(seconds)


def _answered(step: Ask) -> Examination[Asked]:
    asked = yield step
    if asked is None:
        raise TypeError("A driver answers Ask and Submit with Asked")
    return asked
