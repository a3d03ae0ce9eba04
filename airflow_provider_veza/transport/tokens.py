"""OAuth2 tokens by client credentials: the request for one, its answer, and those this process has; no I/O."""

from __future__ import annotations

import base64
import math
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, urlencode

from airflow_provider_veza.async_query.json_value import value_of, words_of
from airflow_provider_veza.async_query.message import Response
from airflow_provider_veza.exceptions import NotSentError, UnauthorizedError
from airflow_provider_veza.transport.settings import OAuth2ClientCredentials
from airflow_provider_veza.transport.steps import WireRequest

MAX_MARGIN = 60.0
MARGIN_SHARE = 0.1

_MAY_HEAL = frozenset({408, 429})


@dataclass(frozen=True)
class Token:
    """An access token.

    :param renew_at: from when on a new one is fetched, in monotonic seconds: before it expires by a tenth of its life,
        but by no more than a minute. Infinite where the endpoint names no life: then only a 401 ends it.
    """

    value: str = field(repr=False)
    renew_at: float = math.inf


class TokenStore:
    """The tokens of this process, one per set of credentials, for all its threads and event loops."""

    def __init__(self) -> None:
        self._tokens: dict[OAuth2ClientCredentials, Token] = {}
        self._listeners: dict[Callable[[str], None], None] = {}
        self._tells: ContextVar[bool] = ContextVar("tells", default=True)
        self._renewals: dict[OAuth2ClientCredentials, threading.RLock] = {}

    def current(self, auth: OAuth2ClientCredentials, *, now: float, refused: str | None = None) -> Token | None:
        """Return a token that is neither about to expire nor the refused one; None where there is none."""
        token = self._tokens.get(auth)
        if token is None or token.value == refused or now >= token.renew_at:
            return None
        return token

    def keep(self, auth: OAuth2ClientCredentials, token: Token) -> Token:
        """Remember the token, tell of it, and return it."""
        self._tokens[auth] = token
        if self._tells.get():
            for listener in self._listeners:
                listener(token.value)
        return token

    def tell(self, listener: Callable[[str], None]) -> None:
        """Tell a listener of every token from now on, such as whoever masks logs; it may block, and must not raise."""
        self._listeners[listener] = None

    @contextmanager
    def telling_nobody(self) -> Iterator[None]:
        """Tell of no token meanwhile, in this thread: for a process that is being killed, which must not wait for anybody."""
        before = self._tells.set(False)
        try:
            yield
        finally:
            self._tells.reset(before)

    def renewal(self, auth: OAuth2ClientCredentials) -> threading.RLock:
        """Return the lock under which one thread renews for all.

        Reentrant: Airflow calls on_kill from a signal handler, which may interrupt a renewal in its own thread.
        """
        return self._renewals.setdefault(auth, threading.RLock())


TOKENS = TokenStore()


def token_request(auth: OAuth2ClientCredentials, user_agent: str) -> WireRequest:
    """Return the request for a token, with the client's credentials as HTTP Basic (RFC 6749, section 2.3.1)."""
    form = {"grant_type": "client_credentials"} | ({"scope": auth.scope} if auth.scope else {})
    pair = f"{quote_plus(auth.client_id)}:{quote_plus(auth.client_secret)}"
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "gzip, deflate",
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": user_agent,
    }
    basic = base64.b64encode(pair.encode()).decode()
    return WireRequest("POST", auth.token_url, headers, urlencode(form).encode(), f"Basic {basic}")


def token_not_there(auth: OAuth2ClientCredentials) -> NotSentError:
    """Return the error for a request whose time was over while another one of this process was still fetching the token."""
    return NotSentError(
        "No access token was there in time: another request of this process still asks for one, so the request that needs it was "
        "not sent.",
        about=auth.token_url,
    )


def read_token(request: WireRequest, response: Response, *, now: float) -> Token:
    """Read the answer of the token endpoint.

    :raises UnauthorizedError: when it refused the credentials or the scope.
    :raises NotSentError: when it gave no token for another reason; the request that needed one was not sent.
    """
    fields = _json_object(response)
    if response.status == 200 and _is_bearer(fields):
        return Token(fields["access_token"], now + _seconds_to_renewal(fields.get("expires_in")))
    if 400 <= response.status < 500 and response.status not in _MAY_HEAL:
        raise UnauthorizedError(
            response.status,
            f"The token endpoint refused the client credentials ({_words(fields, response.status)}). "
            "Check login (client id), password (client secret) and the extras `token_url` and `scope`.",
            about=request,
        )
    raise NotSentError(
        f"The token endpoint gave no access token ({_words(fields, response.status)}), "
        "so the request that needs one was not sent. Check the connection's extra `token_url` if this lasts.",
        about=request,
    )


def _json_object(response: Response) -> Mapping[str, Any]:
    try:
        fields = value_of(response.body)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _is_bearer(fields: Mapping[str, Any]) -> bool:
    token, kind = fields.get("access_token"), fields.get("token_type", "Bearer")
    is_sendable = isinstance(token, str) and token != "" and token.isascii() and token.isprintable()
    return is_sendable and words_of(kind).lower() == "bearer"


def _seconds_to_renewal(expires_in: Any) -> float:
    try:
        life = math.nan if isinstance(expires_in, bool) else float(expires_in)
    except (TypeError, ValueError, OverflowError):
        return math.inf
    if math.isnan(life):
        return math.inf
    return max(life - min(MAX_MARGIN, MARGIN_SHARE * life), 0.0)


def _words(fields: Mapping[str, Any], status: int) -> str:
    parts = [
        f"status {status}",
        *(words_of(fields[name]) for name in ("error", "error_description") if fields.get(name)),
    ]
    return ": ".join(parts)
