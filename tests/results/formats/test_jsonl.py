"""JSON Lines are the service's own bytes, one row a line."""

from __future__ import annotations

from io import BytesIO

import pytest

from airflow_provider_veza.async_query.rows import JsonRows
from airflow_provider_veza.results.formats.known_formats import output_format
from results.formats.small_landing import landed

JSONL = output_format("jsonl")


def lines_of(*texts: bytes) -> bytes:
    file = BytesIO()
    writer = JSONL.open(file, ())
    writer.write(JSONL.group(JsonRows(texts), ()))
    writer.close()
    return file.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        b'{"id":"a"}',
        b'{ "id" : "a" }',
        b'{"n":1.10,"big":123456789012345678901234567890,"e":1E5}',
        b'{"surrogate":"\\ud800"}',
        b'{"slash":"\\/","u":"\\u00e9"}',
        b'{"id":"a","id":"b"}',
        '{"name":"Amára"}'.encode(),
    ],
)
def test_a_rows_bytes_go_through_untouched(text: bytes) -> None:
    assert lines_of(text, text) == text + b"\n" + text + b"\n"


def test_line_ends_within_a_row_become_blanks() -> None:
    assert lines_of(b'{\r\n  "id": "a"\n}') == b'{    "id": "a" }\n'


def test_groups_follow_each_other_and_empty_ones_leave_nothing() -> None:
    result = landed(JSONL, [{"id": "a"}], [], [{"id": "b"}, {"id": "c"}])

    assert result.parts == (b'{"id":"a"}\n{"id":"b"}\n{"id":"c"}\n',)
    assert result.columns == ()


def test_there_is_never_anything_to_widen() -> None:
    source, wider = BytesIO(b'{"id":"a"}\n'), BytesIO()
    JSONL.widen(source, wider, (), ())

    assert JSONL.fits((), ())
    assert wider.getvalue() == source.getvalue()
