"""The names of parts: which a file must have to be one, and whose it is; no file is looked at.

A part's name ends in the mark of the attempt that wrote it, drawn at random. Checkpoints and manifests name the marks of all
attempts whose files may lie in their folder: only what carries one of these is this provider's own.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection

MARK = r"[0-9a-f]{8}(?:\.[a-z]+){1,2}"
PART_NAME = rf"part-[0-9]{{5,}}-{MARK}"
"""Such a name leads nowhere but to a file of the folder itself."""

_PART = re.compile(rf"part-([0-9]{{5,}})-({MARK})")
_HIDDEN = re.compile(rf"\.({PART_NAME})\.[0-9a-f]{{32}}")
_MARKED = re.compile(rf'(?:part-[0-9]{{5,}}-|")({MARK})"')


def new_token() -> str:
    """Return what no other attempt has, to make a mark of."""
    return secrets.token_hex(4)


def mark_of_writer(token: str, suffix: str) -> str:
    """Return the mark of an attempt that writes files of one format.

    >>> mark_of_writer("1f0c9a3e", ".jsonl.gz")
    '1f0c9a3e.jsonl.gz'
    """
    return f"{token}{suffix}"


def part_name(number: int, mark: str) -> str:
    """Return a part's name, which sorts by its number.

    >>> part_name(7, "1f0c9a3e.jsonl")
    'part-00007-1f0c9a3e.jsonl'
    """
    return f"part-{number:05d}-{mark}"


def number_of(name: str) -> int:
    """Return the number of a part.

    :raises ValueError: when no part can have such a name.
    """
    part = _PART.fullmatch(name)
    if part is None:
        raise ValueError(f"{name!r} is no name of a part")
    return int(part[1])


def is_marked(name: str, marks: Collection[str]) -> bool:
    """Whether a file is a part, or one that was half written, of an attempt that is known by its mark."""
    hidden = _HIDDEN.fullmatch(name)
    part = _PART.fullmatch(hidden[1] if hidden else name)
    return part is not None and part[2] in marks


def marks_in(text: str) -> tuple[str, ...]:
    """Return all marks that a checkpoint or manifest names, even one that cannot be read as JSON any more."""
    return tuple(dict.fromkeys(_MARKED.findall(text)))
