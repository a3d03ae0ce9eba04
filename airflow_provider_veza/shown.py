"""Text that others chose, made fit for a log, a message or a page; nothing is imported and nothing else may enter."""

from __future__ import annotations


def one_line(text: str) -> str:
    r"""Return a text with everything in it escaped that is not printed: line breaks, control characters, halves of emoji.

    >>> print(one_line("DONE\n[2026-01-01] INFO - a line that nobody wrote"))
    DONE\n[2026-01-01] INFO - a line that nobody wrote
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def shortened(text: str, most: int) -> str:
    """Return a text of at most so many bytes of UTF-8; a longer one says at its end how long it was.

    >>> shortened("a" * 100, 40)
    'aaaaaaaaaaaa... (100 characters in all)'
    """
    if 4 * len(text) <= most:
        return text
    data = text.encode("utf-8", "backslashreplace")
    if len(data) <= most:
        return text
    note = f"... ({len(text)} characters in all)"
    return data[: max(most - len(note), 0)].decode("utf-8", "ignore") + note
