"""Arrays that are made from buffers are those that pyarrow would make of the same values."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_veza.results.columns import Cells
from airflow_provider_veza.results.formats.arrow_arrays import boolean_array, double_array, integer_array, text_array

ARRAYS = [
    pytest.param(text_array, pa.string(), st.text(max_size=5), id="text"),
    pytest.param(integer_array, pa.int64(), st.integers(-(2**63), 2**63 - 1), id="integers"),
    pytest.param(
        double_array,
        pa.float64(),
        st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53),
        id="doubles",
    ),
    pytest.param(boolean_array, pa.bool_(), st.booleans(), id="booleans"),
]


@pytest.mark.parametrize(("made_by", "arrow_type", "values"), ARRAYS)
@settings(deadline=None, derandomize=True)
@given(data=st.data())
def test_an_array_is_the_one_that_pyarrow_makes(
    made_by: Callable[[Cells], pa.Array], arrow_type: pa.DataType, values: st.SearchStrategy[Any], data: st.DataObject
) -> None:
    some = data.draw(st.lists(values, min_size=1) | st.lists(st.none() | values, min_size=1))
    made = made_by(Cells.of(some))

    made.validate(full=True)
    assert made.equals(pa.array(some, arrow_type))


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["", ""],
        ["ab", "cd"],
        ["ab", "", None],
        ["é", "ab"],
        ["é", "è"],
        [None, None],
        ["\0"],
        ["\0", ""],
        ["", "\0", None],
        ["\0", "a", "\0"],
        ["ab", "c\0", "de"],
        ["a\0b", "cde"],
        ["a", "b\0cd"],
    ],
)
def test_texts_of_one_length_and_of_several_are_told_apart_by_their_bytes(texts: list[str | None]) -> None:
    made = text_array(Cells.of(texts))

    made.validate(full=True)
    assert made.to_pylist() == texts


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.lists(st.text("\0a\nZé", max_size=3) | st.none(), max_size=4))
def test_whatever_parts_texts_parts_none_of_them(texts: list[str | None]) -> None:
    made = text_array(Cells.of(texts))

    made.validate(full=True)
    assert made.to_pylist() == texts


def test_landing_parquet_imports_no_pandas() -> None:
    check = (
        "import io, sys; from airflow_provider_veza.async_query.rows import JsonRows; "
        "from airflow_provider_veza.results.formats.known_formats import output_format; form = output_format('parquet'); "
        'group = form.group(JsonRows([b\'{"a":1,"b":"x","t":"2026-01-31T12:00:00Z","n":null}\']), ()); '
        "part = form.open(io.BytesIO(), group.columns); part.write(group); part.close(); print('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
