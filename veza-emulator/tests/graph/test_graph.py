"""The graph itself: cycles, chains, snapshots, contradictions."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.small_tenant import (
    ANN,
    BUCKET,
    CAT,
    GROUP,
    READ,
    found,
    nodes,
    refused,
    related,
    sources,
)
from veza_emulator.graph.tenant_graph import Grant, Link, Node, TenantGraph


def test_a_snapshot_is_the_graph_as_it_was() -> None:
    before = TenantGraph([ANN], [], [])
    now = TenantGraph([ANN, CAT], [], [], snapshots={"7": before})
    spec = {"source_node_types": nodes("OktaUser")}
    assert sources({**spec, "snapshot_id": "7"}, graph=now) == ["u1"]
    assert sources({**spec, "snapshot_id": 7}, graph=now) == ["u1"]
    assert sources({**spec, "snapshot_id": "0"}, graph=now) == ["u1", "u3"]
    assert refused({**spec, "snapshot_id": "8"}) == "snapshot_id"


def test_a_cycle_of_a_thousand_groups_is_followed_once() -> None:
    count = 1_000
    groups = [Node(f"g{number}", "OktaGroup", {}) for number in range(count)]
    ring = [Link(f"g{number}", f"g{(number + 1) % count}") for number in range(count)]
    graph = TenantGraph([CAT, *groups, BUCKET], [Link("u3", "g500"), *ring], [Grant("g499", "b1", READ)])
    assert found(related("OktaUser", "S3Bucket"), graph=graph) == [("u3", 1)]
    assert found(related("OktaUser", "OktaGroup"), graph=graph) == [("u3", count)]
    assert found(related("OktaGroup", "OktaGroup"), graph=graph)[0] == ("g0", count - 1)


def test_a_chain_of_a_thousand_groups_is_followed_to_its_end() -> None:
    groups = [Node(f"g{number:03}", "OktaGroup", {}) for number in range(1_000)]
    chain = [Link(one.id, other.id) for one, other in pairwise(groups)]
    graph = TenantGraph([CAT, *groups, BUCKET], [Link("u3", "g000"), *chain], [Grant("g999", "b1", READ)])
    assert found(related("OktaUser", "S3Bucket"), graph=graph) == [("u3", 1)]


@pytest.mark.parametrize(
    ("parts", "links", "message"),
    [([ANN, ANN], [], "same id"), ([ANN], [Link("u1", "missing")], "'missing'")],
)
def test_a_graph_that_contradicts_itself_is_refused(parts: list[Node], links: list[Link], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TenantGraph(parts, links, [])


def test_an_extended_graph_leaves_the_first_one_as_it_was() -> None:
    first = TenantGraph([CAT, GROUP], [Link("u3", "g1")], [])
    larger = first.extended([BUCKET], [], [Grant("g1", "b1", READ)])
    assert found(related("OktaUser", "S3Bucket"), graph=larger) == [("u3", 1)]
    assert found(related("OktaUser", "S3Bucket"), graph=first) == []
