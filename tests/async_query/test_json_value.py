"""JSON by two decoders: the quick one may answer only what the exact one would."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_veza.async_query.json_value import value_of

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12)
LITERALS = st.text(alphabet='0123456789.eE+-[]{}:,"\\u\td8 truefalsn\x00\x1f', max_size=12)


def told(read: Any, text: str | bytes) -> str:
    """Return what was read with its types, or that it was refused."""
    try:
        return repr(read(text))
    except ValueError:
        return "refused"


def exact(text: str | bytes) -> Any:
    return json.loads(text, parse_constant=_refuse)


def _refuse(name: str) -> Any:
    raise ValueError(name)


@settings(deadline=None, derandomize=True)
@given(VALUES, st.booleans())
def test_a_value_is_read_as_json_reads_it(value: Any, ensure_ascii: bool) -> None:
    text = json.dumps(value, ensure_ascii=ensure_ascii)

    assert told(value_of, text) == told(exact, text)


@settings(deadline=None, derandomize=True, max_examples=500)
@given(LITERALS)
def test_a_text_that_may_be_no_json_is_read_or_refused_as_json_does(text: str) -> None:
    read = told(value_of, text)

    assert read == told(exact, text) or "Decimal" in read


AT_THE_EDGES = [
    "-0",
    "-0.0",
    "9" * 30,
    "-" + "9" * 25,
    "18446744073709551616",
    "1e22",
    "4.9e-324",
    "1.7976931348623157e308",
]
ODD = [r'"\ud800"', r'"\u0000"', '{"a":1,"a":2}', "NaN", "[1,]", '"\x01"', "[] ", "", "1.", "01", "\x0c1"]


@pytest.mark.parametrize("text", [*AT_THE_EDGES, *ODD])
def test_what_decoders_differ_on_is_read_as_json_reads_it(text: str) -> None:
    assert told(value_of, text) == told(exact, text)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_bytes_are_read_in_every_encoding_that_json_knows(encoding: str) -> None:
    assert value_of('{"a": "é", "b": 1}'.encode(encoding)) == {"a": "é", "b": 1}


@pytest.mark.parametrize("text", ["1e999", "9" * 5000])
def test_a_number_that_no_double_and_no_int_holds_is_read_exactly(text: str) -> None:
    assert value_of(text) == Decimal(text)
