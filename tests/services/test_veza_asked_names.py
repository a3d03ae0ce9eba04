"""Which names of a spec are listed where nothing was found."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_veza.services.veza_asked_names import warning_of_nothing_found

USERS: dict[str, Any] = {"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}
CONDITION = {"specs": [{"fn": "EQ", "property": "departmnt", "value": "node_type"}, {"property": "name"}]}


@pytest.mark.parametrize(
    ("spec", "asked"),
    [
        (USERS, "node types 'OktaUser'"),
        (
            {"source_node_types": {"nodes": [{"node_type": "OktaUser", "condition_expression": CONDITION}]}},
            "node types 'OktaUser'; properties 'departmnt', 'name'",
        ),
        (
            {**USERS, "relates_to_exp": {"specs": [{"node_types": {"nodes": [{"node_type": "S3Bucket"}]}}]}},
            "node types 'OktaUser', 'S3Bucket'",
        ),
        (
            {"source_node_types": {"nodes": [{"node_type": "A", "properties_to_get": ["b", "b", "c"]}]}},
            "node types 'A'; properties 'b', 'c'",
        ),
        ({"nodes": [{"node_type_grouping_constraint": {"node_types": ["A", "B"]}}]}, "node types 'A', 'B'"),
    ],
    ids=["a type", "properties of conditions", "types on both ends", "properties to get, once", "a list of types"],
)
def test_types_and_properties_are_listed_in_the_order_of_the_spec(spec: dict[str, Any], asked: str) -> None:
    assert warning_of_nothing_found(spec).endswith(f"Asked for: {asked}.")


def test_a_spec_that_names_nothing_draws_no_warning() -> None:
    assert warning_of_nothing_found({}) == ""
