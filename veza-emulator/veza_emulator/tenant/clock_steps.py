"""How far a request moves the tenant's time, read from JSON; `clock` moves it."""

from __future__ import annotations

from datetime import timedelta

from veza_emulator.reading.fields import Fields


def read_step(fields: Fields) -> timedelta:
    """Read by how many seconds the time moves forward."""
    return timedelta(seconds=fields.number("seconds", required=True) or 0)
