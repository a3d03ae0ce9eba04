"""What the tenant saw: an entry for every request of its API, also refused ones; the tenant never reads it."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import takewhile
from typing import Any

from veza_emulator.clock import rfc3339
from veza_emulator.tenant.executions import ExecutionState

_KEPT_ENTRIES = 100_000
_NOTE_KEY = "emulator.note"


@dataclass
class RequestNote:
    """What the handlers of one request learn about it, for its journal entry and for faults."""

    query_id: str | None = None
    query_state: ExecutionState | None = None
    mode: str | None = None
    page_size: Any = None
    page_token: str | None = None
    ignored_fields: list[str] = field(default_factory=list)
    deprecated_fields: list[str] = field(default_factory=list)
    fault: str | None = None


@dataclass
class JournalEntry:
    """One request and its answer; the status is None until there is one, for ever if the connection was dropped."""

    time: datetime
    method: str
    path: str
    note: RequestNote
    status: int | None = None

    def render(self) -> dict[str, Any]:
        """Return the entry as JSON."""
        return {
            "time": rfc3339(self.time),
            "method": self.method,
            "path": self.path,
            "status": self.status,
            **asdict(self.note),
        }


class Journal:
    """The newest requests in the order of their arrival; safe to read while the tenant serves."""

    def __init__(self) -> None:
        self._entries: deque[JournalEntry] = deque(maxlen=_KEPT_ENTRIES)
        self._total = 0
        self._lock = threading.Lock()

    def record(self, entry: JournalEntry) -> None:
        """Keep an entry."""
        with self._lock:
            self._entries.append(entry)
            self._total += 1

    @property
    def total(self) -> int:
        """How many requests there were, those that are forgotten included."""
        return self._total

    def times_since(self, moment: datetime) -> list[datetime]:
        """Return when each request came that came later than this."""
        with self._lock:
            return [entry.time for entry in takewhile(lambda entry: entry.time > moment, reversed(self._entries))]

    def entries(self) -> list[JournalEntry]:
        """Return all kept entries."""
        with self._lock:
            return list(self._entries)


def note_of(scope: Any) -> RequestNote:
    """Return the note of the request that an ASGI scope belongs to."""
    note: RequestNote = scope.setdefault(_NOTE_KEY, RequestNote())
    return note
