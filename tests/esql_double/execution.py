"""One asynchronous query inside the double: running, ended, stored, expired; an event loop's clock, no HTTP."""

from __future__ import annotations

import asyncio
import base64
import secrets
import time
from dataclasses import replace
from typing import Any

from esql_double.script import Failure, Script

CANCELLED = "by user request"
EXPIRED = "keep_alive expired"


def new_id(task: int) -> str:
    """Return an id as servers make them: document and task, lengths before each, in URL-safe base64 with its padding."""
    document, node = secrets.token_urlsafe(16)[:22], f"{secrets.token_urlsafe(16)[:22]}:{task}"
    return base64.urlsafe_b64encode(b"".join(bytes([len(t)]) + t.encode() for t in (document, node))).decode()


def is_id(text: str) -> bool:
    """Whether a text can be an id."""
    try:
        decoded = base64.b64decode(text, altchars=b"-_", validate=True)
    except ValueError:
        return False
    return len(decoded) > 2 and decoded[0] < len(decoded) and b":" in decoded


class Clock:
    """Says when what has ended can be read, and until when; moved on by hand. What runs ends by the event loop's own time."""

    _ahead = 0.0

    def now(self) -> float:
        """Return seconds of the event loop, and those that were skipped."""
        return asyncio.get_running_loop().time() + self._ahead

    def skip(self, seconds: float) -> None:
        """Let so much time have passed."""
        self._ahead += seconds


class Execution:
    """One query.

    :param owner: the credentials that submitted it.
    :param keep_alive: seconds until it is ended, if it runs, and forgotten.

    ``asked_at`` and ``answered_at`` tell when the request that first showed its end came, and when it was answered.
    """

    def __init__(
        self, query_id: str, body: dict[str, Any], script: Script, owner: str, keep_alive: float, clock: Clock
    ) -> None:
        self.id = query_id
        self.body = body
        self.script = script
        self.owner = owner
        self.gets = 0
        self.deleted = False
        self.submitted_at = time.time()
        self.ended_at: float | None = None
        self.asked_at: float | None = None
        self.answered_at: float | None = None
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        self._ended_at: float | None = None
        self.extend(keep_alive)
        if script.duration is not None:
            self._loop.call_later(script.duration, self.end)

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._ended_at is None

    @property
    def is_readable(self) -> bool:
        """Whether its result, once there, can be read already."""
        return self._ended_at is None or self._clock.now() >= self._ended_at + self.script.race_seconds

    @property
    def is_expired(self) -> bool:
        """Whether it is forgotten."""
        return self._clock.now() >= self._expires_at and not self.is_running

    @property
    def is_columnar(self) -> bool:
        """Whether its table is written column by column."""
        return bool(self.body.get("columnar"))

    def end(self, script: Script | None = None) -> None:
        """End now, with another outcome if one is given; only the first end counts."""
        if self._ended_at is None:
            self.script = script or self.script
            self._ended_at = self._clock.now()
            self.ended_at = time.time()
            self._ended.set()

    def note_answer(self, asked_at: float) -> None:
        """Note an answer that is about to be written; the first that shows the end stays noted."""
        if not self.is_running and self.asked_at is None:
            self.asked_at, self.answered_at = asked_at, time.time()

    def cancel(self, reason: str) -> None:
        """End as a cancelled task does."""
        self.end(replace(self.script, failure=Failure(400, "task_cancelled_exception", reason)))

    def stop(self) -> None:
        """End with the rows that are there: the first half."""
        rows = self.script.values
        self.end(replace(self.script, partial=True, values=rows[: len(rows) // 2]))

    def extend(self, keep_alive: float) -> None:
        """Set the expiry anew, counted from now; it may also come closer."""
        self._expires_at = expires_at = self._clock.now() + keep_alive

        def expire() -> None:
            if self._expires_at == expires_at:
                self.cancel(EXPIRED)

        self._loop.call_later(keep_alive, expire)

    async def wait(self, seconds: float) -> None:
        """Return at the end, or after so many seconds."""
        try:
            await asyncio.wait_for(self._ended.wait(), seconds)
        except TimeoutError:
            return
