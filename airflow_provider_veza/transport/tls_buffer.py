"""Lets a TLS connection of asyncio hold a smaller buffer; no decisions.

asyncio gives each one 256 KiB for as long as it is open, most of what an idle connection costs, and asks OpenSSL for as much at
each read, of which one record (16 KiB) comes. With 64 KiB, long answers take less than half of the processor's time. What a
connection gives back after its handshake serves the next ones: where many shake hands at once, the process stays as large as
they were together.
"""

from __future__ import annotations

import asyncio
from asyncio.sslproto import SSLProtocol
from typing import Any

BUFFER_BYTES = 64 * 1024


def spare_buffer(transport: asyncio.BaseTransport | None) -> None:
    """Give a connection whose handshake is over a smaller buffer; one of another kind is left as it is."""
    tls = getattr(transport, "_ssl_protocol", None)
    if isinstance(tls, SSLProtocol) and tls.max_size > BUFFER_BYTES:
        _spare(tls)


def _spare(tls: Any) -> None:
    """There is no public way: where asyncio has other names for them, its buffers stay as large as they were."""
    if hasattr(tls, "_ssl_buffer") and hasattr(tls, "_ssl_buffer_view"):
        tls._ssl_buffer = bytearray(BUFFER_BYTES)  # noqa: SLF001
        tls._ssl_buffer_view = memoryview(tls._ssl_buffer)  # noqa: SLF001
    tls.max_size = BUFFER_BYTES
