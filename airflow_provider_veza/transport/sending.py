"""What one sending of a request may cost, and whether it has begun; the connections of both HTTP libraries read and note it.

They are in :mod:`.bounded_urllib3` and :mod:`.bounded_aiohttp`.
"""

from __future__ import annotations

import time
from contextvars import ContextVar, Token
from dataclasses import dataclass
from http.client import HTTPException

from airflow_provider_veza.transport.settings import Timeouts

LIBRARY_ERRORS = (OSError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError, HTTPException)
"""What HTTP libraries let through besides errors of their own. Errors of Airflow, which a signal may raise, are none of these."""


@dataclass
class Sending:
    """One sending of one request.

    :param until: when all of it is over, in monotonic seconds.
    :param timeouts: to connect, and of silence.
    :param max_bytes: of its answer.
    :param in_line: whether it waits for its turn behind others of its kind, and so for a connection that others use.
    :param only_once: whether it may not be sent again once it may have left.
    :param begun: whether there is a connection to the server, so that it may have seen the request.
    """

    until: float
    timeouts: Timeouts
    max_bytes: int
    in_line: bool = False
    only_once: bool = False
    begun: bool = False

    @property
    def left(self) -> float:
        """Seconds that are left; never zero, which libraries take for no bound."""
        return max(self.until - time.monotonic(), 0.001)

    @property
    def timeouts_left(self) -> Timeouts:
        """Both timeouts, no longer than what is left."""
        left, (connect, silence) = self.left, self.timeouts
        return min(connect, left), min(silence, left)


_CURRENT: ContextVar[Sending | None] = ContextVar("veza_sending", default=None)


def current_sending() -> Sending | None:
    """Return what this thread or task is sending; None for a request of the user's own."""
    return _CURRENT.get()


class sending:  # noqa: N801  # read as a verb: `with sending(current)`
    """Lets the connections that are used within know what is sent."""

    __slots__ = ("_current", "_token")
    _token: Token[Sending | None]

    def __init__(self, current: Sending) -> None:
        self._current = current

    def __enter__(self) -> None:
        self._token = _CURRENT.set(self._current)

    def __exit__(self, *_raised: object) -> None:
        _CURRENT.reset(self._token)
