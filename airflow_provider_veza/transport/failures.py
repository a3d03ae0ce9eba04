"""What a sending comes to that brought no whole answer, the same for every driver; in words for people by :mod:`.reasons`."""

from __future__ import annotations

from airflow_provider_veza.async_query.retry import Failure
from airflow_provider_veza.transport.answer_body import TooLargeError
from airflow_provider_veza.transport.clock import read_clock
from airflow_provider_veza.transport.reasons import (
    VEZA_FIELDS,
    Causes,
    FieldNames,
    answers_without_tls,
    refusal_of_tunnel,
    refuses_client,
    why_no_answer,
    why_not_sent,
    why_proxy_refused,
)
from airflow_provider_veza.transport.routes import Route
from airflow_provider_veza.transport.sending import Sending
from airflow_provider_veza.transport.steps import Failed

_PASSING = frozenset({408, 429})


def failed(chain: Causes, current: Sending, route: Route, fields: FieldNames = VEZA_FIELDS) -> Failed:
    """Return why there is no answer: whatever came before there was a connection has not sent the request.

    :param chain: the library's error and all beneath it.
    """
    if any(isinstance(cause, TooLargeError) for cause in chain):
        reason = f"it is larger than {current.max_bytes} bytes (the connection's extra `max_answer_bytes`)"
        return Failed(Failure.TOO_LARGE, reason, read_clock())
    refusal = None if current.begun else refusal_of_tunnel(chain)
    if refusal is not None:
        return refused_by_proxy(refusal, route)
    is_refused = refuses_client(chain)
    if current.begun and not is_refused:
        return Failed(Failure.NO_ANSWER, why_no_answer(chain, route, current.timeouts, fields), read_clock())
    reason = why_not_sent(chain, route, current.timeouts, fields)
    return Failed(Failure.NOT_SENT, reason, read_clock(), heals=not (is_refused or answers_without_tls(chain)))


def refused_by_proxy(status: int, route: Route) -> Failed:
    """Return that a proxy let no connection through: a login that it does not take would be counted at each repetition.

    :param status: of its answer.
    """
    heals = status in _PASSING or status >= 500
    return Failed(Failure.NOT_SENT, why_proxy_refused(status, route), read_clock(), heals=heals)
