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


def text_array(cells: Cells) -> pa.Array:
    """Return texts as strings."""
    texts = _filled(cells, "")
    whole = "".join(texts)
    data = whole.encode()
    lengths = list(map(len, texts)) if len(data) == len(whole) else [len(text.encode()) for text in texts]
    return _array(pa.string(), cells, _offsets(lengths), pa.py_buffer(data))


def _offsets(lengths: list[int]) -> pa.Buffer:
    """Return where each text begins, and the end."""
    if len(set(lengths)) == 1:
        return _offsets_of_one_length(lengths[0], len(lengths))
    return _sums(array("i", [0, *lengths]))


@lru_cache(maxsize=16)
def _offsets_of_one_length(length: int, texts: int) -> pa.Buffer:
    """Return the same offsets again and again: ids and moments are mostly of one length, page after page."""
    return _sums(array("i", [0, *[length] * texts]))


def _sums(steps: array[int]) -> pa.Buffer:
    integers = pa.Array.from_buffers(pa.int32(), len(steps), [None, pa.py_buffer(steps)])
    return compute.cumulative_sum_checked(integers).buffers()[1]


def integer_array(cells: Cells) -> pa.Array:
    """Return integers of at most 64 bits."""
    return _array(pa.int64(), cells, pa.py_buffer(array("q", _filled(cells, 0))))


def double_array(cells: Cells) -> pa.Array:
    """Return numbers as doubles."""
    return _array(pa.float64(), cells, pa.py_buffer(array("d", _filled(cells, 0.0))))


def boolean_array(cells: Cells) -> pa.Array:
    """Return booleans."""
    return _array(pa.bool_(), cells, _bits(bytes(_filled(cells, False))))


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
