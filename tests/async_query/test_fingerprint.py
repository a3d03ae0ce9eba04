"""Two submits have one fingerprint exactly where they ask the same of the same tenant."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from airflow_provider_veza.async_query.identity import Fingerprint
from airflow_provider_veza.exceptions import ArgumentError

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)
TENANT = "https://acme.vezacloud.com"


def of(spec: Any) -> Fingerprint:
    return Fingerprint.of(spec=spec, tenant=TENANT)


def with_keys_turned_round(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: with_keys_turned_round(value[name]) for name in reversed(value)}
    return [with_keys_turned_round(item) for item in value] if isinstance(value, list) else value


def leaf_paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    below = [found for name, child in children for found in leaf_paths(child, (*path, name))]
    return below or [path]


def with_leaf(value: Any, path: tuple[Any, ...], leaf: Any) -> Any:
    if not path:
        return leaf
    changed = value.copy()
    changed[path[0]] = with_leaf(value[path[0]], path[1:], leaf)
    return changed


@given(JSON)
def test_the_order_of_keys_does_not_matter(spec: Any) -> None:
    assert of(with_keys_turned_round(spec)) == of(spec)


@given(JSON, LEAVES, st.data())
def test_any_other_leaf_makes_another_fingerprint(spec: Any, leaf: Any, data: st.DataObject) -> None:
    changed = with_leaf(spec, data.draw(st.sampled_from(leaf_paths(spec))), leaf)
    assume(json.dumps(changed) != json.dumps(spec))

    assert of(changed) != of(spec)
    assert of(changed).digest != of(spec).digest


def test_values_that_python_holds_for_equal_but_json_does_not_differ() -> None:
    assert len({of({"value": value}).digest for value in (1, 1.0, True, "1")}) == 4


def test_the_order_of_a_list_matters() -> None:
    assert of([1, 2]) != of([2, 1])


def test_the_difference_is_named_by_its_part() -> None:
    recorded = Fingerprint.of(spec={"a": 1}, tenant=TENANT, cache_mode="immediate_run")
    now = Fingerprint.of(spec={"a": 2}, tenant=TENANT, result_kind="nodes")

    assert now.differences(recorded) == ("cache_mode", "result_kind", "spec")
    assert now.differences(now) == ()


@given(st.dictionaries(st.text(min_size=1), LEAVES), st.dictionaries(st.text(min_size=1), LEAVES))
def test_fingerprints_are_equal_exactly_where_no_part_differs(one: dict[str, Any], other: dict[str, Any]) -> None:
    a, b = Fingerprint.of(**one), Fingerprint.of(**other)

    assert (a == b) == (a.differences(b) == ()) == (a.digest == b.digest)


@given(JSON)
def test_a_fingerprint_comes_back_from_json_as_it_was(spec: Any) -> None:
    assert Fingerprint(json.loads(json.dumps(dict(of(spec).parts)))) == of(spec)


def test_text_that_json_can_hold_and_utf8_cannot_has_a_fingerprint_too() -> None:
    assert of("\ud800") != of("\ud801")


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_what_json_cannot_hold_is_refused(number: float) -> None:
    with pytest.raises(ArgumentError, match="JSON"):
        of({"value": number})
