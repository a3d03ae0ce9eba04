"""JSON that somebody else wrote, as Python values and back: whatever it holds is read as it is, or ends in one kind of error.

Rows stay text until somebody reads them, see :mod:`.rows`; half characters are in :mod:`.lone_surrogates`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, NoReturn

from airflow_provider_veza.async_query.lone_surrogates import Stand


def value_of(text: str | bytes) -> Any:
    """Return what a JSON text says, as :mod:`json` reads it, which is only asked where a quicker decoder refuses.

    A number beyond a double, or of thousands of digits, is a :class:`~decimal.Decimal`.

    :raises ValueError: when it is no JSON, or is nested too deeply to be read.

    >>> value_of('{"most": 1e999, "usual": 1.5}')
    {'most': Decimal('1E+999'), 'usual': 1.5}
    """
    quick, refusal = _decoder()
    if text.isascii():
        with suppress(refusal, RecursionError):
            return quick(text)
    try:
        return _loaded(text)
    except RecursionError:
        raise ValueError("it is nested too deeply to be read") from None


def text_of_value(value: Any) -> bytes:
    """Return a value as JSON text in UTF-8, such that :func:`value_of` returns it again.

    :raises RecursionError: when it is nested too deeply.
    """
    encode = _encoder()
    try:
        return encode(value)
    except UnicodeEncodeError:
        stand = Stand.not_in(repr(value).encode("utf-8", "replace"))
        return stand.back_in_text(encode(stand.for_halves_in(value)))


@cache
def _encoder() -> Callable[[Any], bytes]:
    from msgspec.json import Encoder

    return Encoder(decimal_format="number").encode


@cache
def _decoder() -> tuple[Callable[[str | bytes], Any], type[Exception]]:
    from msgspec import DecodeError
    from msgspec.json import Decoder

    return Decoder().decode, DecodeError


def words_of(value: Any) -> str:
    """Return a value of whatever type as text for people.

    >>> words_of({"reason": 7})
    "{'reason': 7}"
    """
    try:
        return str(value)
    except (RecursionError, ValueError):
        return f"a {type(value).__name__} that is too deep or too long to be shown"


def ascii_of(value: Any) -> str:
    """Return a value for a message: a text between quotes, another value without, and no character outside ASCII.

    >>> ascii_of("-5"), ascii_of(-5)
    ("'-5'", '-5')
    """
    return ascii(value) if isinstance(value, str) else words_of(value).encode("ascii", "backslashreplace").decode()


def _loaded(text: str | bytes) -> Any:
    try:
        return json.loads(text, parse_float=_fraction, parse_constant=_refused)
    except json.JSONDecodeError:
        raise
    except ValueError:  # Python turns no text of so many digits into an integer.
        return json.loads(text, parse_float=_fraction, parse_int=_integer, parse_constant=_refused)


def _fraction(text: str) -> float | Decimal:
    number = float(text)
    return number if math.isfinite(number) else _decimal(text)


def _integer(text: str) -> int | Decimal:
    try:
        return int(text)
    except ValueError:
        return _decimal(text)


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"no number can hold {text[:20]}...") from None


def _refused(name: str) -> NoReturn:
    raise ValueError(f"JSON has no {name}")
