"""A point in time as ISO 8601 text, read alike on every Python; it knows nothing of queries or payloads."""

from __future__ import annotations

import re
from datetime import datetime

_HOUR_24 = re.compile("[Tt ]24")


def moment_in(text: str) -> datetime | None:
    """Return the point in time that a text names, in a zone only where it names one; None where it names none.

    The hour 24 is none: Python reads it from 3.14 on, RFC 3339 does not know it.

    >>> moment_in("2026-01-31T12:00:00Z")
    datetime.datetime(2026, 1, 31, 12, 0, tzinfo=datetime.timezone.utc)
    >>> moment_in("2026-01-31T24:00:00Z")
    """
    if _HOUR_24.search(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
