"""What a hook needs of a transport, whichever library sends: run a call, close.

Which client serves which settings is in :mod:`.clients`.
"""

from __future__ import annotations

from collections.abc import Hashable
from types import TracebackType
from typing import Protocol, Self, TypeVar

from airflow_provider_veza.async_query.message import Call
from airflow_provider_veza.async_query.retry import RetryPolicy
from airflow_provider_veza.transport.pacing import Turn
from airflow_provider_veza.transport.settings import Timeouts, TotalTimes

T = TypeVar("T")


class Client(Protocol):
    """Runs calls in one thread."""

    def __enter__(self) -> Self:
        """Return the client itself."""
        ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """Close the connections."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...

    def run(
        self,
        call: Call[T],
        *,
        retry: RetryPolicy | None = None,
        timeout: Timeouts | None = None,
        turn: Turn = Turn.IN_LINE,
        within: float | None = None,
        every: float | None = None,
    ) -> T:
        """Send a call's request and read its answer.

        :param retry: instead of the client's own policy.
        :param timeout: instead of the connection's.
        :param turn: whether it waits behind other requests, where these are paced.
        :param within: seconds after which nobody wants the answer, however patient the connection is; pauses count.
        :param every: seconds between two such requests of the caller, by which its wait for a turn is measured.
        :raises RequestError: when the request failed, after the repetitions that may heal it.
        """
        ...


class AsyncClient(Protocol):
    """Runs calls on one event loop, any number at once."""

    @property
    def settings(self) -> ClientSettings:
        """What it was made from; equal settings may share one client."""
        ...

    read_on_the_loop_bytes: float
    """A longer answer is read in a thread."""

    async def close(self) -> None:
        """Close the connections."""
        ...

    async def run(
        self,
        call: Call[T],
        *,
        retry: RetryPolicy | None = None,
        timeout: Timeouts | None = None,  # noqa: ASYNC109  # per connect and per read, which asyncio.timeout cannot do
        turn: Turn = Turn.IN_LINE,
        within: float | None = None,
        every: float | None = None,
    ) -> T:
        """Send a call's request and read its answer; the async twin of :meth:`Client.run`."""
        ...


class ClientSettings(Hashable, Protocol):
    """How to reach one tenant, as a value; which client does is said in :mod:`.clients`."""

    @property
    def base_url(self) -> str:
        """The address."""
        ...

    @property
    def total_times(self) -> TotalTimes:
        """How long each kind of request may take in all."""
        ...

    def bounded(self, most_bytes: int) -> ClientSettings:
        """Return the same for a client that reads no longer answer."""
        ...
