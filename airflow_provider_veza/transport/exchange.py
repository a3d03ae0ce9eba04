"""Every decision about an exchange (credentials, pace, redirects, retries, errors), as a generator of steps; no I/O.

The steps are in :mod:`.steps`, the loops that carry them out in :mod:`.driving`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count

from airflow_provider_veza.async_query.message import Request, Response
from airflow_provider_veza.async_query.retry import Failure, RetryPolicy, parse_retry_after
from airflow_provider_veza.exceptions import NoAnswerError, NotSentError, RequestError
from airflow_provider_veza.transport.redirects import MAX_REDIRECTS, redirect_url, too_many_redirects
from airflow_provider_veza.transport.settings import ApiKeyAuth, OAuth2ClientCredentials, TransportSettings
from airflow_provider_veza.transport.steps import (
    Failed,
    Moment,
    Pause,
    Received,
    Steps,
    WireRequest,
    authorize,
    json_body,
    send,
)
from airflow_provider_veza.transport.tokens import Token, read_token, token_request

USUAL_RETRY = RetryPolicy()

_PASSING = 503
"""The status by which HTTP itself says that an error passes."""


def unpaced(_now: float) -> float:
    """Let every request go at once."""
    return 0.0


def never(_response: Response) -> bool:
    """Take every error status for a failure of the request."""
    return False


@dataclass(frozen=True)
class Rules:
    """How one exchange repeats and paces its requests.

    :param reserve: books a request at a monotonic time and returns the seconds that it must wait.
    :param is_answer: whether an error status is what was asked for, which no repetition changes.
    :param is_passing: whether an error status passes by itself, whatever its number.
    """

    retry: RetryPolicy
    reserve: Callable[[float], float] = unpaced
    is_answer: Callable[[Response], bool] = never
    is_passing: Callable[[Response], bool] = never


def exchange(request: Request, settings: TransportSettings, rules: Rules, at: Moment) -> Steps[Response]:
    """Bring one request to its last answer, whatever its status; the service reads that.

    A 401 to an OAuth2 token renews the token once and sends again: a request that was refused was not accepted.

    :param at: when the exchange begins.
    :raises NotSentError: when after the attempts the request has certainly not reached the tenant.
    :raises NoAnswerError: when it may have reached the tenant.
    :raises RedirectRefusedError: when the answer pointed where the request may not go.
    :raises UnauthorizedError: when the token endpoint refused the client's credentials.
    """
    wire = _wire_request(request, settings)
    if isinstance(settings.auth, ApiKeyAuth):
        received = yield from attempts(_bearing(wire, settings.auth.key), rules, at)
    else:
        received = yield from _with_token(wire, settings.auth, rules)
    return received.response


def fetch_token(auth: OAuth2ClientCredentials, user_agent: str, retry: RetryPolicy, at: Moment) -> Steps[Token]:
    """Bring a request for a token to its token.

    :raises UnauthorizedError: when the endpoint refused the client's credentials.
    :raises NotSentError: when no token could be had for another reason, even if that reason was no answer: the request
        that needs the token was not sent.
    """
    wire = token_request(auth, user_agent)
    try:
        received = yield from attempts(wire, Rules(retry), at)
    except NoAnswerError as e:
        raise NotSentError(
            f"{e.message} So no access token was had, and the request that needs one was not sent.", about=e.about
        ) from e
    return read_token(wire, received.response, now=received.at.monotonic)


def _with_token(wire: WireRequest, auth: OAuth2ClientCredentials, rules: Rules) -> Steps[Received]:
    first = yield from authorize(auth)
    received = yield from attempts(_bearing(wire, first.token), rules, first.at)
    if received.response.status != 401:
        return received
    second = yield from authorize(auth, refused=first.token)
    return (yield from attempts(_bearing(wire, second.token), rules, second.at))


def attempts(wire: WireRequest, rules: Rules, at: Moment) -> Steps[Received]:
    """Bring a request that is ready to send to its last answer; raises what :func:`exchange` does.

    :param at: when its first attempt begins.
    """
    for attempt in count(1):
        answer = yield from _follow(wire, rules, at)
        delay = _delay(wire, rules, attempt, answer)
        if delay is not None:
            at = (yield Pause(delay)).at
        elif isinstance(answer, Received):
            return answer if attempt == 1 else replace(answer, response=replace(answer.response, attempts=attempt))
        else:
            raise _error(wire, answer, attempt)
    raise AssertionError("counting never ends")


def _follow(wire: WireRequest, rules: Rules, at: Moment) -> Steps[Received | Failed]:
    hop = wire
    for _ in range(MAX_REDIRECTS + 1):
        wait = rules.reserve(at.monotonic)
        if wait > 0:
            yield Pause(wait)
        answer = yield from send(hop)
        url = redirect_url(hop, answer.response) if isinstance(answer, Received) else None
        if url is None:
            return answer
        hop, at = replace(hop, url=url), answer.at
    raise too_many_redirects(wire)


def _delay(wire: WireRequest, rules: Rules, attempt: int, answer: Received | Failed) -> float | None:
    if isinstance(answer, Received) and rules.is_answer(answer.response):
        return None
    if isinstance(answer, Failed):
        outcome: int | Failure = answer.failure
        retry_after = None
    else:
        outcome = _PASSING if rules.is_passing(answer.response) else answer.response.status
        retry_after = parse_retry_after(answer.response.headers.get("retry-after"), answer.at.wall)
    return rules.retry.delay(
        attempt=attempt,
        idempotent=wire.idempotent,
        outcome=outcome,
        retry_after=retry_after,
        jitter=answer.at.jitter,
    )


def _error(wire: WireRequest, failed: Failed, attempts: int) -> RequestError:
    tries = "1 attempt" if attempts == 1 else f"{attempts} attempts"
    if failed.failure is Failure.NOT_SENT:
        return NotSentError(f"The request was not sent ({tries}): {failed.reason}.", about=wire)
    return NoAnswerError(
        f"The request has no whole answer ({tries}), but may have been acted on: {failed.reason}.", about=wire
    )


def _wire_request(request: Request, settings: TransportSettings) -> WireRequest:
    headers = {
        "Accept": "application/json",
        # Only what both HTTP libraries can decode without further packages.
        "Accept-Encoding": "gzip, deflate",
        "User-Agent": settings.user_agent,
    }
    body = None
    if request.body is not None:
        headers["Content-Type"] = "application/json"
        body = json_body(request.body)
    url = settings.base_url.rstrip("/") + request.target
    return WireRequest(request.method, url, headers, body, idempotent=request.idempotent, wait=request.wait)


def _bearing(wire: WireRequest, token: str) -> WireRequest:
    return replace(wire, authorization=f"Bearer {token}")
