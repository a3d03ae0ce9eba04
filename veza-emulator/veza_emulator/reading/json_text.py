"""A JSON object from text, with bounds that protect the tenant; knows neither HTTP nor any field."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from veza_emulator.reading.errors import FieldViolation, invalid_argument

# Where protobuf's own JSON reader gives up.
MAXIMUM_DEPTH = 100


def parse_json_object(text: bytes | str, name: str) -> Mapping[str, Any]:
    """Return the JSON object that a text holds; a refusal calls the text by this name."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        raise invalid_argument(FieldViolation(name, "is not valid JSON")) from None
    if not isinstance(value, dict):
        raise invalid_argument(FieldViolation(name, "must be a JSON object"))
    if _is_deeper_than(MAXIMUM_DEPTH, value):
        raise invalid_argument(FieldViolation(name, f"is nested more than {MAXIMUM_DEPTH} levels deep"))
    return value


def _is_deeper_than(levels: int, value: object) -> bool:
    layer = [value]
    for _ in range(levels):
        layer = [inner for item in layer for inner in _inside(item)]
    return bool(layer)


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is out of range")
    return number
