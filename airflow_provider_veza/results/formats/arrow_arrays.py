"""Python values as Arrow arrays.

Which column has which Arrow type is in :mod:`.arrow`.

Arrays are made from buffers: ``pyarrow.array`` imports pandas wherever that is installed, for 46 MiB and 0.2 s in each task.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import lru_cache
from types import NoneType
from typing import Any

import pyarrow as pa
from pyarrow import compute

from airflow_provider_veza.results.columns import Cells

_NUL = "\0"
"""Parts texts; hardly any has one."""


def text_array(cells: Cells) -> pa.Array:
    """Return texts as strings; where they come to one length, or have no NUL, without asking each for its length."""
    texts = _filled(cells, "")
    parted = parted_by_nul(texts)
    length = common_length(len(texts), parted)
    strings = _split(parted) if length is None else strings_of_length(length, texts)
    if len(strings) != len(texts):
        strings = _of_lengths(list(map(str.encode, texts)))
    return with_nulls_of(cells, strings)


def parted_by_nul(texts: Sequence[str]) -> bytes:
    """Return all texts in one, with a NUL between two."""
    return _NUL.join(texts).encode()


def common_length(texts: int, parted: bytes) -> int | None:
    """Return how many bytes each text has; None where they differ, or have a NUL.

    :param parted: the texts, with a NUL between two.

    >>> common_length(2, parted_by_nul(["ab", "cd"])), common_length(2, parted_by_nul(["a", "bcd"]))
    (2, None)
    """
    length, rest = divmod(len(parted) + 1, max(texts, 1))
    ends = parted[length - 1 :: length]
    if rest or parted.count(b"\0") != texts - 1 or ends.count(b"\0") != texts - 1:
        return None
    return length - 1


def strings_of_length(length: int, texts: Sequence[str]) -> pa.Array:
    """Return texts that all have so many bytes as strings."""
    data = pa.py_buffer("".join(texts).encode())
    return pa.Array.from_buffers(pa.string(), len(texts), [None, _offsets_of_one_length(length, len(texts)), data])


@lru_cache(maxsize=4)
def repeated_text(text: str, times: int) -> pa.Array:
    """Return one text many times; pages are mostly of one size, so that the same array serves again and again."""
    return text_array(Cells([text] * times, frozenset({str})))


def integer_array(cells: Cells) -> pa.Array:
    """Return integers of at most 64 bits."""
    return _array(pa.int64(), cells, pa.py_buffer(array("q", _filled(cells, 0))))


def double_array(cells: Cells) -> pa.Array:
    """Return numbers as doubles."""
    return _array(pa.float64(), cells, pa.py_buffer(array("d", _filled(cells, 0.0))))


def boolean_array(cells: Cells) -> pa.Array:
    """Return booleans."""
    return _array(pa.bool_(), cells, _bits(bytes(_filled(cells, False))))


def with_nulls_of(cells: Cells, filled: pa.Array) -> pa.Array:
    """Return an array with null in the places of nulls."""
    return filled if NoneType not in cells.kinds else _array(filled.type, cells, *filled.buffers()[1:])


def _split(parted: bytes) -> pa.Array:
    """Return what stands between NULs."""
    ends = pa.py_buffer(array("i", [0, len(parted)]))
    whole = pa.Array.from_buffers(pa.string(), 1, [None, ends, pa.py_buffer(parted)])
    return compute.split_pattern(whole, _NUL).values


def _of_lengths(texts: list[bytes]) -> pa.Array:
    offsets = _sums(array("i", [0, *map(len, texts)]))
    return pa.Array.from_buffers(pa.string(), len(texts), [None, offsets, pa.py_buffer(b"".join(texts))])


@lru_cache(maxsize=16)
def _offsets_of_one_length(length: int, texts: int) -> pa.Buffer:
    """Return the same offsets again and again: ids and moments are mostly of one length, page after page."""
    return _sums(array("i", [0, *[length] * texts]))


def _sums(steps: array[int]) -> pa.Buffer:
    integers = pa.Array.from_buffers(pa.int32(), len(steps), [None, pa.py_buffer(steps)])
    return compute.cumulative_sum_checked(integers).buffers()[1]


def _array(arrow_type: pa.DataType, cells: Cells, *data: pa.Buffer) -> pa.Array:
    is_present = None
    if NoneType in cells.kinds:
        is_present = _bits(bytes([value is not None for value in cells.values]))
    return pa.Array.from_buffers(arrow_type, len(cells.values), [is_present, *data])


def _filled(cells: Cells, filler: Any) -> Sequence[Any]:
    """Return the values with something in the places of nulls."""
    if NoneType not in cells.kinds:
        return cells.values
    return [filler if value is None else value for value in cells.values]


def _bits(flags: bytes) -> pa.Buffer:
    """Return a bit for each byte."""
    as_bytes = pa.Array.from_buffers(pa.uint8(), len(flags), [None, pa.py_buffer(flags)])
    return as_bytes.cast(pa.bool_()).buffers()[1]
