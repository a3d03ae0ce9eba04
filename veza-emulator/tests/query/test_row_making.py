"""What rows a query answers, what they show, and in which order."""

from __future__ import annotations

from typing import Any

import pytest

from tests.asking import ask
from tests.small_tenant import (
    ANN,
    BOB,
    BUCKET,
    CAT,
    GRAPH,
    OTHER,
    READ,
    WRITE,
    found,
    node,
    nodes,
    paths,
    related,
    sources,
)
from veza_emulator.graph.tenant_graph import Grant, TenantGraph, Use
from veza_emulator.query.rows import PathRow


def test_a_path_row_shows_the_permissions_of_the_paths_that_count() -> None:
    def shown(**fields: Any) -> list[set[str]]:
        rows = ask(GRAPH, paths(related(node("OktaUser", node_id="u1"), node("S3Bucket", node_id="b1"), **fields))).rows
        return [set(row.raw_permissions) for row in rows if isinstance(row, PathRow)]

    assert shown() == [READ | WRITE]
    assert shown(required_intermediate_node_types=nodes("AwsIamRole")) == [READ]
    assert shown(avoided_intermediate_node_types=nodes("AwsIamRole")) == [WRITE]
    assert shown(raw_permissions={"values": ["s3:PutObject"]}) == [READ | WRITE]


@pytest.mark.parametrize(
    ("score", "ids"),
    [
        ({"op": "LTE", "value": 100}, ["u1", "u2", "u3"]),
        ({"op": 2, "value": 100}, ["u1", "u2", "u3"]),
        ({"op": "GTE", "value": 50}, ["u1", "u2"]),
        ({"op": "GT", "value": 50}, ["u2"]),
        ({"op": "EQ", "value": 100}, ["u2"]),
        ({"value": 100}, ["u2"]),
    ],
)
def test_an_access_filter_asks_for_the_share_of_access_that_is_not_used(score: dict[str, Any], ids: list[str]) -> None:
    graph = TenantGraph(
        [ANN, BOB, CAT, BUCKET, OTHER],
        [],
        [Grant("u1", "b1", READ), Grant("u1", "b2", READ), Grant("u2", "b1", READ)],
        uses=[Use("u1", "b1")],
    )
    counted = {"specs": [{"fn": "GTE", "value": 0}], "include_zero_count_results": True}
    spec = related("IdPUser", node("S3Bucket", count_condition_expression=counted))
    assert sources({**spec, "access_filter": {"over_provisioned_score": score}}, graph=graph) == ids


def test_a_source_shows_how_much_of_its_access_it_uses() -> None:
    graph = TenantGraph(
        [ANN, BUCKET, OTHER], [], [Grant("u1", "b1", READ), Grant("u1", "b2", READ)], uses=[Use("u1", "b1")]
    )
    (row,) = ask(graph, related("OktaUser", "S3Bucket")).rows
    assert row.render()["engagement_access_stats"] == {
        "engagement_score": 50,
        "over_provisioned_score": 50,
        "total_count": "2",
        "accessed_count": "1",
    }


def test_a_path_summary_shows_and_counts_the_nodes_on_the_way() -> None:
    summary = {"path_summary_node_types": nodes("OktaGroup", "AwsIamRole")}
    (row, *_) = ask(GRAPH, paths(related("OktaUser", "S3Bucket"), **summary)).rows
    assert [one["id"] for one in row.render()["path_summary_nodes"]] == ["g1", "g2", "r1"]
    for value, ids in ((2, ["u1"]), (3, [])):
        counted = {"conditions": [{"fn": "GT", "value": value}]}
        assert sources({**related("IdPUser", "S3Bucket"), **summary, "path_summary_count_conditions": counted}) == ids


def test_destination_nodes_are_a_row_each() -> None:
    assert found({**related("IdPUser", "S3Bucket"), "query_type": "DESTINATION_NODES"}) == [("b2", 0), ("b1", 0)]


@pytest.mark.parametrize(
    ("order", "ids"),
    [
        ({"order_by": "destination_node_count DESC"}, ["b1", "b2", "a2"]),
        ({"order_by": "destination_node_count"}, ["b2", "a2", "b1"]),
        ({"result_order_by": "id DESC"}, ["b2", "b1", "a2"]),
        ({"result_order_by": "type, id desc"}, ["a2", "b2", "b1"]),
        ({"result_order_by": "properties.aws_account_id"}, ["b1", "b2", "a2"]),
        ({"result_order_by": "properties.aws_account_id DESC"}, ["b2", "a2", "b1"]),
    ],
)
def test_rows_come_in_the_order_that_is_asked_for(order: dict[str, str], ids: list[str]) -> None:
    destinations = nodes("OktaUser", "AzureADUser", node("OAA.App.User"))
    avoided = nodes("OktaGroup")
    spec = {
        "source_node_types": nodes("Resource"),
        "relates_to_exp": {"specs": [{"node_types": destinations, "avoided_intermediate_node_types": avoided}]},
    }
    assert sources({**spec, **order}) == ids


def test_path_rows_are_ordered_by_either_end() -> None:
    spec = paths(related("IdPUser", "S3Bucket"), result_order_by="destination.properties.name, source.risk_level DESC")
    assert found(spec) == [("u1", "b2"), ("u2", "b2"), ("u1", "b1"), ("u2", "b1")]
    assert found(paths(related("IdPUser", "S3Bucket"), order_by="risk_score DESC"))[0] == ("u2", "b1")


def test_rows_in_another_order_are_paged_through_once_each() -> None:
    result = ask(GRAPH, paths(related("IdPUser", "S3Bucket"), result_order_by="destination.id DESC"))
    assert [result.place_after(row.key) for row in result.rows] == [1, 2, 3, 4]


def test_a_row_shows_the_properties_and_tags_that_are_asked_for() -> None:
    selector = node("OktaUser", node_id="u1", properties_to_get=["name", "no_such"], tags_to_get=[{"key": "team"}])
    (row,) = ask(GRAPH, {"source_node_types": nodes(selector), "include_all_source_tags_in_results": True}).rows
    rendered = row.render()
    tag = {"type": "AWS", "key": "team", "value": "finance", "properties": {}}
    assert rendered["properties"] == {"name": "Ann"}
    assert (rendered["tags"], rendered["specified_tags"]) == ([tag], [tag])


def test_a_source_row_sums_up_its_permissions_if_asked() -> None:
    rows = ask(GRAPH, {**related("OktaUser", "S3Bucket"), "include_permissions_summary": True}).rows
    assert rows[0].render()["raw_permissions"] == ["s3:GetObject", "s3:PutObject"]
    assert rows[0].render()["effective_permissions"] == ["DATA_CREATE", "DATA_READ", "DATA_WRITE"]
    assert ask(GRAPH, related("OktaUser", "S3Bucket")).rows[0].render()["raw_permissions"] == []
