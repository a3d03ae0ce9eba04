"""Counts in Veza's answers: whole numbers from zero on, as numbers or as text; nothing else is one."""

from __future__ import annotations

from typing import Any

from airflow_provider_veza.async_query.json_value import ascii_of
from airflow_provider_veza.exceptions import MalformedResponseError

_MOST_DIGITS = 18
_MOST = 10**_MOST_DIGITS


def count_of(value: Any) -> int | None:
    """Return the count that a value is; None where it is none.

    >>> [count_of(value) for value in (6, "6", 6.0, -6, "1_000", 1.9, True)]
    [6, 6, 6, None, None, None, None]
    """
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < _MOST:
        return None
    return int(value) if value == int(value) else None


def number_value_of(value: Any) -> int | None:
    """Return the count of a result; None where it has none.

    :raises MalformedResponseError: when it is something else.
    """
    if value is None or value == "":
        return None
    count = count_of(value)
    if count is None:
        raise MalformedResponseError(f"Veza sent number_value={ascii_of(value)[:200]}, which is no count.")
    return count
