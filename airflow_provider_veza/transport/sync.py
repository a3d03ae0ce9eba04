"""The synchronous driver: carries out the steps of an exchange with requests.

Every decision is in :mod:`.exchange`.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

import requests
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError

from airflow_provider_veza.async_query.message import Call, Response
from airflow_provider_veza.async_query.retry import Failure, RetryPolicy
from airflow_provider_veza.transport.clock import read_clock
from airflow_provider_veza.transport.driving import drive, tenant_steps
from airflow_provider_veza.transport.exchange import USUAL_RETRY, fetch_token
from airflow_provider_veza.transport.pacing import Turn, tenant_pace
from airflow_provider_veza.transport.reasons import Causes, causes, why_no_answer, why_not_sent
from airflow_provider_veza.transport.redaction import Redaction
from airflow_provider_veza.transport.routes import Routes
from airflow_provider_veza.transport.session import NOT_CONNECTED, TenantSession
from airflow_provider_veza.transport.settings import OAuth2ClientCredentials, Timeouts, TransportSettings, with_wait
from airflow_provider_veza.transport.steps import (
    Answer,
    Authorize,
    Authorized,
    Failed,
    Pause,
    Received,
    Resumed,
    Send,
    Step,
    Steps,
    WireRequest,
)
from airflow_provider_veza.transport.tokens import TOKENS

T = TypeVar("T")


class SyncTransport:
    """Runs calls, one after the other, over kept-alive connections.

    :param retry: for calls that bring no policy of their own.
    """

    def __init__(self, settings: TransportSettings, *, retry: RetryPolicy = USUAL_RETRY) -> None:
        self._settings = settings
        self._retry = retry
        self._pace = tenant_pace(settings.origin)
        self._routes = Routes(settings.proxy)
        self._redaction = Redaction(settings.secrets())
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
    ) -> T:
        """Send a call's request and read its answer.

        :param retry: instead of the transport's own policy.
        :param timeout: instead of the connection's.
        """
        driver = self._driver(retry, timeout)
        steps = tenant_steps(call, self._settings, driver.retry, self._pace, turn)
        with self._redaction:
            return self._redaction.result(call.read(driver.drive(steps)))

    def token(self) -> str:
        """Return the next request's bearer token, fetched now if there is none; to have it before a cancel needs it."""
        auth = self._settings.auth
        with self._redaction:
            return self._driver().access_token(auth) if isinstance(auth, OAuth2ClientCredentials) else auth.key

    def _driver(self, retry: RetryPolicy | None = None, timeout: Timeouts | None = None) -> _Driver:
        timeouts = timeout or self._settings.timeouts
        return _Driver(self._settings, self._session, self._routes, self._redaction, retry or self._retry, timeouts)


@dataclass(frozen=True)
class _Driver:
    """Carries out the steps of one exchange."""

    settings: TransportSettings
    session: TenantSession
    routes: Routes
    redaction: Redaction
    retry: RetryPolicy
    timeouts: Timeouts

    def drive(self, steps: Steps[T]) -> T:
        return drive(steps, self._answer)

    def access_token(self, auth: OAuth2ClientCredentials, refused: str | None = None) -> str:
        with TOKENS.renewal(auth):
            token = TOKENS.current(auth, now=time.monotonic(), refused=refused)
            if token is None:
                fetching = fetch_token(auth, self.settings.user_agent, self.retry, read_clock())
                token = TOKENS.keep(auth, self.drive(fetching))
        self.redaction.learn(token.value)
        return token.value

    def _answer(self, step: Step) -> Answer:
        match step:
            case Send(wire):
                return self._send(wire)
            case Pause(seconds):
                time.sleep(seconds)
                return Resumed(read_clock())
            case Authorize(auth, refused):
                return Authorized(self.access_token(auth, refused), read_clock())

    def _send(self, wire: WireRequest) -> Received | Failed:
        handled = sys.exception()
        try:
            answer = self.session.tenant_adapter.send(
                _prepared(wire), timeout=with_wait(self.timeouts, wire.wait), verify=self.session.verify
            )
            response = Response(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, answer.content)
        except (requests.RequestException, HTTPError) as e:
            return self._failed(wire, causes(e, handled=handled))
        return Received(response, read_clock())

    def _failed(self, wire: WireRequest, causes: Causes) -> Failed:
        route = self.routes.to(wire.url)
        if any(NOT_CONNECTED in getattr(cause, "__notes__", ()) for cause in causes):
            return Failed(Failure.NOT_SENT, why_not_sent(causes, route, self.timeouts), read_clock())
        return Failed(Failure.NO_ANSWER, why_no_answer(causes, route, self.timeouts), read_clock())


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
