"""The steps that an exchange asks of its driver, and what came of each; only data, no I/O.

Which step comes next is decided in :mod:`.exchange`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TypeAlias, TypeVar
from urllib.parse import urlsplit

from airflow_provider_veza.async_query.message import Response
from airflow_provider_veza.async_query.retry import Failure
from airflow_provider_veza.exceptions import ArgumentError, AsyncQueryError
from airflow_provider_veza.transport.origin import Origin
from airflow_provider_veza.transport.pacing import Place
from airflow_provider_veza.transport.settings import OAuth2ClientCredentials

T = TypeVar("T")

_WITHOUT_BODY = frozenset({"GET", "HEAD"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Moment:
    """What a driver reads whenever it resumes an exchange, which itself has no clock and no dice.

    :param wall: now in UTC, for HTTP dates.
    :param monotonic: seconds that never jump, for pacing and for the life of tokens.
    :param jitter: random in [0, 1).
    """

    wall: datetime
    monotonic: float
    jitter: float


@dataclass(frozen=True)
class WireRequest:
    """A request ready to send: absolute URL, all headers, body as bytes.

    :param authorization: value of the ``Authorization`` header; apart from the others, since it must never be shown.
    :param body: not shown either: the body of a token request may hold what the user calls a secret.
    :param wait: seconds that the service was asked to take; a timeout is counted on top of them.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = field(default=None, repr=False)
    authorization: str | None = field(default=None, repr=False)
    idempotent: bool = True
    wait: float = 0.0

    @property
    def all_headers(self) -> Mapping[str, str]:
        """The headers as they go out, ``Authorization`` included."""
        return {**self.headers, "Authorization": self.authorization} if self.authorization else dict(self.headers)

    @cached_property
    def as_text(self) -> bytes:
        """All that goes out to the server itself, head and body, as HTTP/1.1 has it; written once, however often it goes.

        Sources: RFC 9112, 3 and 5; RFC 9110, 8.6.

        :raises ValueError: when a control character is in the head, where it would begin another header.
        """
        parts = urlsplit(self.url)
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        head = {"Host": Origin.of(self.url).authority, **self.all_headers}
        if self.body is not None or self.method not in _WITHOUT_BODY:
            head["Content-Length"] = str(len(self.body or b""))
        lines = [f"{self.method} {target} HTTP/1.1", *[f"{name}: {value}" for name, value in head.items()]]
        if any(map(_CONTROL.search, lines)):
            raise ValueError("a control character in the head of a request")
        return "\r\n".join([*lines, "", ""]).encode() + (self.body or b"")

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        return f"{self.method} {parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def building(build: Callable[[], T]) -> T:
    """Return what is built; say of whatever goes wrong meanwhile that nothing was sent.

    What was given may be a mapping of an author's own, which can raise anything.

    :raises ArgumentError: in its place; an error of our tree as it is.
    """
    try:
        return build()
    except AsyncQueryError:
        raise
    except Exception as e:
        raise ArgumentError(
            f"The request cannot be built from what was given ({type(e).__name__}: {e}). Nothing was sent."
        ) from e


@dataclass(frozen=True)
class Send:
    """Send this once, follow no redirect; answered by Received or Failed.

    :param until: when the whole answer must be there, in monotonic seconds.
    :param in_line: whether it stood in line for its turn, and so can wait for a connection, too.
    """

    request: WireRequest
    until: float = math.inf
    in_line: bool = False


@dataclass(frozen=True)
class Pause:
    """Sleep; answered by Resumed."""

    seconds: float


@dataclass(frozen=True)
class TakeTurn:
    """Wait until it is the request's turn, but no longer than ``until`` in monotonic seconds; answered by Resumed."""

    place: Place
    until: float


@dataclass(frozen=True)
class Report:
    """Tell all who ask the same tenant how it answered; answered by Resumed.

    :param sent: when the request was sent, in monotonic seconds.
    :param has_failed: whether the tenant answered 429 or 5xx, so that all should pause.
    :param retry_after: seconds that it asked for.
    """

    sent: float
    has_failed: bool
    retry_after: float | None = None


@dataclass(frozen=True)
class Authorize:
    """Provide an access token; answered by Authorized.

    :param refused: a token that the service no longer takes; any other one will do.
    :param until: when it must be there, in monotonic seconds.
    """

    auth: OAuth2ClientCredentials
    refused: str | None = field(default=None, repr=False)
    until: float = math.inf


@dataclass(frozen=True)
class Received:
    """A whole answer came."""

    response: Response
    at: Moment


@dataclass(frozen=True)
class Failed:
    """No whole answer came.

    :param reason: for people, without any secret; where it stands in a message, the request has been named.
    :param heals: whether the same attempt, made later, may succeed without an edit of the connection.
    """

    failure: Failure
    reason: str
    at: Moment
    heals: bool = True


@dataclass(frozen=True)
class Resumed:
    """The pause is over, the turn has come or ``until`` has, the report is made."""

    at: Moment


@dataclass(frozen=True)
class Authorized:
    """Here is a token."""

    token: str = field(repr=False)
    at: Moment


Step = Send | Pause | TakeTurn | Report | Authorize
Answer = Received | Failed | Resumed | Authorized

Steps: TypeAlias = Generator[Step, Answer, T]


def send(request: WireRequest, until: float, *, in_line: bool = False) -> Steps[Received | Failed]:
    """Yield the step to send ``request``; return how it went."""
    answer = yield Send(request, until, in_line)
    if not isinstance(answer, Received | Failed):
        raise TypeError(f"A driver answers Send with Received or Failed, not with {type(answer).__name__}")
    return answer


def authorize(auth: OAuth2ClientCredentials, until: float, refused: str | None = None) -> Steps[Authorized]:
    """Yield the step to provide a token; return it."""
    answer = yield Authorize(auth, refused, until)
    if not isinstance(answer, Authorized):
        raise TypeError(f"A driver answers Authorize with Authorized, not with {type(answer).__name__}")
    return answer
