"""An Airflow connection as it was given, of whatever type: its extra, and how a field is refused; no meaning of any field.

What its fields mean is in :mod:`.veza_settings` and :mod:`.esql_settings`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn, Protocol

from airflow_provider_veza.async_query.json_value import value_of
from airflow_provider_veza.async_query.lone_surrogates import is_whole
from airflow_provider_veza.exceptions import ConnectionSettingsError

_TEXTS = ("host", "schema", "login", "password")


class AirflowConnection(Protocol):
    """What is read of an Airflow connection, the same on every version."""

    conn_id: str
    host: str | None
    schema: str | None
    port: int | None
    login: str | None
    password: str | None
    extra: str | None


class GivenConnection:
    """One connection of which nothing is known yet but that all of it can be sent.

    :param conn: as Airflow gives it; its fields are read at :attr:`conn`.
    :raises ConnectionSettingsError: if the extra is no JSON object, or a text holds half of a character.
    """

    def __init__(self, conn: AirflowConnection) -> None:
        self.conn = conn
        self.extra: Mapping[str, Any] = self._object_of(conn.extra)
        for name, text in self._texts():
            if not is_whole(text):
                self.refuse(name, "holds half of a character (a lone surrogate), which nothing can send: write it anew")

    def refuse(self, name: str, problem: str) -> NoReturn:
        """Raise what is wrong with a field.

        :raises ConnectionSettingsError: always; it names the connection.
        """
        raise ConnectionSettingsError(f"Airflow connection {self.conn.conn_id!r}: {name} {problem}. Nothing was sent.")

    def _object_of(self, text: str | None) -> Mapping[str, Any]:
        try:
            extra = value_of(text) if text else {}
        except ValueError as e:
            self.refuse("extra", f"is not JSON ({e})")
        if not isinstance(extra, dict):
            self.refuse("extra", "must be a JSON object")
        return extra

    def _texts(self) -> Iterator[tuple[str, str]]:
        """Yield every text with the name of its field, however deep it is in the extra."""
        fields = {name: getattr(self.conn, name) for name in _TEXTS}
        fields |= {f"extra {name}": value for name, value in self.extra.items()}
        yield from ((name, text) for name, value in fields.items() for text in _texts_in(value))


def _texts_in(value: Any) -> Iterator[str]:
    left = [value]
    while left:
        match left.pop():
            case str(text):
                yield text
            case list(values):
                left += values
            case dict(members):
                left += [*members, *members.values()]


def is_loopback(host: str) -> bool:
    """Whether what is sent to the host never leaves this machine."""
    address = _address(host)
    return address.is_loopback if address else host == "localhost" or host.endswith(".localhost")


def bracketed(host: str) -> str:
    """Write an IPv6 address as URLs do; Airflow drops the brackets of a connection that is given as a URI."""
    address = _address(host)
    return f"[{host}]" if address and address.version == 6 else host


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
