"""Lone surrogates, the halves of a character that was cut in two: JSON can write them as escapes, and no other text can.

Fast decoders refuse them. So they are found in the JSON text itself, replaced there, or taken out while it is decoded.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any, Self

_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u([dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
"""Any escape; the group is the number of a lone surrogate."""
_HALF = re.compile("[\ud800-\udfff]")
REPLACEMENT = rb"\ufffd"


def has_lone_surrogate(json_text: bytes) -> bool:
    r"""Whether a JSON text has one.

    >>> has_lone_surrogate(rb'"\ud83d\ude00"'), has_lone_surrogate(rb'"\ud83d"'), has_lone_surrogate(rb'"\\ud83d"')
    (False, True, False)
    """
    if b"\\ud" not in json_text and b"\\uD" not in json_text:
        return False
    return any(found[1] for found in _ESCAPE.finditer(json_text))


def with_replacements(json_text: bytes) -> bytes:
    """Return the JSON text with U+FFFD in place of each lone surrogate."""
    return _ESCAPE.sub(lambda found: REPLACEMENT if found[1] else found[0], json_text)


def is_whole(text: str) -> bool:
    """Whether a text has no lone surrogate, so that it can be written in UTF-8."""
    return _HALF.search(text) is None


@dataclass(frozen=True)
class Stand:
    """Plain letters in the place of lone surrogates, while a text is decoded or encoded.

    :param mark: occurs nowhere else in the text; the surrogate's number follows it.
    """

    mark: bytes

    @classmethod
    def not_in(cls, text: bytes) -> Self:
        """Return a stand-in for this text."""
        return cls(next(mark for number in count() if (mark := b"lone-surrogate-%d-" % number) not in text))

    def in_text(self, json_text: bytes) -> bytes:
        """Return the JSON text with stand-ins."""
        return _ESCAPE.sub(lambda found: self.mark + found[1] if found[1] else found[0], json_text)

    def back_in_text(self, json_text: bytes) -> bytes:
        """Return the JSON text as it was."""
        return re.sub(re.escape(self.mark) + rb"([0-9a-fA-F]{4})", rb"\\u\1", json_text)

    def for_halves_in(self, value: Any) -> Any:
        """Return a value with stand-ins in all its texts."""
        return _mapped(value, lambda text: _HALF.sub(lambda half: f"{self.mark.decode()}{ord(half[0]):04x}", text))

    def back_in(self, value: Any) -> Any:
        """Return a value as it was."""
        pattern = re.compile(re.escape(self.mark.decode()) + "([0-9a-fA-F]{4})")
        return _mapped(value, lambda text: pattern.sub(lambda found: chr(int(found[1], 16)), text))


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    match value:
        case str():
            return change(value)
        case list() | tuple():
            return [_mapped(one, change) for one in value]
        case dict():
            return {_mapped(name, change): _mapped(one, change) for name, one in value.items()}
        case _:
            return value
