"""Fields that come from Python or from a command line, where a mistake is a ValueError; knows no field by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from veza_emulator.reading.fields import Fields, Findings


@contextmanager
def checked(values: Mapping[str, Any]) -> Iterator[Fields]:
    """Give fields to read, and refuse afterwards what was read wrongly, and what was not read at all.

    :raises ValueError: naming each field that is wrong.

    >>> with checked({"colour": "red"}) as fields:
    ...     name = fields.string("name")
    Traceback (most recent call last):
    ValueError: colour: is not a field of this request; it takes: name
    """
    fields = Fields(values, Findings())
    yield fields
    fields.refuse_rest()
    wrong = fields.findings.violations
    if wrong:
        raise ValueError("; ".join(f"{violation.field}: {violation.description}" for violation in wrong))
