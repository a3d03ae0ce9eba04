"""What a served tenant can do to its connections below HTTP, as a protocol; `http.middleware` decides when."""

from __future__ import annotations

from typing import Protocol

Client = tuple[str, int]
"""The address that a connection comes from."""


class Connections(Protocol):
    """The connections of one served tenant."""

    def write(self, client: Client, data: bytes) -> None:
        """Send bytes on a connection as they are; no HTTP is made of them."""
        ...

    def reset(self, client: Client) -> None:
        """Break a connection at once; what was sent on it may be lost."""
        ...

    def close(self, client: Client) -> None:
        """End a connection after what was sent on it."""
        ...

    def refuse_new(self, seconds: float, *, spared: Client) -> None:
        """Refuse every new connection for so many seconds, and close all that are open but the spared one."""
        ...
