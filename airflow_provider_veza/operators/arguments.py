"""Checks of arguments that a DAG author may write in more than one way; no argument's meaning may enter."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

from airflow_provider_veza.exceptions import ArgumentError

Choice = TypeVar("Choice", bound=StrEnum)


def duration(value: timedelta | float) -> timedelta:
    """Return a timeout as a timedelta.

    :raises ArgumentError: when it is none, or not positive.
    """
    try:
        read = value if isinstance(value, timedelta) else timedelta(seconds=value)
    except (TypeError, OverflowError):
        raise ArgumentError(f"timeout must be a timedelta or seconds, not {value!r}.") from None
    if read <= timedelta(0):
        raise ArgumentError(f"timeout must be positive, not {value!r}.")
    return read


def choice(choices: type[Choice], value: str, name: str) -> Choice:
    """Return the choice of that name.

    :raises ArgumentError: when there is none.
    """
    try:
        return choices(value)
    except ValueError:
        raise ArgumentError(f"{name} must be one of {', '.join(choices)}, not {value!r}.") from None
