"""The evaluator against a slow one that is obviously correct, and the reading of single conditions."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_veza.emulator.evaluate import evaluate
from airflow_provider_veza.emulator.fields import Fields, Findings
from airflow_provider_veza.emulator.graph import Grant, Link, Node, TenantGraph
from airflow_provider_veza.emulator.permissions import effective_permissions
from airflow_provider_veza.emulator.query_spec import QuerySpec, read_query_spec
from airflow_provider_veza.emulator.rows import PathRow

TYPES = ("OktaUser", "OktaGroup", "AwsIamRole", "S3Bucket")
RAW = ("s3:GetObject", "s3:PutObject", "s3:ListBucket")
EFFECTIVE = ("DATA_READ", "DATA_WRITE", "METADATA_READ")


def spec_of(value: dict[str, Any]) -> QuerySpec:
    findings = Findings()
    spec = read_query_spec(Fields(value, findings))
    findings.raise_violations()
    return spec


@st.composite
def drawn_tenants(draw: st.DrawFn) -> tuple[list[Node], list[Link], list[Grant]]:
    types = draw(st.lists(st.sampled_from(TYPES), min_size=2, max_size=7))
    names = draw(st.lists(st.sampled_from(("ann", "Ann", "bob")), min_size=len(types), max_size=len(types)))
    nodes = [
        Node(f"n{number}", kind, {"name": name}) for number, (kind, name) in enumerate(zip(types, names, strict=True))
    ]
    ids = st.sampled_from([node.id for node in nodes])
    links = draw(st.lists(st.builds(Link, ids, ids), max_size=8))
    raw = st.frozensets(st.sampled_from(RAW), min_size=1)
    return nodes, links, draw(st.lists(st.builds(Grant, ids, ids, raw), max_size=6))


def node_types(draw: st.DrawFn) -> dict[str, Any]:
    conditions = st.fixed_dictionaries(
        {"property": st.just("name"), "value": st.sampled_from(("ann", "Ann", "bob")), "not": st.booleans()}
    )
    expression = {"specs": draw(st.lists(conditions, max_size=2)), "operator": draw(st.sampled_from(("AND", "OR")))}
    types = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=2))
    return {"nodes": [{"node_type": kind, "condition_expression": expression} for kind in types]}


def permissions(draw: st.DrawFn, choices: tuple[str, ...]) -> dict[str, Any]:
    return {
        "values": draw(st.lists(st.sampled_from(choices), max_size=2)),
        "operator": draw(st.sampled_from(("AND", "OR"))),
    }


@st.composite
def drawn_specs(draw: st.DrawFn) -> dict[str, Any]:
    no_relation = draw(st.booleans())
    relation = {
        "node_types": node_types(draw),
        "raw_permissions": permissions(draw, RAW),
        "effective_permissions": permissions(draw, EFFECTIVE),
        "no_relation": no_relation,
    }
    kinds = (
        ("SOURCE_NODES_WITH_COUNTS",) if no_relation else ("SOURCE_NODES_WITH_COUNTS", "SOURCE_AND_DESTINATION_NODES")
    )
    return {
        "source_node_types": node_types(draw),
        "relates_to_exp": {"specs": [relation]},
        "result_value_type": draw(st.sampled_from(kinds)),
    }


class ObviousTenant:
    """Answers the same questions by trying every pair of nodes and every path."""

    def __init__(self, nodes: list[Node], links: list[Link], grants: list[Grant]) -> None:
        self.nodes = nodes
        self.grants = grants
        self.edges = {(link.source, link.target) for link in links} | {
            (grant.source, grant.resource) for grant in grants
        }

    def reaches(self, start: str, goal: str) -> bool:
        seen: set[str] = set()
        waiting = [target for source, target in self.edges if source == start]
        while waiting:
            here = waiting.pop()
            if here not in seen:
                seen.add(here)
                waiting += [target for source, target in self.edges if source == here]
        return goal in seen

    def permissions(self, holder: str, resource: str) -> set[str]:
        given = [grant for grant in self.grants if grant.resource == resource]
        return {
            raw
            for grant in given
            if grant.source == holder or self.reaches(holder, grant.source)
            for raw in grant.raw_permissions
        }

    def relations(self, spec: dict[str, Any]) -> dict[tuple[str, str], set[str]]:
        relation = spec["relates_to_exp"]["specs"][0]
        pairs = product(self.selected(spec["source_node_types"]), self.selected(relation["node_types"]))
        related = {
            (one, other): self.permissions(one, other) | self.permissions(other, one)
            for one, other in pairs
            if one != other and (self.reaches(one, other) or self.reaches(other, one))
        }
        return {pair: raw for pair, raw in related.items() if self.permitted(raw, relation)}

    def permitted(self, raw: set[str], relation: dict[str, Any]) -> bool:
        effective = {str(permission) for permission in effective_permissions(raw)}
        held = {"raw_permissions": raw, "effective_permissions": effective}
        return all(self.passes(held[name], relation[name]) for name in held)

    def passes(self, held: set[str], wanted: dict[str, Any]) -> bool:
        values = set(wanted["values"])
        return not values or (values <= held if wanted["operator"] == "AND" else bool(values & held))

    def selected(self, wanted: dict[str, Any]) -> set[str]:
        return {node.id for node in self.nodes for item in wanted["nodes"] if self.selects(item, node)}

    def selects(self, item: dict[str, Any], node: Node) -> bool:
        expression = item["condition_expression"]
        held = [(node.properties["name"] == one["value"]) is not one["not"] for one in expression["specs"]]
        combine = all if expression["operator"] == "AND" else any
        return node.type == item["node_type"] and (not held or combine(held))

    def answer(self, spec: dict[str, Any]) -> list[tuple[object, ...]]:
        related = self.relations(spec)
        if spec["relates_to_exp"]["specs"][0]["no_relation"]:
            unrelated = self.selected(spec["source_node_types"]) - {source for source, _ in related}
            return self.ordered([(source, 0) for source in unrelated])
        if spec["result_value_type"] == "SOURCE_AND_DESTINATION_NODES":
            return self.ordered([(source, other, frozenset(raw)) for (source, other), raw in related.items()])
        sources = {source for source, _ in related}
        return self.ordered([(source, sum(source == one for one, _ in related)) for source in sources])

    def ordered(self, rows: list[tuple[Any, ...]]) -> list[tuple[object, ...]]:
        names = {node.id: str(node.properties["name"]).lower() for node in self.nodes}
        return sorted(rows, key=lambda row: (names[row[0]], row[0], str(row[1])))


def evaluated(graph: TenantGraph, spec: dict[str, Any]) -> list[tuple[object, ...]]:
    return [
        (row.source.id, row.destination.id, row.raw_permissions)
        if isinstance(row, PathRow)
        else (row.source.id, row.destination_count)
        for row in evaluate(graph, spec_of(spec)).rows
    ]


@given(drawn_tenants(), drawn_specs())
def test_any_spec_over_any_tenant_is_answered_as_by_trying_every_path(
    tenant: tuple[list[Node], list[Link], list[Grant]], spec: dict[str, Any]
) -> None:
    assert evaluated(TenantGraph(*tenant), spec) == ObviousTenant(*tenant).answer(spec)


@given(drawn_tenants())
def test_relations_are_the_same_from_the_few_sources_as_from_the_few_destinations(
    tenant: tuple[list[Node], list[Link], list[Grant]],
) -> None:
    graph = TenantGraph(*tenant)
    everything = range(len(graph.nodes))
    for index in everything:
        from_one = graph.relations([index], everything).get(index, {})
        to_one = {source: reached[index] for source, reached in graph.relations(everything, [index]).items()}
        assert from_one == to_one


ANN = Node("u1", "OktaUser", {"name": "Ann", "is_active": True, "logins": 1, "department": "Sales"})


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({"fn": "EQ", "property": "department", "value": "Sales"}, True),
        ({"property": "department", "value": "Sales"}, True),
        ({"fn": "eq", "property": "department", "value": "Sales"}, True),
        ({"fn": "EQ", "property": "department", "value": "sales"}, False),
        ({"fn": "EQ", "property": "department", "value": "Sales", "not": True}, False),
        ({"fn": "EQ", "property": "id", "value": "u1"}, True),
        ({"fn": "EQ", "property": "is_active", "value": True}, True),
        ({"fn": "EQ", "property": "is_active", "value": 1}, False),
        ({"fn": "EQ", "property": "logins", "value": 1}, True),
        ({"fn": "EQ", "property": "logins", "value": True}, False),
        ({"fn": "EQ", "property": "not_populated", "value": "x"}, False),
        ({"fn": "EQ", "property": "not_populated", "value": "x", "not": True}, True),
        ({"fn": "IN", "property": "department", "value": ["Legal", "Sales"]}, True),
        ({"fn": "IN", "property": "department", "value": ["Legal"]}, False),
        ({"fn": "IN", "property": "department", "value": []}, False),
        ({"fn": "IN", "property": "department", "value": ["Legal"], "not": True}, True),
    ],
)
def test_a_condition_holds_where_the_property_equals_a_value(condition: dict[str, Any], found: bool) -> None:
    selector = {"node_type": "OktaUser", "condition_expression": {"specs": [condition]}}
    rows = evaluate(TenantGraph([ANN], [], []), spec_of({"source_node_types": {"nodes": [selector]}})).rows
    assert [row.source.id for row in rows] == (["u1"] if found else [])


@pytest.mark.parametrize(
    ("node_id", "node_type", "found"), [("u1", "OktaUser", 1), ("u1", "S3Bucket", 0), ("u2", "OktaUser", 0)]
)
def test_a_node_id_selects_the_node_of_that_id_and_type(node_id: str, node_type: str, found: int) -> None:
    spec = {"source_node_types": {"nodes": [{"node_type": node_type, "node_id": node_id}]}}
    assert len(evaluate(TenantGraph([ANN], [], []), spec_of(spec)).rows) == found


def test_several_node_types_are_a_union_without_doubles() -> None:
    bucket = Node("b1", "S3Bucket", {"name": "aaa"})
    nodes = [{"node_type": kind} for kind in ("OktaUser", "S3Bucket", "OktaUser")]
    rows = evaluate(TenantGraph([ANN, bucket], [], []), spec_of({"source_node_types": {"nodes": nodes}})).rows
    assert [row.source.id for row in rows] == ["b1", "u1"]


def test_groups_that_contain_each_other_are_followed_once() -> None:
    nodes = [
        ANN,
        Node("g1", "OktaGroup", {"name": "g1"}),
        Node("g2", "OktaGroup", {"name": "g2"}),
        Node("b", "S3Bucket", {}),
    ]
    links = [Link("u1", "g1"), Link("g1", "g2"), Link("g2", "g1")]
    graph = TenantGraph(nodes, links, [Grant("g2", "b", frozenset({"s3:GetObject"}))])
    assert graph.relations([0], [3]) == {0: {3: frozenset({"s3:GetObject"})}}


@pytest.mark.parametrize(
    ("nodes", "links", "message"),
    [([ANN, ANN], [], "same id"), ([ANN], [Link("u1", "missing")], "'missing'")],
)
def test_a_graph_that_contradicts_itself_is_refused(nodes: list[Node], links: list[Link], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TenantGraph(nodes, links, [])
