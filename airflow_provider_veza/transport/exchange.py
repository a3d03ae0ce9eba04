"""Every decision about an exchange (credentials, pace, redirects, retries, errors), as a generator of steps; no I/O.

The steps are in :mod:`.steps`, the loops that carry them out in :mod:`.driving`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import count

from airflow_provider_veza.async_query.message import Request, Response
from airflow_provider_veza.async_query.process_counts import COUNTS
from airflow_provider_veza.async_query.retry import Failure, RetryPolicy, parse_retry_after
from airflow_provider_veza.exceptions import AnswerTooLargeError, NoAnswerError, NotSentError, RequestError
from airflow_provider_veza.transport.pacing import Place
from airflow_provider_veza.transport.redirects import MAX_REDIRECTS, redirect_url, too_many_redirects
from airflow_provider_veza.transport.settings import ApiKeyAuth, OAuth2ClientCredentials, TransportSettings
from airflow_provider_veza.transport.steps import (
    Failed,
    Moment,
    Pause,
    Received,
    Report,
    Steps,
    TakeTurn,
    WireRequest,
    authorize,
    building,
    send,
)
from airflow_provider_veza.transport.tokens import Token, read_token, token_request

USUAL_RETRY = RetryPolicy()

_PLAIN_SUCCESS = 200
_TOO_MANY = 429
_PASSING = 503
"""The status by which HTTP itself says that an error passes."""


def never(_response: Response) -> bool:
    """Take every error status for a failure of the request."""
    return False


@dataclass(frozen=True)
class Rules:
    """How one exchange repeats and paces its requests.

    :param place: in the line of those that ask the same tenant, kept by all attempts; None where nothing is paced.
    :param is_answer: whether an error status is what was asked for, which no repetition changes.
    :param is_passing: whether an error status passes by itself, whatever its number.
    :param total: seconds that the server may take for all attempts together, besides what it was asked to wait.
    :param setting: the extra of the connection that says so.
    :param until: when nobody wants the answer any more, in monotonic seconds; pauses count here, too.
    """

    retry: RetryPolicy
    place: Place | None = None
    is_answer: Callable[[Response], bool] = never
    is_passing: Callable[[Response], bool] = never
    total: float = math.inf
    setting: str = ""
    until: float = math.inf


@dataclass(frozen=True)
class Begun:
    """A first attempt that its driver has made already, see :func:`straight_request`.

    :param until: when all of it had to be there, in monotonic seconds.
    :param answer: neither a plain success nor an error that was raised.
    """

    until: float
    answer: Received | Failed


def straight_request(request: Request, settings: TransportSettings) -> WireRequest | None:
    """Return what a driver may send without asking, where no token is needed; almost every answer needs no decision.

    :raises ArgumentError: when the request cannot be built.
    """
    auth = settings.auth
    return building(lambda: _wire_request(request, settings, auth.key)) if isinstance(auth, ApiKeyAuth) else None


def needs_no_decision(status: int) -> bool:
    """Whether an answer of this status is the last one: no redirect, no repetition, no other token."""
    return status == _PLAIN_SUCCESS


def exchange(
    request: Request, settings: TransportSettings, rules: Rules, at: Moment, begun: Begun | None = None
) -> Steps[Response]:
    """Bring one request to its last answer, whatever its status; the service reads that.

    A 401 to an OAuth2 token renews the token once and sends again: a request that was refused was not accepted.

    :param at: when the exchange begins.
    :param begun: what :func:`straight_request` came to, if it was sent.
    :raises NotSentError: when after the attempts the request has certainly not reached the tenant.
    :raises NoAnswerError: when it may have reached the tenant.
    :raises RedirectRefusedError: when the answer pointed where the request may not go.
    :raises UnauthorizedError: when the token endpoint refused the client's credentials.
    """
    auth = settings.auth
    if isinstance(auth, ApiKeyAuth):
        wire = building(lambda: _wire_request(request, settings, auth.key))
        received = yield from attempts(wire, rules, at, begun)
    else:
        wire = building(lambda: _wire_request(request, settings))
        received = yield from _with_token(wire, auth, rules)
    return received.response


def fetch_token(
    auth: OAuth2ClientCredentials,
    user_agent: str,
    retry: RetryPolicy,
    at: Moment,
    *,
    total: float = math.inf,
    until: float = math.inf,
) -> Steps[Token]:
    """Bring a request for a token to its token.

    :param total: seconds that the endpoint may take.
    :param until: when nobody wants the token any more, in monotonic seconds.
    :raises UnauthorizedError: when the endpoint refused the client's credentials.
    :raises NotSentError: when no token could be had for another reason, even if that reason was no answer: the request
        that needs the token was not sent.
    """
    wire = token_request(auth, user_agent)
    try:
        rules = Rules(retry, total=total, setting="token_timeout", until=until)
        received = yield from attempts(wire, rules, at)
    except (NoAnswerError, AnswerTooLargeError) as e:
        raise NotSentError(
            f"{e.message} So no access token was had, and the request that needs one was not sent.", about=e.about
        ) from e
    return read_token(wire, received.response, now=received.at.monotonic)


def _with_token(wire: WireRequest, auth: OAuth2ClientCredentials, rules: Rules) -> Steps[Received]:
    first = yield from authorize(auth, rules.until)
    received = yield from attempts(_bearing(wire, first.token), rules, first.at)
    if received.response.status != 401:
        return received
    second = yield from authorize(auth, rules.until, refused=first.token)
    return (yield from attempts(_bearing(wire, second.token), rules, second.at))


def attempts(wire: WireRequest, rules: Rules, at: Moment, begun: Begun | None = None) -> Steps[Received]:
    """Bring a request that is ready to send to its last answer; raises what :func:`exchange` does.

    :param at: when its first attempt begins.
    :param begun: what the first attempt came to, if it was made already.
    """
    left = rules.total + wire.wait
    last: Received | Failed = Failed(Failure.NOT_SENT, _why_too_late(rules, at), at)
    for attempt in count(1):
        before = left
        answer, left = yield from _follow(wire, rules, at, left, begun)
        if answer is None:
            return _last(wire, last, max(attempt - 1, 1))
        if rules.place is not None and isinstance(answer, Received):
            yield _report(answer, rules, sent=answer.at.monotonic - (before - left))
        delay = _delay(wire, rules, attempt, answer) if left > 0 else None
        if delay is None or answer.at.monotonic + delay >= rules.until:
            return _last(wire, answer, attempt)
        COUNTS.retries += 1
        at, last, begun = (yield Pause(delay)).at, answer, None
    raise AssertionError("counting never ends")


def _why_too_late(rules: Rules, at: Moment) -> str:
    """Return why a request was never sent whose time is over."""
    if rules.place is None or at.monotonic >= rules.until:
        return "no time was left for it"
    return (
        "its turn did not come in time: either more ask this tenant than the connection's `rate_limit` allows for, or all pause "
        "after answers 429 or 5xx"
    )


def _last(wire: WireRequest, answer: Received | Failed, attempts: int) -> Received:
    """Return what the last attempt came to; raises where that is no answer."""
    if isinstance(answer, Failed):
        raise _error(wire, answer, attempts)
    return answer if attempts == 1 else replace(answer, response=replace(answer.response, attempts=attempts))


def _follow(
    wire: WireRequest, rules: Rules, at: Moment, left: float, begun: Begun | None
) -> Steps[tuple[Received | Failed | None, float]]:
    """Bring one attempt to its answer, None where its turn did not come in time; return the seconds that are left, too."""
    hop = wire
    for _ in range(MAX_REDIRECTS + 1):
        if begun is None:
            if rules.place is not None and left > 0 and at.monotonic < rules.until:
                begins = (yield TakeTurn(rules.place, rules.until)).at
                COUNTS.throttled_seconds += begins.monotonic - at.monotonic
                at = begins
            if left <= 0 or at.monotonic >= rules.until:
                return None, left
            until = min(at.monotonic + left, rules.until)
            in_line = rules.place is not None and rules.place.in_line
            answer = yield from send(hop, until, in_line=in_line)
        else:
            until, answer, begun = begun.until, begun.answer, None
        left -= answer.at.monotonic - at.monotonic
        url = redirect_url(hop, answer.response) if isinstance(answer, Received) else None
        if url is None:
            return _saying_if_late(answer, until, rules), left
        hop, at = replace(hop, url=url), answer.at
    raise too_many_redirects(wire)


def _saying_if_late(answer: Received | Failed, until: float, rules: Rules) -> Received | Failed:
    """Return a failure that came when the time was over with that as its reason, whatever the library made of it."""
    if isinstance(answer, Received) or answer.failure is Failure.TOO_LARGE or answer.at.monotonic < until:
        return answer
    if until == rules.until:
        return replace(answer, reason="the time that was left for it is over")
    return replace(
        answer, reason=f"not all of it came within {rules.total:g} s (the connection's extra `{rules.setting}`)"
    )


def _report(answer: Received, rules: Rules, *, sent: float) -> Report:
    response = answer.response
    has_failed = (response.status == _TOO_MANY or response.status >= 500) and not rules.is_answer(response)
    return Report(sent, has_failed, _retry_after(answer) if has_failed else None)


def _retry_after(answer: Received) -> float | None:
    return parse_retry_after(answer.response.headers.get("retry-after"), answer.at.wall)


def _delay(wire: WireRequest, rules: Rules, attempt: int, answer: Received | Failed) -> float | None:
    if isinstance(answer, Received) and rules.is_answer(answer.response):
        return None
    if isinstance(answer, Failed) and not answer.heals:
        return None
    if isinstance(answer, Failed):
        outcome: int | Failure = answer.failure
        retry_after = None
    else:
        outcome = _PASSING if rules.is_passing(answer.response) else answer.response.status
        retry_after = _retry_after(answer)
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
        error = NotSentError(f"The request was not sent ({tries}): {failed.reason}.", about=wire)
        # A look at a query that runs is no reason to give it up: what was right at its submit may be so again.
        error.heals = failed.heals or wire.idempotent
        return error
    if failed.failure is Failure.TOO_LARGE:
        return AnswerTooLargeError(f"The answer was not read to its end: {failed.reason}.", about=wire)
    return NoAnswerError(
        f"The request has no whole answer ({tries}), but may have been acted on: {failed.reason}.", about=wire
    )


def _wire_request(request: Request, settings: TransportSettings, token: str | None = None) -> WireRequest:
    body = request.content
    return WireRequest(
        request.method,
        settings.base_url.rstrip("/") + request.target,
        _headers(settings.user_agent, has_body=body is not None),
        body,
        token and f"Bearer {token}",
        idempotent=request.idempotent,
        wait=request.wait,
    )


@cache
def _headers(user_agent: str, *, has_body: bool) -> Mapping[str, str]:
    headers = {
        "Accept": "application/json",
        # Only what both HTTP libraries can decode without further packages.
        "Accept-Encoding": "gzip, deflate",
        "User-Agent": user_agent,
    }
    return headers | {"Content-Type": "application/json"} if has_body else headers


def _bearing(wire: WireRequest, token: str) -> WireRequest:
    return replace(wire, authorization=f"Bearer {token}")
