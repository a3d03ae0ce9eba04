"""Why a request has no answer, in words for people: only facts of the standard library's errors, so no secret."""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass

from airflow_provider_veza.transport.answer_body import UnreadableBodyError
from airflow_provider_veza.transport.routes import Route
from airflow_provider_veza.transport.settings import Timeouts
from airflow_provider_veza.transport.strict_answer import BrokenHeadError

Causes = Sequence[BaseException]

_WANTS_LOGIN = 407
_NO_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})\b")
"""How http.client says that a proxy refused a CONNECT."""


@dataclass(frozen=True)
class FieldNames:
    """Which fields of a connection to check.

    :param address: those that say where the service is.
    :param authorities: the extra that names the authorities to trust.
    :param silence: the extra that bounds the wait for an answer.
    :param plain: what to write where the service speaks http without TLS.
    :param own_certificate: what to do where the service wants to see a certificate of the client.
    """

    address: str = "host and its extra `proxy`"
    authorities: str = "ca_bundle"
    silence: str = "read_timeout"
    plain: str = "write http:// before the connection's host (on loopback, or with its extra `verify` set to false)"
    own_certificate: str = "no connection of this type has one: let a proxy that has one stand before it"


VEZA_FIELDS = FieldNames()
_ANSWERS_WITHOUT_TLS = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"})
"""What OpenSSL makes, by its version, of the first bytes of a plain answer."""
_REFUSES_CLIENT = frozenset(
    {
        "TLSV13_ALERT_CERTIFICATE_REQUIRED",
        "TLSV1_ALERT_UNKNOWN_CA",
        "TLSV1_ALERT_ACCESS_DENIED",
        "SSLV3_ALERT_BAD_CERTIFICATE",
        "SSLV3_ALERT_CERTIFICATE_EXPIRED",
        "SSLV3_ALERT_CERTIFICATE_REVOKED",
        "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
        "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
    }
)
"""How OpenSSL names what a server says of a client's certificate. Source: RFC 8446, 6.2."""


def causes(error: BaseException, *, handled: BaseException | None) -> Causes:
    """Return the errors beneath ``error``, the innermost first and itself last; urllib3 keeps some as an argument of its own.

    :param handled: what was being handled when the request began. Python chains it beneath every error of the request,
        although it says nothing about the request.
    """
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link is not handled:
        chain.append(link)
        link = link.__cause__ or link.__context__ or _argument_of(link)
    return chain[::-1]


def _argument_of(error: BaseException) -> BaseException | None:
    return next((argument for argument in error.args if isinstance(argument, BaseException)), None)


def answers_without_tls(causes: Causes) -> bool:
    """Whether there was no connection because https was asked of a server that speaks plain http there."""
    return _has_reason(causes, _ANSWERS_WITHOUT_TLS)


def refuses_client(causes: Causes) -> bool:
    """Whether the server ended TLS because it wants a certificate of the client, or another one.

    It has read no request then, though in TLS 1.3 the client may send one before it hears of that. Source: RFC 8446, 4.4.2.4.
    """
    return _has_reason(causes, _REFUSES_CLIENT)


def _has_reason(causes: Causes, reasons: frozenset[str]) -> bool:
    """Whether one of OpenSSL's errors has one of these reasons; aiohttp has errors of that kind without any."""
    return any(isinstance(cause, ssl.SSLError) and getattr(cause, "reason", None) in reasons for cause in causes)


def refusal_of_tunnel(causes: Causes) -> int | None:
    """Return the status with which a proxy refused to connect to the server; None where that is not what happened.

    What the proxy says beside its status is its own, so it is not shown.
    """
    refusals = (_NO_TUNNEL.match(str(cause)) for cause in causes if isinstance(cause, OSError))
    return next((int(refusal[1]) for refusal in refusals if refusal), None)


def why_proxy_refused(status: int, route: Route) -> str:
    """Say that a proxy refused to connect to the server, and what to do."""
    return f"no connection to {route}, which refused it with HTTP {status}; {_let_through(status, route)}"


def _let_through(status: int, route: Route) -> str:
    named_in = route.proxy.named_in if route.proxy else ""
    if status == _WANTS_LOGIN:
        has_login = route.proxy is not None and route.proxy.authorization is not None
        return (
            f"it does not take the login in {named_in}" if has_login else f"it wants a login: put one into {named_in}"
        )
    if status < 500:
        return f"whoever runs the proxy must let {route.origin.address} through, or {named_in} must name another one"
    return f"check {_fields_of(route, VEZA_FIELDS)}, and whether the proxy can reach that host"


def why_not_sent(causes: Causes, route: Route, timeouts: Timeouts, fields: FieldNames = VEZA_FIELDS) -> str:
    """Say why there was no connection, and what to check."""
    check = f"check {_fields_of(route, fields)}"
    for cause in causes:
        match cause:
            case ssl.SSLCertVerificationError(verify_message=problem):
                return f"the TLS certificate of {route} was not accepted ({problem}); {_private(fields)}"
            case ssl.SSLError():
                return f"TLS with {route} could not be agreed on{_why_no_tls(cause, route, fields)}"
            case socket.gaierror():
                return f"no connection to {route}, since the name was not found; {check}"
            case TimeoutError():
                return f"no connection to {route} within {timeouts[0]:g} s; {check}"
            case OSError(errno=int(number)):
                return f"no connection to {route} ({os.strerror(number)}); {check}"
    return f"no connection to {route} ({type(causes[0]).__name__}); {check}"


def why_no_answer(causes: Causes, route: Route, timeouts: Timeouts, fields: FieldNames = VEZA_FIELDS) -> str:
    """Say how the connection ended before a whole answer was there."""
    for cause in causes:
        match cause:
            case UnreadableBodyError():
                return f"the answer of {route} cannot be read, since {cause}"
            case BrokenHeadError():
                return f"the answer of {route} breaks the rules of HTTP: {cause}"
            case ssl.SSLError():
                return f"TLS with {route} broke ({cause.reason or 'closed'})"
            case TimeoutError():
                return f"{route} sent nothing for {timeouts[1]:g} s (the connection's extra `{fields.silence}`)"
            case OSError(errno=int(number)):
                return f"the connection to {route} broke ({os.strerror(number)})"
    return f"the connection to {route} ended too early ({type(causes[0]).__name__})"


def _fields_of(route: Route, fields: FieldNames) -> str:
    if route.proxy is None:
        return f"the connection's {fields.address}"
    return f"the connection's host and {route.proxy.named_in}"


def _why_no_tls(error: ssl.SSLError, route: Route, fields: FieldNames) -> str:
    if answers_without_tls([error]):
        return f", since it answers without TLS: {fields.plain}, or give the port that serves https"
    if refuses_client([error]):
        return f", since it wants to see a certificate of the client ({error.reason}); {fields.own_certificate}"
    return f" ({error.reason or 'closed'}); check {_fields_of(route, fields)}"


def _private(fields: FieldNames) -> str:
    return (
        "if a private authority signed it, name that authority's PEM file in the connection's extra "
        f"`{fields.authorities}`"
    )
