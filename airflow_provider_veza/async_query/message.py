"""One exchange with a service as data: what to send, what came back, how to read it.

It is sent in :mod:`airflow_provider_veza.transport`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from airflow_provider_veza.exceptions import ArgumentError

_written = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode

T_co = TypeVar("T_co", covariant=True)


class Purpose(StrEnum):
    """What a request is for; a connection says how long each may take in all."""

    LOOK = "look"
    """A look, a submit, or whatever else has a short answer."""
    PAGE = "page"
    """Rows, or a query that is answered at once."""
    TOKEN = "token"
    CANCEL = "cancel"
    """A cancel, or the release of a result."""


@dataclass(frozen=True)
class Request:
    """An HTTP request to a tenant, without host, credentials or any header of transport.

    :param path: from the root of the host; sent as it is, so a colon stays a colon.
    :param body: sent as JSON; None sends no body.
    :param idempotent: whether sending it twice does the same as sending it once.
    :param wait: seconds that the service may take before it begins to answer, because it was asked to; no timeout counts them.
    """

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    idempotent: bool = True
    wait: float = 0.0
    purpose: Purpose = Purpose.LOOK

    @cached_property
    def target(self) -> str:
        """Path and query, as they stand in the request line."""
        return f"{self.path}?{urlencode(self.params)}" if self.params else self.path

    @cached_property
    def content(self) -> bytes | None:
        """The body as it goes out, JSON in UTF-8, written once however often it is sent.

        :raises ArgumentError: when it cannot be written so.
        """
        if self.body is None:
            return None
        try:
            return _written(self.body).encode()
        except (TypeError, ValueError, RecursionError) as e:
            raise ArgumentError(
                f"The query cannot be written as JSON ({type(e).__name__}: {e}). Nothing was sent."
            ) from e


@dataclass(frozen=True)
class Response:
    """An HTTP answer, whole; header names are in lower case.

    :param attempts: requests that it took.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    attempts: int = 1


@dataclass(frozen=True, eq=False)
class Call(Generic[T_co]):
    """A request together with the only code that can read its answer.

    A service returns calls and never sends them; the sync and the async transport run the same ones, each as often as its caller
    likes. A call equals only itself, so that what was made for it once can be found again.

    :param is_answer: whether an error status is what was asked for, such as the stored failure of a query, and no failure of
        the request: then it is not sent again.
    :param is_passing: whether an error status passes by itself, though its number does not say so: then it is sent again.
    """

    request: Request
    read: Callable[[Response], T_co]
    is_answer: Callable[[Response], bool] = lambda _: False
    is_passing: Callable[[Response], bool] = lambda _: False
