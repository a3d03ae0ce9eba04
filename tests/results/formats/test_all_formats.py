"""What every format promises: the rows come back, whatever the groups, and memory stays bounded."""

from __future__ import annotations

import gc
import gzip
import json
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_veza.async_query.layout import ColumnType, RowLayout
from airflow_provider_veza.async_query.rows import JsonRows
from airflow_provider_veza.exceptions import ColumnError, MalformedResponseError
from airflow_provider_veza.results.columns import Flattener
from airflow_provider_veza.results.formats import known_formats
from airflow_provider_veza.results.formats.format import Format
from airflow_provider_veza.results.formats.known_formats import output_format
from airflow_provider_veza.results.manifest import Column
from airflow_provider_veza.results.table_options import TableOptions
from results.formats.small_landing import Landed, Row, landed, part_of

REPEATABLE = settings(deadline=None, derandomize=True)
FORMATS = tuple(known_formats.FORMATS)
TABLES = tuple(name for name, row in known_formats.FORMATS.items() if row.has_columns)
COMPRESSIONS = tuple(known_formats.COMPRESSIONS)

NODES = [
    {
        "id": "00u1",
        "type": "OktaUser",
        "properties": {"name": "Amára Okafor", "is_active": True, "last_login_at": "2026-01-31T12:00:00Z", "note": ""},
        "destination_node_count": 25,
        "permissions": ["DataRead", "DataWrite"],
        "access_stats": None,
    },
    {
        "id": "00u2",
        "type": "OktaUser",
        "properties": {
            "name": 'Kiran "K", the\r\nsecond',
            "is_active": False,
            "last_login_at": "2026-01-31T14:00:00.5+02:00",
        },
        "destination_node_count": 0,
        "permissions": [],
        "access_stats": None,
    },
]
FLAT_NODES = [
    {
        "id": "00u1",
        "type": "OktaUser",
        "properties.name": "Amára Okafor",
        "properties.is_active": True,
        "properties.last_login_at": datetime(2026, 1, 31, 12, 0, tzinfo=UTC),
        "properties.note": "",
        "destination_node_count": 25,
        "permissions": ["DataRead", "DataWrite"],
        "access_stats": None,
    },
    {
        "id": "00u2",
        "type": "OktaUser",
        "properties.name": 'Kiran "K", the\r\nsecond',
        "properties.is_active": False,
        "properties.last_login_at": datetime(2026, 1, 31, 12, 0, 0, 500_000, tzinfo=UTC),
        "properties.note": None,
        "destination_node_count": 0,
        "permissions": [],
        "access_stats": None,
    },
]

TEXTS = st.text(st.sampled_from('a,"\r\n é='), max_size=4)
VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.sampled_from([2**64, -(2**70)])
    | st.sampled_from([0.5, -1.25, 3.0, 1e21, 5e-324])
    | TEXTS
    | st.sampled_from(["2026-01-31T12:00:00Z", "0001-01-01T00:00:00Z", "2026-01-31T12:00:00.25Z", "6"])
    | st.lists(TEXTS | st.integers(), max_size=2)
)
ROWS = st.lists(
    st.dictionaries(
        st.sampled_from(["a", "b", "c"]),
        VALUES | st.dictionaries(st.sampled_from("xy"), VALUES, max_size=2),
        min_size=1,
    ),
    max_size=6,
).map(lambda rows: [{"id": n, **row} for n, row in enumerate(rows)])


def read_as(value: Any, column: ColumnType, form: str) -> Any:
    """What a value is once it was landed in a column of that type."""
    match column, value:
        case (_, None):
            return None
        case (ColumnType.DOUBLE, _):
            return float(value)
        case (ColumnType.TIMESTAMP, _):
            return datetime.fromisoformat(value).astimezone(UTC)
        case (ColumnType.STRING, str()):
            return value
        case (ColumnType.STRING, float()) if form == "parquet" and value.is_integer() and abs(value) <= 2**53:
            return str(int(value))
        case (ColumnType.STRING, _):
            return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        case _:
            return value


def expected_of(rows: list[Row], result: Landed) -> list[Row]:
    cells = Flattener(RowLayout())(rows)
    return [
        {c.name: read_as(cells[c.name].values[n], c.type, result.format.name) for c in result.columns}
        for n in range(len(rows))
    ]


def many_rows(count: int) -> list[Row]:
    return [
        {"id": f"00u{n:07d}", "count": n, "seen_at": "2026-01-31T12:00:00Z", "name": "x" * 80} for n in range(count)
    ]


def peak_of(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize(("name", "expected"), [("jsonl", NODES), ("csv", FLAT_NODES), ("parquet", FLAT_NODES)])
def test_rows_come_back_with_their_types(name: str, compression: str | None, expected: list[Row]) -> None:
    assert landed(output_format(name, compression=compression), NODES).rows == expected


@pytest.mark.parametrize("name", TABLES)
@REPEATABLE
@given(rows=ROWS, places=st.tuples(st.integers(0, 6), st.integers(0, 6)))
def test_groups_do_not_matter(name: str, rows: list[Row], places: tuple[int, int]) -> None:
    first, second = sorted(places)
    result = landed(output_format(name), rows[:first], rows[first:second], rows[second:])

    assert result.rows == expected_of(rows, result)
    assert {(c.name, c.type) for c in result.columns} == {
        (c.name, c.type) for c in landed(output_format(name), rows).columns
    }


@REPEATABLE
@given(rows=ROWS, place=st.integers(0, 6))
def test_lines_come_back_as_they_were_sent(rows: list[Row], place: int) -> None:
    assert landed(output_format("jsonl"), rows[:place], rows[place:]).rows == rows


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("name", TABLES)
def test_a_late_column_and_a_late_type_reach_the_parts_written_before(name: str, compression: str | None) -> None:
    result = landed(
        output_format(name, compression=compression),
        [{"id": 1, "seen": None}],
        [{"id": 2, "seen": "2026-01-31T12:00:00Z"}],
        [{"id": 0.5, "seen": "never", "late": True}],
    )

    assert result.columns == (
        Column("id", ColumnType.DOUBLE),
        Column("seen", ColumnType.STRING),
        Column("late", ColumnType.BOOLEAN),
    )
    assert result.rows == [
        {"id": 1.0, "seen": None, "late": None},
        {"id": 2.0, "seen": "2026-01-31T12:00:00Z", "late": None},
        {"id": 0.5, "seen": "never", "late": True},
    ]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_no_rows_are_a_whole_part(name: str, compression: str | None) -> None:
    form = output_format(name, compression=compression)

    assert landed(form, []).rows == []
    assert list(form.rows(BytesIO(part_of(form, [])), ())) == []


@pytest.mark.parametrize("name", TABLES)
def test_selected_columns_are_written_in_their_order_and_absent_ones_are_null(name: str) -> None:
    layout = RowLayout(types={"gone": ColumnType.INT64})
    form = output_format(name, layout=layout, select=["gone", "properties.name", "never", "id"])
    result = landed(form, [{"id": "a"}], [{"id": "b", "properties": {"name": "B", "x": 1}, "more": 2}])

    assert [column.name for column in result.columns] == ["gone", "properties.name", "never", "id"]
    assert [column.type for column in result.columns] == [
        ColumnType.INT64,
        ColumnType.STRING,
        ColumnType.NULL,
        ColumnType.STRING,
    ]
    assert result.rows == [
        {"gone": None, "properties.name": None, "never": None, "id": "a"},
        {"gone": None, "properties.name": "B", "never": None, "id": "b"},
    ]


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("column_names", ["underscored", {"a.b": "a_b"}], ids=str)
@pytest.mark.parametrize("rows", [[], [{"a.b": 1, "a_b": 2}]], ids=["no row", "a row"])
def test_declared_columns_that_would_have_one_name_are_refused_with_rows_and_without(
    name: str, column_names: Any, rows: list[Any]
) -> None:
    form = output_format(name, options=TableOptions(column_names))
    form.declare({"a.b": ColumnType.INT64, "a_b": ColumnType.INT64})

    with pytest.raises(ColumnError, match="the fields 'a.b' and 'a_b' would both become this column"):
        form.group(JsonRows.of(rows), ())


@pytest.mark.parametrize("name", TABLES)
def test_the_layout_names_and_types_columns(name: str) -> None:
    layout = RowLayout(
        prefixes={"source": "source_"},
        types={"source_id": ColumnType.STRING, "total_count": ColumnType.INT64, "tags": ColumnType.JSON},
    )
    result = landed(
        output_format(name, layout=layout),
        [{"source": {"id": 877042069677}, "total_count": "6", "tags": "a"}],
        [{"tags": ["a"]}],
    )

    assert result.rows == [
        {"source_id": "877042069677", "total_count": 6, "tags": "a"},
        {"source_id": None, "total_count": None, "tags": ["a"]},
    ]


@pytest.mark.parametrize("name", TABLES)
def test_rows_without_any_field_are_refused(name: str) -> None:
    with pytest.raises(ColumnError, match="the rows have no fields"):
        landed(output_format(name), [{}, {}])


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("text", [b'{"id": ', b'{"id": nan}'])
def test_a_row_that_cannot_be_read_as_an_object_is_named_as_such(name: str, text: bytes) -> None:
    with pytest.raises(MalformedResponseError, match="cannot be read as an object .*Land as 'jsonl'"):
        output_format(name).group(JsonRows([text]), ())


@pytest.mark.parametrize("name", FORMATS)
def test_a_groups_columns_are_those_known_and_then_the_new_ones(name: str) -> None:
    form = output_format(name)
    first = form.group(JsonRows.of([{"b": 1, "a": 1}]), ())
    second = form.group(JsonRows.of([{"c": 1, "a": 1}]), first.columns)

    names = ["b", "a", "c"] if name in TABLES else []
    assert [column.name for column in second.columns] == names
    assert (first.rows, second.rows) == (1, 1)


@pytest.mark.parametrize("name", FORMATS)
def test_closing_a_part_leaves_its_file_open(name: str) -> None:
    for compression in COMPRESSIONS:
        file = BytesIO()
        output_format(name, compression=compression).open(file, ()).close()
        assert not file.closed


@pytest.mark.parametrize(
    ("compression", "plain"),
    [
        (None, bytes),
        ("gzip", gzip.decompress),
        ("zstd", lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data)),
    ],
)
@pytest.mark.parametrize("name", ["jsonl", "csv"])
def test_compressed_text_is_the_same_text(name: str, compression: str | None, plain: Callable[[bytes], bytes]) -> None:
    assert plain(part_of(output_format(name, compression=compression), NODES)) == part_of(output_format(name), NODES)


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("name", FORMATS)
def test_the_same_rows_give_the_same_bytes(name: str, compression: str | None) -> None:
    form = output_format(name, compression=compression)

    assert part_of(form, NODES) == part_of(form, NODES)


@pytest.mark.parametrize("name", ["jsonl", "csv"])
def test_a_gzip_file_does_not_say_when_it_was_written(name: str) -> None:
    assert part_of(output_format(name, compression="gzip"), NODES)[4:8] == bytes(4)


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("name", FORMATS)
def test_reading_holds_some_rows_at_a_time(name: str, compression: str | None) -> None:
    rows = many_rows(40_000)
    result = landed(output_format(name, compression=compression), rows)
    (part,) = result.parts
    assert sum(1 for _ in result.format.rows(BytesIO(part), result.columns)) == len(rows)

    def read() -> None:
        for _ in result.format.rows(BytesIO(part), result.columns):
            pass

    assert peak_of(read) < 3 * 2**20 < len(json.dumps(rows))


@pytest.mark.parametrize("name", TABLES)
def test_widening_holds_some_rows_at_a_time(name: str) -> None:
    form: Format = output_format(name)
    columns = (*landed(form, many_rows(1)).columns, Column("late", ColumnType.INT64))
    small, large = (part_of(form, many_rows(count)) for count in (4_000, 40_000))

    def widen(part: bytes) -> Callable[[], object]:
        return lambda: form.widen(BytesIO(part), Discarded(), columns[:-1], columns)

    widen(small)()
    assert peak_of(widen(large)) - len(large) < peak_of(widen(small)) - len(small) + 2**20


class Discarded(BytesIO):
    """A file that keeps nothing."""

    def write(self, data: Any) -> int:
        return len(data)


@pytest.mark.parametrize("name", TABLES)
def test_the_search_for_garbage_goes_on_after_a_group_whether_it_failed_or_not(name: str) -> None:
    form = output_format(name)
    form.group(JsonRows.of(NODES), ())
    assert gc.isenabled()
    with pytest.raises(MalformedResponseError):
        form.group(JsonRows([b"{"]), ())
    assert gc.isenabled()


@pytest.mark.parametrize("name", TABLES)
def test_who_switched_the_search_for_garbage_off_finds_it_off(name: str) -> None:
    gc.disable()
    try:
        output_format(name).group(JsonRows.of(NODES), ())
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.parametrize("name", known_formats.FORMATS)
def test_what_builds_objects_says_so_and_lines_build_none(name: str) -> None:
    assert output_format(name).builds_objects is known_formats.FORMATS[name].has_columns
