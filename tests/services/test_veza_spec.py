"""Which query specs are sent, which are refused and where, and which are sent with a warning."""

from __future__ import annotations

import doctest
import json
import math
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from airflow_provider_veza.exceptions import QuerySpecError
from airflow_provider_veza.services import veza_spec
from airflow_provider_veza.services.veza_spec import check_query_spec
from airflow_provider_veza.services.veza_spec_shapes import SHAPES, OneOf

SAMPLES = Path(__file__).parent / "samples"


def spec(**fields: Any) -> dict[str, Any]:
    return {"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}, **fields}


def source(**fields: Any) -> dict[str, Any]:
    return {"source_node_types": {"nodes": [{"node_type": "OktaUser", **fields}]}}


def condition(**fields: Any) -> dict[str, Any]:
    return source(condition_expression={"specs": [{"property": "is_active", "value": True, **fields}]})


def relation(**fields: Any) -> dict[str, Any]:
    return spec(relates_to_exp={"specs": [fields]})


def sample_specs() -> Iterator[Any]:
    for path in sorted(SAMPLES.glob("req_*.json")):
        body = json.loads(path.read_text())
        if "source_node_types" in body:
            yield pytest.param(body, id=path.stem)
        for mode in ("cached_result_if_available", "immediate_run"):
            if mode in body:
                yield pytest.param(body[mode]["request"]["body"], id=path.stem)


def saved_queries() -> Iterator[Any]:
    for path in sorted(SAMPLES.glob("report_*.json")):
        for query in json.loads(path.read_text())["queries"]:
            yield pytest.param(query, id=f"{path.stem}: {query['name']}")


# What passes


NUMBERED = [
    pytest.param(kind, id=f"{name}.{field}")
    for name, shape in SHAPES.items()
    for field, kind in shape.fields.items()
    if isinstance(kind, OneOf)
]


@pytest.mark.parametrize("kind", NUMBERED)
def test_every_field_that_takes_a_name_takes_the_numbers_that_are_known(kind: OneOf) -> None:
    assert kind.knows(0)
    assert not kind.knows(len(kind.numbers))


def test_a_spec_in_numbers_passes_without_a_warning() -> None:
    condition_in_numbers = {"specs": [{"fn": 3, "property": "logins", "value": 1}], "operator": 1}
    counted = {"specs": [{"fn": 4, "value": 3, "value_as": 1}], "operator": 0}
    bucket = {"node_type": "S3Bucket", "count_condition_expression": counted}
    related = {"node_types": {"nodes": [bucket], "nodes_operator": 1}, "direction": 0}
    body = source(condition_expression=condition_in_numbers) | {
        "query_type": 1,
        "node_relationship_type": 1,
        "result_value_type": 0,
        "relates_to_exp": {"specs": [related], "operator": 1},
        "access_filter": {"over_provisioned_score": {"op": 2, "value": 80}},
    }
    assert check_query_spec(body).warnings == ()


@pytest.mark.parametrize("body", list(sample_specs()))
def test_the_spec_of_every_sample_request_passes_unchanged_and_has_no_unknown_fields(body: dict[str, Any]) -> None:
    checked = check_query_spec(body)

    assert checked.body == body
    assert not [warning for warning in checked.warnings if "deprecated" not in warning]


@pytest.mark.parametrize("query", list(saved_queries()))
def test_every_saved_query_of_the_sample_reports_passes_and_only_what_a_spec_lacks_is_unknown(
    query: dict[str, Any],
) -> None:
    checked = check_query_spec(query)

    assert checked.body == query
    unknown = {warning.split("; ")[0] for warning in checked.warnings if "deprecated" not in warning}
    assert unknown <= {"Unknown field name", "Unknown field description", "Unknown field labels"}


@pytest.mark.parametrize(
    "body",
    [
        spec(query_type="SOURCE_TO_DESTINATION"),
        spec(query_type="source_to_destination"),
        spec(query_type=0),
        spec(query_type=2),
        spec(snapshot_id="0"),
        spec(snapshot_id=10**400),
        spec(access_filter=None),
        spec(relates_to_exp={}),
        spec(additional_columns_to_get=["ANY", 3]),
        condition(value=None),
        condition(value=[1, "a", {"b": []}]),
        condition(fn="list_contains"),
        relation(avoided_intermediate_node_types={"nodes": []}),
        relation(effective_permissions={"values": ["DATA_READ", "metadata_write"], "operator": "or"}),
        source(tags_to_get=[{"type": 1, "key": "team"}]),
        source(count_condition_expression={"specs": [{"fn": "GT", "value": "3", "value_as": "COUNT"}]}),
    ],
    ids=str,
)
def test_what_the_api_documents_passes_without_a_warning(body: dict[str, Any]) -> None:
    checked = check_query_spec(body)

    assert checked.body == body
    assert checked.warnings == ()


# What is refused


@pytest.mark.parametrize(
    ("body", "path", "problem"),
    [
        (None, "the top level", "expected a dict, got null"),
        ([], "the top level", "expected a dict, got a list ([])"),
        ("queries/access.json", "the top level", "expected a dict, got text ('queries/access.json')"),
        ('{"query_type": 1}', "the top level", "looks like unparsed JSON"),
        (' [{"a": 1}]', "the top level", "looks like unparsed JSON"),
        ({}, "the top level", "it is empty"),
        ({"query_type": 1}, "source_node_types", "it is missing"),
        (spec(source_node_types=None), "source_node_types", "it is empty"),
        (spec(source_node_types={}), "source_node_types", "it is empty"),
        (spec(source_node_types=["OktaUser"]), "source_node_types", "expected a dict, got a list"),
        (spec(source_node_types='{"nodes": []}'), "source_node_types", "looks like unparsed JSON"),
        (spec(source_node_types={"nodes_operator": "OR"}), "source_node_types.nodes", "it is missing"),
        (spec(source_node_types={"nodes": []}), "source_node_types.nodes", "it is empty"),
        (spec(source_node_types={"nodes": "OktaUser"}), "source_node_types.nodes", "expected a list, got text"),
        (spec(source_node_types={"nodes": ["OktaUser"]}), "source_node_types.nodes[0]", "expected a dict, got text"),
        (spec(source_node_types={"nodes": [None]}), "source_node_types.nodes[0]", "expected a dict, got null"),
        (source(node_type=""), "source_node_types.nodes[0].node_type", "it is empty"),
        (source(node_type="  "), "source_node_types.nodes[0].node_type", "it is empty"),
        (source(node_type=None), "source_node_types.nodes[0].node_type", "it is empty"),
        (source(node_type=7), "source_node_types.nodes[0].node_type", "expected text, got a number (7)"),
        (
            spec(source_node_types={"nodes": [{"node_type": "OktaUser"}, {"node_id": "00u"}]}),
            "source_node_types.nodes[1].node_type",
            "it is missing",
        ),
        (spec(query_type=True), "query_type", "expected a number or text, got a bool (True)"),
        (spec(query_type=["x"]), "query_type", "expected a number or text, got a list"),
        (spec(include_nodes="true"), "include_nodes", "expected a bool, got text ('true')"),
        (spec(include_nodes=1), "include_nodes", "expected a bool, got a number (1)"),
        (spec(customized_variables={}), "customized_variables", "expected a list, got a dict"),
        (spec(access_filter=[]), "access_filter", "expected a dict, got a list"),
        (spec(snapshot_id=False), "snapshot_id", "expected a number or text, got a bool"),
        (
            spec(access_filter={"over_provisioned_score": 100}),
            "access_filter.over_provisioned_score",
            "expected a dict, got a number",
        ),
        (source(properties_to_get=["id", 5]), "source_node_types.nodes[0].properties_to_get[1]", "expected text"),
        (
            condition(**{"not": "no"}),
            "source_node_types.nodes[0].condition_expression.specs[0].not",
            "expected a bool, got text ('no')",
        ),
        (
            source(condition_expression={"child_expressions": [{"child_expressions": [{"specs": {}}]}]}),
            "source_node_types.nodes[0].condition_expression.child_expressions[0].child_expressions[0].specs",
            "expected a list, got a dict",
        ),
        (
            source(count_condition_expression={"child_expressions": [{"not": 0}]}),
            "source_node_types.nodes[0].count_condition_expression.child_expressions[0].not",
            "expected a bool",
        ),
        (
            relation(node_types={"nodes": [{"node_type": "S3Bucket"}, {}]}),
            "relates_to_exp.specs[0].node_types.nodes[1].node_type",
            "it is missing",
        ),
        (
            spec(relates_to_exp={"child_expressions": [{"specs": [{"no_relation": "false"}]}]}),
            "relates_to_exp.child_expressions[0].specs[0].no_relation",
            "expected a bool",
        ),
        (
            relation(raw_permissions=["s3:GetObject"]),
            "relates_to_exp.specs[0].raw_permissions",
            "expected a dict, got a list",
        ),
        (
            relation(effective_permissions={"values": [["DATA_READ"]]}),
            "relates_to_exp.specs[0].effective_permissions.values[0]",
            "expected a number or text",
        ),
        (spec(destination_node_types={"nodes": [{}]}), "destination_node_types.nodes[0].node_type", "it is missing"),
        (spec(no_relation="yes"), "no_relation", "expected a bool"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_shape_is_refused_with_the_path_of_the_field(body: Any, path: str, problem: str) -> None:
    with pytest.raises(QuerySpecError) as refusal:
        check_query_spec(body)

    assert refusal.value.path == path
    assert problem in refusal.value.problem
    assert str(refusal.value).endswith("Nothing was submitted.")


@pytest.mark.parametrize(
    ("body", "path", "problem"),
    [
        (
            condition(value=math.nan),
            "source_node_types.nodes[0].condition_expression.specs[0].value",
            "JSON has no nan",
        ),
        (spec(new_field=[math.inf]), "new_field[0]", "JSON has no inf"),
        (spec(new_field={"at": datetime(2026, 1, 1)}), "new_field.at", "has no time zone"),  # noqa: DTZ001
        (spec(new_field={1}), "new_field", "a set is not plain JSON"),
        (spec(new_field=("a",)), "new_field", "a tuple is not plain JSON"),
        (spec(new_field=b"a"), "new_field", "a bytes is not plain JSON"),
        (spec(new_field={"a": {1: "x"}}), "new_field.a", "the key 1 is int"),
        (spec() | {True: "x"}, "the top level", "the key True is bool"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_json_cannot_hold_is_refused_also_in_fields_that_are_unknown(
    body: dict[Any, Any], path: str, problem: str
) -> None:
    with pytest.raises(QuerySpecError) as refusal:
        check_query_spec(body)

    assert refusal.value.path == path
    assert problem in refusal.value.problem


def test_a_spec_that_contains_itself_as_yaml_can_write_it_is_refused() -> None:
    endless = spec(relates_to_exp={"child_expressions": []})
    endless["relates_to_exp"]["child_expressions"].append(endless["relates_to_exp"])

    with pytest.raises(QuerySpecError, match="contains itself"):
        check_query_spec(endless)


@pytest.mark.parametrize("wrapper", ["cached_result_if_available", "immediate_run"])
def test_a_whole_request_is_refused_with_what_to_pass_instead(wrapper: str) -> None:
    with pytest.raises(QuerySpecError, match=r"pass only what stands in its request\.body") as refusal:
        check_query_spec({wrapper: {"request": {"body": spec()}}})

    assert refusal.value.path == wrapper


# What is warned of


@pytest.mark.parametrize(
    ("body", "warning"),
    [
        (spec(new_field=1), "Unknown field new_field; it is sent as it is, and Veza may ignore it."),
        (spec(request=1), "Unknown field request; it is sent as it is, and Veza may ignore it."),
        (
            source(condition_expresion={}),
            (
                "Unknown field source_node_types.nodes[0].condition_expresion (did you mean condition_expression?); "
                "it is sent as it is, and Veza may ignore it."
            ),
        ),
        (
            relation(direction="INWARDS"),
            "Unknown name 'INWARDS' at relates_to_exp.specs[0].direction (known: ANY_DIRECTION); it is sent as it is.",
        ),
        (
            relation(effective_permissions={"values": ["data_raed"]}),
            (
                "Unknown name 'data_raed' at relates_to_exp.specs[0].effective_permissions.values[0] "
                "(did you mean DATA_READ?); it is sent as it is."
            ),
        ),
        (
            spec(query_type=3),
            (
                "Unknown name 3 at query_type (known: SYSTEM_CREATED, SOURCE_TO_DESTINATION, DESTINATION_NODES); "
                "it is sent as it is."
            ),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_unknown_passes_with_one_warning_since_the_api_grows(body: dict[str, Any], warning: str) -> None:
    checked = check_query_spec(body)

    assert checked.body == body
    assert checked.warnings == (warning,)


def test_the_same_unknown_thing_in_many_places_is_said_once_with_the_first_place() -> None:
    nodes = [{"node_type": name, "colour": 1, "condition_expression": {"operator": "XOR"}} for name in "abc"]

    warnings = check_query_spec({"source_node_types": {"nodes": nodes}}).warnings

    assert [warning.split(";")[0] for warning in warnings] == [
        "Unknown field source_node_types.nodes[0].colour",
        "Unknown name 'XOR' at source_node_types.nodes[0].condition_expression.operator (did you mean OR?)",
    ]


def test_the_same_name_in_two_kinds_of_places_is_two_unknown_things() -> None:
    assert len(check_query_spec({**source(colour=1), "colour": 1}).warnings) == 2


def test_the_body_shares_nothing_with_the_callers_spec() -> None:
    body = spec()

    check_query_spec(body).body["source_node_types"]["nodes"].clear()

    assert body == spec()


def test_the_example_in_the_docstring_is_true() -> None:
    assert doctest.testmod(veza_spec).failed == 0


def test_yaml_aliases_in_aliases_are_refused_before_they_fill_the_memory() -> None:
    layers = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    layers += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]

    with pytest.raises(QuerySpecError, match="more than 500000 values, as YAML with aliases in aliases does"):
        check_query_spec(yaml.safe_load("\n".join([*layers, "source_node_types: *a11"])))


@pytest.mark.parametrize("value", ["['a', 'b']", '["a"]', "{'a': None}"])
def test_a_list_that_a_template_has_shown_as_text_is_sent_as_text_and_said(value: str) -> None:
    condition = {"fn": "IN", "property": "name", "value": value}
    node_type = {"node_type": "OktaUser", "condition_expression": {"specs": [condition]}}

    checked = check_query_spec({"source_node_types": {"nodes": [node_type]}})

    assert len(checked.warnings) == 1
    assert "specs[0].value looks like a list or an object that a template has shown" in checked.warnings[0]
    assert checked.body["source_node_types"]["nodes"][0]["condition_expression"]["specs"] == [condition]


@pytest.mark.parametrize("value", ["[prod] bucket", "(a)", "{a}", "a, b", "7", ["a", "b"], None])
def test_another_text_is_nothing_to_speak_of(value: object) -> None:
    condition = {"fn": "EQ", "property": "name", "value": value}
    node_type = {"node_type": "OktaUser", "condition_expression": {"specs": [condition]}}

    assert check_query_spec({"source_node_types": {"nodes": [node_type]}}).warnings == ()


@pytest.mark.parametrize(
    ("around", "where"),
    [
        (lambda spec: {"query_spec": spec}, "query_spec"),
        (lambda spec: {"value": {"id": "q1", "name": "Users", "query": spec}}, "value.query"),
        (lambda spec: {"queries": {"one": {"definition": {"body": spec}}}}, "queries.one.definition.body"),
    ],
    ids=["a request", "the answer that shows a saved query", "deep"],
)
def test_a_spec_inside_of_something_else_is_found_there(around: Any, where: str) -> None:
    with pytest.raises(QuerySpecError, match="the query spec stands here, inside of something else") as refused:
        check_query_spec(around({"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}))

    assert refused.value.path == where
