"""Python values as Arrow arrays.

Which column has which Arrow type is in :mod:`.arrow`.

Arrays are made from buffers: ``pyarrow.array`` imports pandas wherever that is installed, for 46 MiB and 0.2 s in each task.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import accumulate
from types import NoneType
from typing import Any

import pyarrow as pa

from airflow_provider_veza.results.columns import Cells


def text_array(cells: Cells) -> pa.Array:
    """Return texts as strings."""
    texts = _filled(cells, "")
    whole = "".join(texts)
    data = whole.encode()
    lengths = list(map(len, texts)) if len(data) == len(whole) else [len(text.encode()) for text in texts]
    return _array(pa.string(), cells, pa.py_buffer(_offsets(lengths)), pa.py_buffer(data))


def _offsets(lengths: Sequence[int]) -> array[int]:
    """Return where each text begins, and the end; ids and moments are mostly of one length, which needs no adding up."""
    if lengths and lengths[0] > 0 and lengths.count(lengths[0]) == len(lengths):
        return array("i", range(0, lengths[0] * len(lengths) + 1, lengths[0]))
    return array("i", accumulate(lengths, initial=0))


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
