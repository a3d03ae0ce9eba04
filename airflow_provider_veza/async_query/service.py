"""What a service must be able to say on the wire, and the flows over those calls that sync and async clients share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol, TypeVar, cast

from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.layout import RowLayout
from airflow_provider_veza.async_query.message import Call, Response
from airflow_provider_veza.async_query.vocabulary import Page, Phase, Snapshot, Traits
from airflow_provider_veza.exceptions import BadRequestError, NotFoundError

S = TypeVar("S")
T = TypeVar("T")

Flow = Generator[Call[Any], Any, T]
"""A sequence of calls as a generator: it yields a call, is sent what the call read, and returns its own result."""


class QueryService(Protocol):
    """One kind of asynchronous query on the wire. Sans-I/O: every method returns a call and sends nothing.

    A call's ``read`` raises a :class:`~airflow_provider_veza.exceptions.RequestError` only when the *request* failed;
    how the *query* stands is always a snapshot.
    """

    @property
    def name(self) -> str:
        """The name that handles carry."""
        ...

    @property
    def traits(self) -> Traits:
        """What this service can do."""
        ...

    @property
    def layout(self) -> RowLayout:
        """How its rows become columns."""
        ...

    @property
    def page_size(self) -> int | None:
        """Rows of a page, if the size can be asked for."""
        ...

    def look(self, query_id: str, wait: float = 0.0, /) -> Call[Snapshot]:
        """Ask how the query stands, with as few rows as the service allows.

        :param wait: seconds to wait on the server for the end of the query, at most ``traits.long_poll_seconds``.
        """
        ...

    def page(self, query_id: str, page_token: str | None, page_size: int | None = None, /) -> Call[Page]:
        """Ask for the page at ``page_token``; None asks for the first.

        :param page_size: instead of the service's own; smaller where that was too much.
        """
        ...

    def cancel(self, query_id: str) -> Call[None]:
        """Ask to end a running query; only where ``traits.can_cancel``."""
        ...

    def release(self, query_id: str) -> Call[None]:
        """Ask to forget the result of an ended query; only where ``traits.keeps_result``."""
        ...


def drive_flow(flow: Generator[S, Any, T], answer: Callable[[S], Any]) -> T:
    """Answer one step after the other, as the flow decides, and return its result; to answer a call is to send it."""
    try:
        step = next(flow)
        while True:
            step = flow.send(answer(step))
    except StopIteration as end:
        return cast("T", end.value)


async def drive_flow_async(flow: Generator[S, Any, T], answer: Callable[[S], Awaitable[Any]]) -> T:
    """Drive a flow whose answers are awaited; the async twin of :func:`drive_flow`."""
    try:
        step = next(flow)
        while True:
            step = flow.send(await answer(step))
    except StopIteration as end:
        return cast("T", end.value)


@dataclass(frozen=True)
class Cancellation:
    """What became of the wish to cancel a query.

    :param phase: as last seen; None where nobody looked.
    :param reason: why nothing was cancelled; empty where it was.
    """

    cancelled: bool
    phase: Phase | None = None
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON types."""
        return {"cancelled": self.cancelled, "phase": self.phase.value if self.phase else None, "reason": self.reason}


@dataclass(frozen=True)
class AskWhetherCancelled:
    """A step that is answered by True where it is known that the service has confirmed somebody else's cancel of the query."""


CancelStep = Call[Any] | AskWhetherCancelled


def cancel_flow(service: QueryService, handle: QueryHandle, now: datetime) -> Generator[CancelStep, Any, Cancellation]:
    """Look once, cancel only what may still run and is ours to cancel, and leave no result behind that nobody will read.

    A query that the service does not know may have been cancelled by somebody else, have ended long ago, or be too young to be
    seen. Unless the first is certain, it is cancelled all the same: that changes nothing in the other cases but the last, where
    nobody could find it later. That is asked only here, so that a running query is cancelled whatever the answer would be.

    A success that may be an older result's is no end: the query may run behind it.

    :param now: a moment before the look (UTC).
    """
    if not handle.owned:
        return Cancellation(False, None, "the handle is only attached to a cached result, which others may use")
    shown: Snapshot = yield service.look(handle.id)
    snapshot = handle.as_seen(shown, now)
    if snapshot.phase is Phase.GONE and service.traits.can_cancel:
        return (yield from _cancel_unknown(service, handle, snapshot))
    if snapshot.phase.is_terminal:
        return (yield from _forget_ended(service, handle, snapshot))
    if not service.traits.can_cancel:
        return Cancellation(False, snapshot.phase, f"{service.name} documents no cancel; the query runs on to its end")
    cancel = service.cancel(handle.id)
    if snapshot.settles_at is None:
        yield cancel
    elif not (yield _unless_refused(cancel)):
        return _had_ended(shown)
    return Cancellation(True, snapshot.phase)


def _cancel_unknown(
    service: QueryService, handle: QueryHandle, snapshot: Snapshot
) -> Generator[CancelStep, Any, Cancellation]:
    if (yield AskWhetherCancelled()):
        return Cancellation(False, snapshot.phase, "somebody else has cancelled it, as its record says")
    yield _unless_refused(service.cancel(handle.id))
    reason = (
        f"the service does not know it (state {snapshot.state}), so it was cancelled elsewhere, ended long ago or cannot be "
        "seen yet; a cancel was sent in case it runs"
    )
    return Cancellation(False, snapshot.phase, reason)


def _forget_ended(
    service: QueryService, handle: QueryHandle, snapshot: Snapshot
) -> Generator[CancelStep, Any, Cancellation]:
    if not service.traits.keeps_result:
        return _had_ended(snapshot)
    yield _unless_refused(service.release(handle.id))
    return _had_ended(snapshot, "; its result was deleted")


def _had_ended(snapshot: Snapshot, and_then: str = "") -> Cancellation:
    return Cancellation(False, snapshot.phase, f"the query had already ended (state {snapshot.state}){and_then}")


def _unless_refused(cancel: Call[None]) -> Call[bool]:
    """Return the call for a query that may have ended or be unknown to the service: whether it was taken, or refused for that."""

    def read(response: Response) -> bool:
        with suppress(BadRequestError, NotFoundError):
            cancel.read(response)
            return True
        return False

    return replace(cast("Call[Any]", cancel), read=read)
