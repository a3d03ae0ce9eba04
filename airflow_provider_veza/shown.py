"""Text that others chose, made fit for a log, a message or a page; nothing is imported and nothing else may enter."""

from __future__ import annotations


def one_line(text: str) -> str:
    r"""Return a text with everything in it escaped that is not printed: line breaks, control characters, halves of emoji.

    >>> print(one_line("DONE\n[2026-01-01] INFO - a line that nobody wrote"))
    DONE\n[2026-01-01] INFO - a line that nobody wrote
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
