"""What a service declares of its rows, as data, so that they can become columns.

How rows become columns by it is in :mod:`airflow_provider_veza.results.columns`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ColumnType(StrEnum):
    """What the values of a column are. A value may always be missing.

    ``NULL`` is a column in which no value was seen yet; ``JSON`` is a list or a deep object as JSON text. ``LARGE_INT64`` is
    ``INT64`` with a value beyond 2**53, which no double holds: a landing tells the two apart, manifests call both ``int64``.
    """

    NULL = "null"
    BOOLEAN = "boolean"
    INT64 = "int64"
    LARGE_INT64 = "large_int64"
    DOUBLE = "double"
    TIMESTAMP = "timestamp"
    STRING = "string"
    JSON = "json"


@dataclass(frozen=True)
class RowLayout:
    """What a service knows of its rows before it has seen one.

    :param prefixes: top-level objects whose fields become columns under a prefix instead of ``name.field``.
    :param types: columns whose type is fixed, such as ids, which are text even where all of them are digits, and 64-bit
        integers that are sent as text.
    :param identities: the columns that say which thing a row is about; the first set that a result has all of counts.
    :param sets: fields that are lists without order; two rows that differ only there in order are the same.
    :param volatile: columns, or names of properties, that tell how much something is used or how risky it is. They change
        though nobody's access does, so that a comparison leaves them out unless it is asked for them.
    :param depth: of how many names the name of a column is made at most; an object below them is one value, as JSON. With 1
        every field is one column, whatever it holds.
    """

    prefixes: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, ColumnType] = field(default_factory=dict)
    identities: tuple[tuple[str, ...], ...] = ()
    sets: frozenset[str] = frozenset()
    volatile: frozenset[str] = frozenset()
    depth: int = 3
