"""Rows stay the text that came: passed on byte by byte, decoded only when somebody looks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from airflow_provider_veza.async_query.rows import JsonRows, concatenated

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
ROWS = st.lists(st.dictionaries(st.text(max_size=5), VALUES, max_size=4), max_size=6)
INDENT = st.sampled_from([None, 0, 1, "\r\n"])


@given(rows=ROWS, indent=INDENT)
def test_rows_read_as_what_was_written(rows: list[Any], indent: Any) -> None:
    texts = [json.dumps(row, indent=indent).encode() for row in rows]

    assert JsonRows(texts) == rows


@given(rows=ROWS, indent=INDENT)
def test_each_row_is_one_line_however_it_was_written(rows: list[Any], indent: Any) -> None:
    lines = JsonRows([json.dumps(row, indent=indent, ensure_ascii=False).encode() for row in rows]).lines

    assert [json.loads(line) for line in lines.split(b"\n") if line] == rows


def test_compact_rows_keep_every_byte() -> None:
    assert JsonRows([b'{"b": 1.50, "a":"\\u00e9"}', b"{}"]).lines == b'{"b": 1.50, "a":"\\u00e9"}\n{}\n'


def test_any_bytes_like_object_is_a_text() -> None:
    assert JsonRows([Raw(b'{"a": 1}'), memoryview(b"{}")]) == [{"a": 1}, {}]


def test_the_size_is_that_of_the_lines() -> None:
    assert (JsonRows([]).size, JsonRows([b"{}"]).size, JsonRows([b"{}", b'{"a":1}']).size) == (0, 3, 11)


@pytest.mark.parametrize("texts", [[], [b"{}"], [b'{"a": [\n{}]}', b"{}"], [b'{"a":\n{}}']])
def test_objects_are_told_from_other_values(texts: list[bytes]) -> None:
    assert JsonRows(texts).are_objects


@pytest.mark.parametrize("texts", [[b"1"], [b"{}", b"null"], [b"[\n{}]"], [b'{"a":\n{}}', b"[]"]])
@pytest.mark.parametrize("kind", [bytes, Raw, memoryview])
def test_a_value_among_objects_is_noticed(texts: list[bytes], kind: Any) -> None:
    assert not JsonRows(list(map(kind, texts))).are_objects


@pytest.mark.parametrize("other", [b'"{"', b"-1", b"0", b"9", b"[{}]", b"false", b"null", b"true"])
def test_no_other_value_begins_like_an_object(other: bytes) -> None:
    assert not JsonRows([Raw(b"{}"), Raw(other)]).are_objects


@given(rows=ROWS, indent=INDENT)
def test_rows_are_the_same_whether_their_lines_were_made_or_not(rows: list[Any], indent: Any) -> None:
    texts = [json.dumps(row, indent=indent).encode() for row in rows]
    before, after = JsonRows(texts), JsonRows(texts)

    lines = after.lines

    assert after == rows
    assert (len(after), after.are_objects, after.size) == (len(rows), before.are_objects, len(lines))
    assert JsonRows(after.texts).lines == JsonRows.of_lines(lines, len(rows)).lines == lines


def test_texts_are_let_go_once_their_lines_are_made() -> None:
    body = bytearray(b'{"values":[{},{}]}')
    rows = JsonRows([memoryview(body)[11:13], memoryview(body)[14:16]])

    with pytest.raises(BufferError):
        body.clear()
    assert rows.lines == b"{}\n{}\n"
    body.clear()


def test_rows_that_are_texts_already_stay_the_same_bytes() -> None:
    rows = JsonRows([b'{ "a" : 1 }'])

    assert JsonRows.of(rows) is rows


@given(pages=st.lists(ROWS, min_size=1, max_size=4))
def test_pages_are_joined_in_order(pages: list[list[Any]]) -> None:
    assert concatenated([JsonRows.of(page) for page in pages]) == [row for page in pages for row in page]
