"""A column's type follows from its values, and widens so that no value is lost, whatever the order in which they come."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime, timedelta, timezone
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_veza.async_query.layout import ColumnType
from airflow_provider_veza.results import schema
from airflow_provider_veza.results.columns import Cells
from airflow_provider_veza.results.manifest import Column
from airflow_provider_veza.results.schema import KnownColumns, widened_type, wider, without_integer_texts

REPEATABLE = settings(deadline=None, derandomize=True)
NULL, BOOLEAN, INT64, LARGE_INT64, DOUBLE, TIMESTAMP, STRING, JSON = ColumnType

NOON = "2026-01-31T12:00:00Z"
TIMESTAMPS = st.datetimes(timezones=st.just(UTC)).map(lambda time: time.isoformat().replace("+00:00", "Z"))
VALUES = st.lists(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3)
    | TIMESTAMPS
    | st.lists(st.integers(), max_size=2),
    max_size=5,
)


def type_of(values: list[Any], known: ColumnType = NULL, declared: ColumnType | None = None) -> ColumnType:
    return widened_type(known, without_integer_texts(Cells.of(values), declared), declared)


@pytest.mark.parametrize(("one", "other"), list(product(ColumnType, repeat=2)))
def test_two_types_widen_by_one_table(one: ColumnType, other: ColumnType) -> None:
    expected = STRING
    if one is other or other is NULL:
        expected = one
    elif one is NULL:
        expected = other
    elif {one, other} == {INT64, DOUBLE}:
        expected = DOUBLE
    elif {one, other} == {INT64, LARGE_INT64}:
        expected = LARGE_INT64
    assert wider(one, other) is expected


def test_the_order_of_widening_does_not_matter() -> None:
    for one, other, third in product(ColumnType, repeat=3):
        assert wider(one, other) is wider(other, one)
        assert wider(wider(one, other), third) is wider(one, wider(other, third))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], NULL),
        ([None], NULL),
        ([True, None], BOOLEAN),
        ([6, -6], INT64),
        ([2**53, -(2**53)], INT64),
        ([2**53 + 1, 6], LARGE_INT64),
        ([2**63 - 1, -(2**63)], LARGE_INT64),
        ([2**63], STRING),
        ([-(2**63) - 1], STRING),
        ([0.5], DOUBLE),
        ([2**53, 0.5], DOUBLE),
        ([-(2**53), 0.5, None], DOUBLE),
        ([2**53 + 1, 0.5], STRING),
        ([-(2**53) - 1, 0.5], STRING),
        (["6"], STRING),
        ([""], STRING),
        ([NOON, None], TIMESTAMP),
        ([NOON, ""], STRING),
        ([NOON, "soon"], STRING),
        (["soon", NOON], STRING),
        ([NOON, 6], STRING),
        ([[], ["r"]], JSON),
        ([{}, []], JSON),
        ([[], "r"], STRING),
        ([True, 1], STRING),
        ([True, "true"], STRING),
        ([6, "six"], STRING),
    ],
)
def test_values_show_the_type(values: list[Any], expected: ColumnType) -> None:
    assert type_of(values) is expected


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31T12:00:00Z",
        "2026-01-31T12:00:00.1Z",
        "2026-01-31T12:00:00.123456Z",
        "2026-01-31T12:00:00+02:00",
        "2026-01-31T12:00:00.5-11:30",
        "2024-02-29T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999Z",
    ],
)
def test_a_date_time_with_an_offset_is_a_timestamp(text: str) -> None:
    assert type_of([text]) is TIMESTAMP
    assert type_of([text, NOON, text]) is TIMESTAMP


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31",
        "2026-01-31T12:00:00",
        "2026-01-31 12:00:00Z",
        "2026-01-31T12:00Z",
        "2026-01-31t12:00:00z",
        "2026-01-31T12:00:00.1234567Z",
        "2026-01-31T12:00:00.Z",
        "2026-02-30T12:00:00Z",
        "2025-02-29T12:00:00Z",
        "2026-13-01T12:00:00Z",
        "2026-01-31T24:00:00Z",
        "2026-12-31T23:59:60Z",
        "2026-01-31T12:00:00+24:00",
        "2026-01-31T12:00:00+0200",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "٢٠٢٦-01-31T12:00:00Z",
        " 2026-01-31T12:00:00Z",
        "2026-01-31T12:00:00Z\n",
        "2026-01-31T12:00:00Z\n2026-01-31T12:00:00Z",
    ],
)
def test_whatever_would_lose_something_as_a_timestamp_stays_text(text: str) -> None:
    assert type_of([text]) is STRING
    assert type_of([NOON, text, NOON]) is STRING


@REPEATABLE
@given(st.lists(st.datetimes(timezones=st.just(timezone(timedelta(hours=5, minutes=30)))), min_size=1))
def test_pythons_own_spelling_of_a_moment_is_a_timestamp_if_utc_can_say_it(moments: list[datetime]) -> None:
    in_reach = [moment for moment in moments if 1 < moment.year < 9999] or [datetime(2026, 1, 31, tzinfo=UTC)]

    assert type_of([moment.isoformat() for moment in in_reach]) is TIMESTAMP


@pytest.mark.parametrize(
    ("declared", "values", "expected"),
    [
        (STRING, [None], STRING),
        (STRING, [877042069677], STRING),
        (STRING, [NOON], STRING),
        (STRING, [["r"]], STRING),
        (INT64, [None], INT64),
        (INT64, ["6", None, "-7", "0"], INT64),
        (INT64, ["6", 7], INT64),
        (INT64, ["9223372036854775807"], LARGE_INT64),
        (INT64, ["9223372036854775808"], STRING),
        (INT64, ["6", "text"], STRING),
        (INT64, ["06"], STRING),
        (INT64, ["+6"], STRING),
        (INT64, ["6.0"], STRING),
        (INT64, ["-0"], STRING),
        (INT64, ["٦"], STRING),
        (INT64, [0.5], DOUBLE),
        (DOUBLE, [6], DOUBLE),
        (DOUBLE, [2**53 + 1], STRING),
        (BOOLEAN, [True], BOOLEAN),
        (BOOLEAN, [1], STRING),
        (TIMESTAMP, [NOON], TIMESTAMP),
        (TIMESTAMP, ["never"], STRING),
        (JSON, [None], JSON),
        (JSON, ["r", 6, ["w"]], JSON),
    ],
)
def test_a_declared_type_holds_as_far_as_the_values_fit(
    declared: ColumnType, values: list[Any], expected: ColumnType
) -> None:
    assert type_of(values, declared=declared) is expected


def test_texts_are_integers_only_where_that_is_declared() -> None:
    assert without_integer_texts(Cells.of(["6", None, 7]), INT64) == Cells.of([6, None, 7])
    assert without_integer_texts(Cells.of(["6"]), None) == Cells.of(["6"])
    assert without_integer_texts(Cells.of(["6"]), DOUBLE) == Cells.of(["6"])


@REPEATABLE
@given(VALUES, VALUES)
def test_groups_and_their_order_do_not_matter(some: list[Any], others: list[Any]) -> None:
    at_once = type_of(some + others)

    assert type_of(others, known=type_of(some)) is at_once
    assert type_of(some, known=type_of(others)) is at_once
    assert type_of(some, known=at_once) is at_once


@REPEATABLE
@given(VALUES, st.sampled_from(ColumnType))
def test_a_type_never_narrows(values: list[Any], known: ColumnType) -> None:
    after = type_of(values, known)

    assert wider(known, after) is after


def test_known_columns_keep_their_places_and_new_ones_follow() -> None:
    known = KnownColumns((Column("b", NULL), Column("a", INT64), Column("absent", BOOLEAN)))
    group = {"c": Cells.of(["x"]), "a": Cells.of([0.5]), "id": Cells.of([7]), "b": Cells.of([True])}

    known.widen(group, {"id": STRING})

    assert known.columns == (
        Column("b", BOOLEAN),
        Column("a", DOUBLE),
        Column("absent", BOOLEAN),
        Column("c", STRING),
        Column("id", STRING),
    )
    assert [known.place(name) for name in group] == [3, 1, 4, 0]


def test_a_group_that_changes_no_column_leaves_the_very_same_tuple() -> None:
    known = KnownColumns((Column("a", INT64), Column("b", STRING)))
    before = known.columns
    known.widen({"b": Cells.of(["x"]), "a": Cells.of([1, None])}, {})

    assert known.columns is before


def test_the_examples_in_the_docstrings_are_true() -> None:
    assert doctest.testmod(schema).failed == 0
