"""Texts that are date-times of one spelling in UTC, all at once: Arrow reads them, and what it reads is proof of what they are.

What a date-time is, is decided in :mod:`airflow_provider_veza.results.schema`; all that is not plainly one is left to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType

import pyarrow as pa

from airflow_provider_veza.results.columns import Cells
from airflow_provider_veza.results.formats.arrow_arrays import (
    common_length,
    parted_by_nul,
    strings_of_length,
    with_nulls_of,
)
from airflow_provider_veza.results.formats.moment_spelling import SHORTEST

MOMENT = pa.timestamp("us", "UTC")
_SECONDS = "0000-00-00T00:00:00"
_SIGNS: Mapping[int, bytes] = {place: sign.encode() for place, sign in enumerate(_SECONDS) if sign != "0"}
_DIGITS_OF = {len(_SECONDS) + 1: 0, **{len(_SECONDS) + 2 + digits: digits for digits in range(1, 7)}}
"""Of a fraction, by the length of the whole text."""


@dataclass(frozen=True)
class Moments:
    """Date-times of one column.

    :param spelling: that all have, see :mod:`.moment_spelling`.
    """

    array: pa.Array
    spelling: str


class SeenMoments:
    """What was found while the type of a column was decided, so that it is not looked for again when its array is made.

    :param otherwise: decides where it is not found here.
    """

    def __init__(self, otherwise: Callable[[Cells], bool]) -> None:
        self._otherwise = otherwise
        self._found: dict[int, tuple[Cells, Moments]] = {}

    def are_moments(self, cells: Cells) -> bool:
        """Whether all values are date-times."""
        found = moments_of(cells)
        if found is None:
            return self._otherwise(cells)
        self._found[id(cells)] = cells, found
        return True

    def of(self, cells: Cells) -> Moments | None:
        """Return what was found of these very cells."""
        _, moments = self._found.get(id(cells), (cells, None))
        return moments


def moments_of(cells: Cells) -> Moments | None:
    """Return the date-times that all texts are; None where they are not, or are spelled in several ways or with an offset.

    >>> moments_of(Cells.of(["2026-01-31T12:00:00.250Z", None])).spelling
    '3Z'
    """
    first = next(filter(None, cells.values), None) if cells.kinds <= {str, NoneType} else None
    if first is None or len(first) not in _DIGITS_OF:
        return None
    texts = cells.values if NoneType not in cells.kinds else [first if text is None else text for text in cells.values]
    array, digits = _read(texts, len(first)), _DIGITS_OF[len(first)]
    return None if array is None else Moments(with_nulls_of(cells, array), f"{digits}Z" if digits else SHORTEST)


def _read(texts: Sequence[str], length: int) -> pa.Array | None:
    parted = parted_by_nul(texts)
    if common_length(len(texts), parted) != length or not _have_signs(parted, len(texts), length):
        return None
    try:
        return strings_of_length(length, texts).cast(MOMENT)
    except pa.ArrowInvalid:
        return None


def _have_signs(parted: bytes, texts: int, length: int) -> bool:
    """Whether all have a date-time's signs, and none a year that begins with 0: Arrow sees to all other digits."""
    signs = {**_SIGNS, length - 1: b"Z", **({len(_SECONDS): b"."} if _DIGITS_OF[length] else {})}
    step = length + 1
    return b"0" not in parted[::step] and all(parted[place::step] == sign * texts for place, sign in signs.items())
