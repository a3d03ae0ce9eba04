"""What the doctor says, with the tenant's words told apart from its own, so that a bug report can leave them out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from airflow_provider_veza.shown import one_line

_ENUM_NAME = re.compile(r"[A-Z][A-Z_]{1,39}")
_LOWER_CASE_STATES = frozenset(
    {"done", "unknown", "pending", "queued", "in_progress", "running", "complete", "succeeded", "failed", "canceled"}
)
_NUMBER = re.compile(r"(HTTP )?[0-9]{1,6}")


@dataclass(frozen=True)
class Quoted:
    """Words of the tenant or of its user: whoever runs the doctor sees them, a bug report only where they are harmless."""

    text: str

    @property
    def redacted(self) -> str:
        """The words where they name a state, an HTTP status or a small number; else only how many characters they have."""
        harmless = _ENUM_NAME.fullmatch(self.text) or _NUMBER.fullmatch(self.text)
        return self.text if harmless or self.text in _LOWER_CASE_STATES else f"<{len(self.text)} characters>"


Words = tuple[str | Quoted, ...]


def spoken(words: Words) -> str:
    """Return the words in full, in one line."""
    return "".join(one_line(word.text) if isinstance(word, Quoted) else word for word in words)


def redacted(words: Words) -> str:
    """Return the words as anybody may read them.

    >>> redacted(("state ", Quoted("IN_PROGRESS"), " of ", Quoted("8f14e45f-ceea-467f")))
    'state IN_PROGRESS of <18 characters>'
    """
    return "".join(word.redacted if isinstance(word, Quoted) else word for word in words)


def joined(parts: tuple[str, ...]) -> Words:
    """Return quoted parts with commas between them."""
    words: list[str | Quoted] = []
    for part in parts:
        words += [", ", Quoted(part)] if words else [Quoted(part)]
    return tuple(words)
