"""What is the same thing, and what makes it a changed one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_veza.async_query.layout import RowLayout
from airflow_provider_veza.results.drift.rule import DriftRule, fields_of
from airflow_provider_veza.services.veza_layout import LAYOUT
from support.landed_nights import path, user

NODES = DriftRule(LAYOUT, ("type", "id"), LAYOUT.volatile)
PATHS = DriftRule(LAYOUT, ("source_type", "source_id", "destination_type", "destination_id"), LAYOUT.volatile)
STATS = {"last_used": "2026-01-01T00:00:00Z", "count": "6", "canonical_permissions": []}

SAME = {
    "nothing": (user("u1"), user("u1")),
    "the order of properties": (user("u1", a=1, b=2), user("u1", b=2, a=1)),
    "the order of permissions": (path("u1", "b", ["Get", "Put"]), path("u1", "b", ["Put", "Get"])),
    "an unset property": (user("u1"), user("u1", department=None)),
    "empty permissions that were not sent": (user("u1"), user("u1") | {"raw_permissions": []}),
    "an empty object": (user("u1"), user("u1") | {"unsupported_conditions": {}}),
    "the way a number is written": (user("u1", age=5), user("u1", age=5.0)),
    "a risk level": (user("u1"), user("u1") | {"risk_level": "CRITICAL"}),
    "access statistics": (user("u1") | {"access_stats": None}, user("u1") | {"access_stats": STATS}),
    "the number of destinations": (user("u1"), user("u1") | {"destination_node_count": 25}),
    "the time of the last use": (user("u1"), user("u1", last_used_at="2026-01-01T00:00:00Z")),
    "the last login of a source": (path("u1", "b"), path("u1", "b", last_login_at="2026-01-01T00:00:00Z")),
}
CHANGED = {
    "properties.department": (user("u1", department="IT"), user("u1", department="HR")),
    "properties.is_active": (user("u1", is_active=True), user("u1", is_active=1)),
    "concrete_permissions": (path("u1", "b", ["Get"]), path("u1", "b", ["Get", "Put"])),
    "source_properties.manager": (path("u1", "b"), path("u1", "b", manager="m")),
    "properties.groups": (user("u1", groups=["a", "b"]), user("u1", groups=["b", "a"])),
    "unsupported_conditions.s3:Get.conditions": (
        user("u1"),
        user("u1") | {"unsupported_conditions": {"s3:Get": {"conditions": ["ip"]}}},
    ),
    "properties.last_used_ats": (user("u1"), user("u1", last_used_ats=1)),
    "properties.seen_in": (user("u1", seen_in="2026-01-31T24:00:00Z"), user("u1", seen_in="2026-02-01T00:00:00Z")),
}


def rule_for(row: dict[str, Any]) -> DriftRule:
    return PATHS if "source" in row else NODES


@pytest.mark.parametrize("difference", SAME)
def test_rows_are_the_same_whatever(difference: str) -> None:
    before, after = SAME[difference]
    rule = rule_for(before)

    assert rule.digests(before) == rule.digests(after)
    assert rule.changed_fields(before, after) == []


@pytest.mark.parametrize("field", CHANGED)
def test_a_row_is_changed_by(field: str) -> None:
    before, after = CHANGED[field]
    rule = rule_for(before)
    old, new = rule.digests(before), rule.digests(after)

    assert old is not None
    assert new is not None
    assert (old[0] == new[0], old[1] == new[1]) == (True, False)
    assert rule.changed_fields(before, after) == [field]


def test_rows_of_another_id_or_type_are_other_things() -> None:
    rows = [user("u1"), user("u2"), user("u1") | {"type": "AwsIamUser"}, path("u1", "b1"), path("u1", "b2")]

    assert len({rule_for(row).digests(row)[0] for row in rows if rule_for(row).digests(row)}) == len(rows)


def test_a_row_without_its_whole_identity_has_no_digest() -> None:
    assert NODES.digests({"id": "u1", "type": None}) is None
    assert NODES.digests({"id": "u1"}) is None


@pytest.mark.parametrize("name", ["email", "source_properties.email", "source_properties"])
def test_a_property_is_ignored_by_its_name_by_its_column_or_with_all_around_it(name: str) -> None:
    rule = DriftRule(LAYOUT, PATHS.identity, frozenset({name}))

    assert rule.changed_fields(path("u1", "b", email="a"), path("u1", "b", email="b")) == []


def test_a_name_that_is_ignored_as_a_property_does_not_ignore_a_field_of_the_row() -> None:
    rule = DriftRule(LAYOUT, NODES.identity, frozenset({"name"}))

    assert rule.changed_fields(user("u1") | {"tags": []}, user("u1") | {"tags": ["x"]}) == ["tags"]


TYPED_TWICE = [
    (5, "5"),
    (5.0, "5"),
    (5, "5.0"),
    (True, "true"),
    ("1.2.0", "1.2.0"),
    (["a", "b"], '["a","b"]'),
    (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05Z"),
    (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T05:04:05.000+02:00"),
]


@pytest.mark.parametrize(("typed", "text"), TYPED_TWICE)
def test_a_column_that_became_text_is_compared_as_text(typed: object, text: str) -> None:
    rule = DriftRule(RowLayout(), ("id",), frozenset(), as_text=frozenset({"x"}))

    assert rule.changed_fields({"id": 1, "x": typed}, {"id": 1, "x": text}) == []
    assert rule.changed_fields({"id": 1, "x": typed}, {"id": 1, "x": f"{text}x"}) == ["x"]


TEXTS_OF_OTHER_MOMENTS = [
    ("2026-01-02T03:04:05.123456788Z", "2026-01-02T03:04:05.123456789Z"),
    ("2026-01-02T03:04.50Z", "2026-01-02T03:04:00.500000Z"),
    ("2026-01-02T24:00:00Z", "2026-01-03T00:00:00Z"),
    ("20260102104500+0000", "2026-01-02T04:50:00Z"),
]


@pytest.mark.parametrize(("before", "after"), TEXTS_OF_OTHER_MOMENTS)
def test_a_text_is_no_moment_that_it_does_not_name(before: str, after: str) -> None:
    rule = DriftRule(RowLayout(), ("id",), frozenset(), as_text=frozenset({"x"}))

    assert rule.changed_fields({"id": 1, "x": before}, {"id": 1, "x": after}) == ["x"]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=5),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["source", "x", "y"]), VALUES, max_size=3))
def test_a_row_has_the_same_fields_nested_and_flat(row: dict[str, Any]) -> None:
    layout = RowLayout(prefixes={"source": "source_"})
    flat = fields_of(row, layout)

    assert fields_of(flat, layout) == flat
    assert not any(isinstance(value, dict) for value in flat.values())


ROWS = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["u1", "u2"]),
        "x": st.sampled_from([None, 1, 1.0, "1"]),
        "tags": st.permutations(["a", "b"]),
    }
)


@given(ROWS, ROWS)
def test_digests_agree_exactly_where_no_field_changed(one: dict[str, Any], other: dict[str, Any]) -> None:
    rule = DriftRule(LAYOUT, ("id",), frozenset())
    same_thing, same_content = (a == b for a, b in zip(rule.digests(one) or (), rule.digests(other) or (), strict=True))

    assert same_thing is (one["id"] == other["id"])
    assert same_content is (rule.changed_fields(one, other) == [])
