"""What becomes of the deprecated fields of a query spec, and what holds for any spec whatever."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_veza.exceptions import QuerySpecError
from airflow_provider_veza.services.veza_spec import DeprecatedFields, check_query_spec

REPORT = Path(__file__).parent / "samples" / "report_test_oaaclient-py.json"
DEPRECATED = {
    "destination_node_types": {"nodes": [{"node_type": "S3Bucket"}]},
    "required_intermediate_node_types": {"nodes": [{"node_type": "AwsIamPolicy"}]},
    "avoided_intermediate_node_types": {"nodes": [{"node_type": "AwsIamGroup"}]},
    "raw_permissions": {"values": ["s3:PutBucketAcl"], "operator": "OR"},
    "effective_permissions": {"values": ["DATA_READ"], "operator": "OR"},
    "no_relation": True,
}
PLACEHOLDERS: list[Any] = [None, [], {}, False, {"values": []}, {"nodes": []}, {"values": [], "operator": "OR"}]


def spec(**fields: Any) -> dict[str, Any]:
    return {"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}, **fields}


def relation(**fields: Any) -> dict[str, Any]:
    return spec(relates_to_exp={"specs": [fields]})


@pytest.mark.parametrize("name", DEPRECATED)
def test_a_deprecated_field_that_says_something_is_sent_with_a_warning(name: str) -> None:
    body = spec(**{name: DEPRECATED[name]})

    checked = check_query_spec(body)

    assert checked.body == body
    (warning,) = checked.warnings
    assert warning.startswith(f"{name} is deprecated")
    assert "rewrite_deprecated" in warning


@pytest.mark.parametrize("name", DEPRECATED)
def test_rewriting_moves_a_deprecated_field_into_relates_to_exp_and_says_so(name: str) -> None:
    checked = check_query_spec(spec(**{name: DEPRECATED[name]}), DeprecatedFields.REWRITE)

    current = "node_types" if name == "destination_node_types" else name
    assert checked.body == relation(**{current: DEPRECATED[name]})
    (warning,) = checked.warnings
    assert warning == (
        f"{name} is deprecated at the top level of a query spec; it was rewritten to relates_to_exp.specs[0].{current}."
    )


def test_rewriting_makes_one_relation_of_all_deprecated_fields() -> None:
    checked = check_query_spec(spec(query_type=1, **DEPRECATED), DeprecatedFields.REWRITE)

    fields = {**DEPRECATED, "node_types": DEPRECATED["destination_node_types"]}
    del fields["destination_node_types"]
    assert checked.body == {"query_type": 1, **relation(**fields)}
    assert len(checked.warnings) == len(DEPRECATED)


@pytest.mark.parametrize("unset", [None, {}, {"specs": [], "child_expressions": [], "operator": "AND", "not": False}])
def test_rewriting_replaces_a_relates_to_exp_that_says_nothing(unset: dict[str, Any] | None) -> None:
    checked = check_query_spec(spec(no_relation=True, relates_to_exp=unset), DeprecatedFields.REWRITE)

    assert checked.body == relation(no_relation=True)


@pytest.mark.parametrize("name", DEPRECATED)
def test_rewriting_does_not_guess_how_a_deprecated_field_and_relates_to_exp_combine(name: str) -> None:
    both = relation(no_relation=False) | {name: DEPRECATED[name]}

    with pytest.raises(QuerySpecError) as refusal:
        check_query_spec(both, DeprecatedFields.REWRITE)

    assert refusal.value.path == "relates_to_exp"
    assert name in refusal.value.problem
    assert check_query_spec(both).body == both


@pytest.mark.parametrize("name", DEPRECATED)
@pytest.mark.parametrize("placeholder", PLACEHOLDERS, ids=str)
def test_a_placeholder_in_a_deprecated_field_is_sent_unchanged_and_dropped_by_rewriting(
    name: str, placeholder: Any
) -> None:
    body = relation(no_relation=True) | {name: placeholder}

    kept, dropped = check_query_spec(body), check_query_spec(body, DeprecatedFields.REWRITE)

    assert (kept.body, kept.warnings) == (body, ())
    assert (dropped.body, dropped.warnings) == (relation(no_relation=True), ())


def test_a_deprecated_field_is_checked_as_it_would_be_in_its_current_place() -> None:
    with pytest.raises(QuerySpecError) as refusal:
        check_query_spec(spec(raw_permissions={"values": "s3:GetObject"}), DeprecatedFields.REWRITE)

    assert refusal.value.path == "raw_permissions.values"


@pytest.mark.parametrize("query", json.loads(REPORT.read_text())["queries"], ids=lambda query: query["name"])
def test_a_saved_query_of_the_old_form_can_be_rewritten_and_then_has_nothing_deprecated(query: dict[str, Any]) -> None:
    rewritten = check_query_spec(query, DeprecatedFields.REWRITE)

    assert ("relates_to_exp" in rewritten.body) == ("destination_node_types" in query)
    assert not [warning for warning in check_query_spec(rewritten.body).warnings if "deprecated" in warning]


FIELDS_OF_ALL_LEVELS = (
    "query_type source_node_types relates_to_exp nodes node_type specs child_expressions condition_expression fn value "
    "operator not values include_nodes"
)
KNOWN_NAMES = st.sampled_from([*FIELDS_OF_ALL_LEVELS.split(), *DEPRECATED])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KNOWN_NAMES | st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)
CONDITIONS = st.recursive(
    st.fixed_dictionaries(
        {}, optional={"specs": st.lists(st.fixed_dictionaries({"property": st.text(), "value": JSON}), max_size=2)}
    ),
    lambda inner: st.fixed_dictionaries({"child_expressions": st.lists(inner, max_size=2), "not": st.booleans()}),
    max_leaves=5,
)
NODE_TYPES = st.fixed_dictionaries(
    {
        "nodes": st.lists(
            st.fixed_dictionaries(
                {"node_type": st.sampled_from(["OktaUser", "S3Bucket"])}, optional={"condition_expression": CONDITIONS}
            ),
            min_size=1,
            max_size=3,
        )
    }
)
SPECS = st.fixed_dictionaries(
    {"source_node_types": NODE_TYPES},
    optional={
        "query_type": st.sampled_from(["SOURCE_TO_DESTINATION", "destination_nodes", 1, 9]),
        "destination_node_types": NODE_TYPES | st.sampled_from(PLACEHOLDERS),
        "no_relation": st.booleans(),
        "raw_permissions": st.sampled_from([DEPRECATED["raw_permissions"], *PLACEHOLDERS]),
        "new_field": JSON,
    },
)
REPEATABLE = settings(deadline=None, derandomize=True)


@REPEATABLE
@given(SPECS)
def test_a_right_spec_is_sent_as_it_is(body: dict[str, Any]) -> None:
    assert json.dumps(check_query_spec(body).body) == json.dumps(body)


@REPEATABLE
@given(SPECS)
def test_rewriting_twice_is_rewriting_once_and_leaves_nothing_deprecated(body: dict[str, Any]) -> None:
    once = check_query_spec(body, DeprecatedFields.REWRITE).body
    twice = check_query_spec(once, DeprecatedFields.REWRITE)

    assert twice.body == once
    assert not DEPRECATED.keys() & once.keys()
    assert not [warning for warning in twice.warnings if "deprecated" in warning]


@REPEATABLE
@given(
    SPECS | JSON | st.dictionaries(KNOWN_NAMES, JSON).map(lambda odd: spec(**odd)), st.sampled_from(DeprecatedFields)
)
def test_any_json_whatever_is_either_refused_or_sent_and_never_changed_in_the_callers_hands(
    given_spec: Any, deprecated: DeprecatedFields
) -> None:
    before = copy.deepcopy(given_spec)

    with suppress(QuerySpecError):
        body = check_query_spec(given_spec, deprecated).body
        assert json.loads(json.dumps(body, allow_nan=False)) == body

    assert given_spec == before
