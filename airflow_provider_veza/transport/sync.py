"""The synchronous driver: carries out the steps of an exchange with requests.

Every decision is in :mod:`.exchange`.
"""

from __future__ import annotations

import math
import sys
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

import requests
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError

from airflow_provider_veza.async_query.message import Call, Response
from airflow_provider_veza.async_query.retry import RetryPolicy
from airflow_provider_veza.transport.answer_body import BODY_ERRORS
from airflow_provider_veza.transport.bounded_urllib3 import read_whole
from airflow_provider_veza.transport.clock import read_clock
from airflow_provider_veza.transport.driving import Patience, Starter, drive, report, tenant_steps
from airflow_provider_veza.transport.exchange import USUAL_RETRY, fetch_token, needs_no_decision
from airflow_provider_veza.transport.failures import failed
from airflow_provider_veza.transport.pacing import Turn
from airflow_provider_veza.transport.reasons import causes
from airflow_provider_veza.transport.redaction import Redaction
from airflow_provider_veza.transport.routes import Routes
from airflow_provider_veza.transport.sending import LIBRARY_ERRORS, Sending, sending
from airflow_provider_veza.transport.session import TenantSession
from airflow_provider_veza.transport.settings import OAuth2ClientCredentials, Timeouts, TransportSettings, with_wait
from airflow_provider_veza.transport.steps import (
    Answer,
    Authorize,
    Authorized,
    Failed,
    Pause,
    Received,
    Report,
    Resumed,
    Send,
    Step,
    Steps,
    TakeTurn,
    WireRequest,
)
from airflow_provider_veza.transport.tokens import TOKENS, token_not_there
from airflow_provider_veza.transport.turnstile import Turnstile, turnstile_of

T = TypeVar("T")


class SyncTransport:
    """Runs calls, one after the other, over kept-alive connections.

    :param retry: for calls that bring no policy of their own.
    """

    def __init__(self, settings: TransportSettings, *, retry: RetryPolicy = USUAL_RETRY) -> None:
        self._settings = settings
        self._retry = retry
        self._turnstile = turnstile_of(settings.origin)
        self._starter = Starter(settings, self._turnstile)
        self._redaction = Redaction(settings.secrets())
        self._routes = Routes(settings.proxy, self._redaction.learn)
        self._session = TenantSession(settings, self._routes, self.token)

    @property
    def session(self) -> requests.Session:
        """A session that is ready for requests of the user's own to the tenant; nothing is retried or paced there."""
        return self._session

    def redacted(self, text: str) -> str:
        """Return a text without the connection's secrets; for whoever shows what an answer holds."""
        return self._redaction.text(text)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

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

        :param retry: instead of the transport's own policy.
        :param timeout: instead of the connection's.
        :param within: seconds after which nobody wants the answer, however patient the connection is.
        :param every: seconds between two such requests of the caller, by which its wait for a turn is measured.
        """
        patience = Patience(retry or self._retry, timeout or self._settings.timeouts, turn, within, every)
        with self._redaction:
            return self._redaction.result(call.read(self._response(call, patience)))

    def _response(self, call: Call[T], patience: Patience) -> Response:
        driver = self._driver(patience)
        first = self._starter.straight(call, patience)
        if first is None:
            return driver.drive(tenant_steps(call, self._settings, patience))
        answer = driver.send(first.wire, first.until)
        if isinstance(answer, Response) and needs_no_decision(answer.status):
            self._turnstile.answered(sent=first.began)
            return answer
        begun = first, Received(answer, read_clock()) if isinstance(answer, Response) else answer
        return driver.drive(tenant_steps(call, self._settings, patience, begun))

    def token(self) -> str:
        """Return the next request's bearer token, fetched now if there is none; to have it before a cancel needs it."""
        auth, patience = self._settings.auth, Patience(self._retry, self._settings.timeouts)
        with self._redaction:
            return self._driver(patience).access_token(auth) if isinstance(auth, OAuth2ClientCredentials) else auth.key

    def _driver(self, patience: Patience) -> _Driver:
        return _Driver(self._settings, self._session, self._routes, self._redaction, patience, self._turnstile)


@dataclass(frozen=True)
class _Driver:
    """Carries out the steps of one exchange."""

    settings: TransportSettings
    session: TenantSession
    routes: Routes
    redaction: Redaction
    patience: Patience
    turnstile: Turnstile

    def drive(self, steps: Steps[T]) -> T:
        return drive(steps, self._answer)

    def access_token(self, auth: OAuth2ClientCredentials, refused: str | None = None, until: float = math.inf) -> str:
        total, renewal = self.settings.total_times.token, TOKENS.renewal(auth)
        if not renewal.acquire(timeout=max(min(total, until - time.monotonic()), 0.0)):
            raise token_not_there(auth)
        try:
            token = TOKENS.current(auth, now=time.monotonic(), refused=refused)
            if token is None:
                user_agent = self.settings.user_agent
                fetching = fetch_token(auth, user_agent, self.patience.retry, read_clock(), total=total, until=until)
                token = TOKENS.keep(auth, self.drive(fetching))
        finally:
            renewal.release()
        self.redaction.learn(token.value)
        return token.value

    def _answer(self, step: Step) -> Answer:
        match step:
            case Send(wire, until):
                answer = self.send(wire, until)
                return Received(answer, read_clock()) if isinstance(answer, Response) else answer
            case Pause(seconds):
                time.sleep(seconds)
                return Resumed(read_clock())
            case TakeTurn(place, until):
                self.turnstile.wait(place, until)
                return Resumed(read_clock())
            case Report():
                report(step, self.turnstile)
                return Resumed(read_clock())
            case Authorize(auth, refused, until):
                return Authorized(self.access_token(auth, refused, until), read_clock())

    def send(self, wire: WireRequest, until: float) -> Response | Failed:
        """Send a request once."""
        handled = sys.exception()
        current = Sending(until, with_wait(self.patience.timeouts, wire.wait), self.settings.max_answer_bytes)
        try:
            with sending(current):
                return self._response(wire, current)
        except (requests.RequestException, HTTPError, *BODY_ERRORS, *LIBRARY_ERRORS) as e:
            return failed(causes(e, handled=handled), current, self.routes.to(wire.url))

    def _response(self, wire: WireRequest, current: Sending) -> Response:
        adapter, verify = self.session.tenant_adapter, self.session.verify
        answer = adapter.send(_prepared(wire), timeout=current.timeouts_left, verify=verify)
        with answer:
            body = read_whole(answer.raw, current.max_bytes)
        return Response(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, body)


def _prepared(wire: WireRequest) -> requests.PreparedRequest:
    # Filled by hand: requests' own preparation would encode the URL anew and ask ~/.netrc for credentials.
    prepared = requests.PreparedRequest()
    prepared.method = wire.method
    prepared.url = wire.url
    prepared.headers = CaseInsensitiveDict(wire.all_headers)
    prepared.body = wire.body
    if wire.body is not None:
        prepared.headers["Content-Length"] = str(len(wire.body))
    return prepared
