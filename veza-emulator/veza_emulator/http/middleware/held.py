"""An answer that is executed and held back, and whether its caller still waits; no fault and no harm may enter.

What becomes of it is decided in :mod:`.faults` and :mod:`.harm`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope


@dataclass(frozen=True)
class Answer:
    """An answer that is complete but not yet sent."""

    status: int
    headers: Mapping[bytes, bytes]
    body: bytes

    @property
    def start(self) -> Message:
        """The message that sends status and headers."""
        return {"type": "http.response.start", "status": self.status, "headers": list(self.headers.items())}

    def with_header(self, name: bytes, value: bytes) -> Answer:
        """Return this answer with one header set."""
        return replace(self, headers={**self.headers, name: value})

    def with_body(self, body: bytes) -> Answer:
        """Return this answer with another body, announced at its length."""
        return replace(self, body=body).with_header(b"content-length", str(len(body)).encode())

    def with_json(self, changes: Mapping[str, Any]) -> Answer:
        """Return this answer with some fields of its JSON changed."""
        return self.with_body(json.dumps({**self.json(), **changes}).encode())

    def json(self) -> dict[str, Any]:
        """Return the body as the JSON object that it is; a body of another kind has no field."""
        is_json = self.headers.get(b"content-type") == b"application/json"
        return dict(json.loads(self.body)) if is_json and self.body else {}


async def executed(app: ASGIApp, scope: Scope, receive: Receive) -> Answer:
    """Execute a request and return its answer, of which nothing is sent."""
    held: list[Message] = []

    async def hold(message: Message) -> None:
        held.append(message)

    await app(scope, receive, hold)
    start, *parts = held
    return Answer(start["status"], dict(start["headers"]), b"".join(part.get("body", b"") for part in parts))


async def still_there_after(seconds: float, receive: Receive) -> bool:
    """Wait; tell whether the caller has waited as well."""
    try:
        async with asyncio.timeout(seconds):
            await wait_for_disconnect(receive)
    except TimeoutError:
        return True
    return False


async def wait_for_disconnect(receive: Receive) -> None:
    """Wait until the caller has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
