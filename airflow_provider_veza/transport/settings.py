"""How to reach one tenant and with which credentials, as hashable values; no HTTP library is loaded."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from urllib.parse import quote_plus, urlsplit

from airflow_provider_veza.async_query.message import Purpose
from airflow_provider_veza.exceptions import ConnectionSettingsError
from airflow_provider_veza.transport.origin import Origin
from airflow_provider_veza.transport.proxy_login import proxy_secrets
from airflow_provider_veza.transport.redaction import pair

Timeouts = tuple[float, float]
"""Seconds to connect, and of silence while reading, in that order."""


def with_wait(timeouts: Timeouts, wait: float) -> Timeouts:
    """Return the timeouts of a request for which the service was asked to take its time."""
    return (timeouts[0], timeouts[1] + wait) if wait else timeouts


MAX_ANSWER_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True)
class TotalTimes:
    """How long a server may take for each kind of request in all, however it trickles, in seconds.

    Repetitions count, pauses between them do not, nor does what the server was asked to wait.
    """

    look: float = 60.0
    page: float = 300.0
    token: float = 30.0
    cancel: float = 10.0

    def of(self, purpose: Purpose) -> float:
        """Return the seconds for one kind."""
        seconds: float = getattr(self, purpose)
        return seconds


USUAL_TIMES = TotalTimes()


@dataclass(frozen=True)
class ApiKeyAuth:
    """A key sent as a bearer token with every request."""

    key: str = field(repr=False)

    def __post_init__(self) -> None:
        if not self.key or not self.key.isascii() or not self.key.isprintable() or " " in self.key:
            raise ConnectionSettingsError(
                "The API key is empty or holds a space, a line break or a character that no HTTP header can carry. "
                "Copy the key again into the connection's password. Nothing was sent."
            )

    def secrets(self) -> tuple[str, ...]:
        """Return what nobody may be shown."""
        return (self.key,)


@dataclass(frozen=True)
class OAuth2ClientCredentials:
    """Access tokens by the client credentials grant (RFC 6749, section 4.4).

    :param scope: space-separated; empty leaves it to the token endpoint.
    """

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = ""

    def __post_init__(self) -> None:
        _require_url(self.token_url, "token_url")
        if not self.client_id or not self.client_secret:
            raise ConnectionSettingsError(
                "OAuth2 client credentials need both a client id (the connection's login) and a client secret "
                "(its password). Nothing was sent."
            )

    def secrets(self) -> tuple[str, ...]:
        """Return what nobody may be shown; the pair goes out as RFC 6749, section 2.3.1 says."""
        return (
            *pair(quote_plus(self.client_id), quote_plus(self.client_secret)),
            *pair(self.client_id, self.client_secret),
        )


Auth = ApiKeyAuth | OAuth2ClientCredentials


@dataclass(frozen=True)
class TransportSettings:
    """All that the transport knows about a connection; equal settings may share one client.

    :param base_url: scheme and host of the tenant; credentials never leave its origin.
    :param verify: whether TLS certificates are checked.
    :param ca_bundle: PEM file or folder of the authorities to trust, instead of the usual ones.
    :param proxy: URL of a forward proxy; None leaves it to the environment (``HTTPS_PROXY``, ``NO_PROXY``).
    :param read_timeout: the longest silence while an answer is awaited or read, in seconds.
    :param rate_limit: requests per second to the tenant from this process.
    :param max_connections: at one time, of the asynchronous client.
    :param max_answer_bytes: of one answer, compressed or not; reading is ended where more comes.
    """

    base_url: str
    auth: Auth
    user_agent: str
    verify: bool = True
    ca_bundle: str | None = None
    proxy: str | None = field(default=None, repr=False)
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    rate_limit: float = 20.0
    max_connections: int = 200
    total_times: TotalTimes = USUAL_TIMES
    max_answer_bytes: int = MAX_ANSWER_BYTES

    def __post_init__(self) -> None:
        _require_url(self.base_url, "host")
        for name in ("connect_timeout", "read_timeout", "rate_limit", "max_connections", "max_answer_bytes"):
            if getattr(self, name) <= 0:
                raise ConnectionSettingsError(
                    f"`{name}` must be positive, not {getattr(self, name)}. Nothing was sent."
                )

    @property
    def origin(self) -> Origin:
        """The only origin that may see the tenant's credentials."""
        return Origin.of(self.base_url)

    def bounded(self, most_bytes: int) -> TransportSettings:
        """Return the same for a client that reads no longer answer."""
        return replace(self, max_answer_bytes=min(self.max_answer_bytes, most_bytes))

    def secrets(self) -> tuple[str, ...]:
        """Return what nobody may be shown, whoever echoes it; see :mod:`.redaction`."""
        return (*self.auth.secrets(), *proxy_secrets(self.proxy))

    @property
    def timeouts(self) -> Timeouts:
        """Both timeouts, in the order in which HTTP clients take them."""
        return self.connect_timeout, self.read_timeout


def _require_url(url: str, name: str) -> None:
    try:
        Origin.of(url)
    except ValueError:
        # A parser's own words may hold a password that stands in the URL.
        raise ConnectionSettingsError(
            f"The connection's `{name}` is malformed: not an absolute http:// or https:// URL. Nothing was sent."
        ) from None
    if "@" in urlsplit(url).netloc:
        raise ConnectionSettingsError(
            f"The connection's `{name}` holds a login; credentials belong into login and password. Nothing was sent."
        )
