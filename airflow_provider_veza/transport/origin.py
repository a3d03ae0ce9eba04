"""The origin of a URL (scheme, host, port), which decides where credentials may go; pure text, no connection."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Origin:
    """Scheme, host and port; two URLs of one origin may see the same credentials.

    >>> Origin.of("HTTPS://Tenant.example/api?x=1") == Origin.of("https://tenant.example:443")
    True
    >>> str(Origin.of("http://[::1]:8080/"))
    'http://[::1]:8080'
    """

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Origin:
        """Read the origin of an absolute URL.

        :raises ValueError: when the URL is not absolute or is not HTTP.
        """
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme not in _DEFAULT_PORTS or not host or " " in host or not host.isprintable():
            raise ValueError("not an absolute http:// or https:// URL")
        return cls(parts.scheme, host, parts.port or _DEFAULT_PORTS[parts.scheme])

    @property
    def address(self) -> str:
        """Host and port, as messages name them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def authority(self) -> str:
        """Host, and port where it is not the usual one, as requests name them."""
        return self.address if self.port != _DEFAULT_PORTS[self.scheme] else self.address.rpartition(":")[0]

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"
