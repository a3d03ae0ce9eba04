"""What a service must be able to say on the wire, and the flows over those calls that sync and async clients share."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.message import Call, Response
from airflow_provider_veza.async_query.vocabulary import Page, Phase, Snapshot, Traits
from airflow_provider_veza.exceptions import BadRequestError, NotFoundError

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

    def look(self, query_id: str) -> Call[Snapshot]:
        """Ask how the query stands, with as few rows as the service allows."""
        ...

    def page(self, query_id: str, page_token: str | None) -> Call[Page]:
        """Ask for the page at ``page_token``; None asks for the first."""
        ...

    def cancel(self, query_id: str) -> Call[None]:
        """Ask to end a running query; only where ``traits.can_cancel``."""
        ...


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


def cancel_flow(service: QueryService, handle: QueryHandle) -> Flow[Cancellation]:
    """Look once, and cancel only what may still run and is ours to cancel.

    A query that the service does not know may have ended long ago, or be too young to be seen: to cancel the one changes
    nothing, to leave the other would lose it.
    """
    if not handle.owned:
        return Cancellation(False, None, "the handle is only attached to a cached result, which others may use")
    snapshot: Snapshot = yield service.look(handle.id)
    if snapshot.phase is Phase.GONE and service.traits.can_cancel:
        yield _unless_refused(service.cancel(handle.id))
        reason = (
            f"the service does not know it (state {snapshot.state}); a cancel was sent in case it cannot be seen yet"
        )
        return Cancellation(False, snapshot.phase, reason)
    if snapshot.phase.is_terminal:
        return Cancellation(False, snapshot.phase, f"the query had already ended (state {snapshot.state})")
    if not service.traits.can_cancel:
        return Cancellation(False, snapshot.phase, f"{service.name} documents no cancel; the query runs on to its end")
    yield service.cancel(handle.id)
    return Cancellation(True, snapshot.phase)


def _unless_refused(cancel: Call[None]) -> Call[None]:
    """Return the call for a query that may be unknown to the service, which it may answer by a refusal."""

    def read(response: Response) -> None:
        with suppress(BadRequestError, NotFoundError):
            cancel.read(response)

    return Call(cancel.request, read)
