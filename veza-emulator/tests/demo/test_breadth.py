"""What usual queries name is in the demo tenant: each type, relation, property and function of Veza's built-in queries."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.asking import NOON, ask
from veza_emulator.demo.tenant import demo_graph
from veza_emulator.tenant.settings import TenantSettings

VOCABULARY = json.loads((Path(__file__).with_name("vocabulary.json")).read_text())
TYPES = VOCABULARY["source_node_types"]
RELATED = VOCABULARY["relates_to_node_types"]
PROPERTIES = [(kind, name) for kind, names in VOCABULARY["filtered_properties_by_type"].items() for name in names]
GRAPH = demo_graph(TenantSettings().size, TenantSettings().seed)
LISTS = ("IN", "LIST_ALL_ELEMENTS_IN")


def selecting(node_type: str, *conditions: dict[str, Any]) -> dict[str, Any]:
    return {"nodes": [{"node_type": node_type, "condition_expression": {"specs": list(conditions)}}]}


def found(**spec: Any) -> bool:
    """Tell whether a spec finds rows; one that is refused fails the test."""
    return len(ask(GRAPH, spec, NOON).rows) > 0


def share(answers: Iterable[bool]) -> float:
    counted = list(answers)
    return sum(counted) / len(counted)


def test_every_source_type_has_a_node() -> None:
    assert [kind for kind in TYPES if not found(source_node_types=selecting(kind))] == []


def test_every_related_type_relates_to_somebody() -> None:
    relations = {kind: {"specs": [{"node_types": selecting(kind)}]} for kind in RELATED}
    identities = {"nodes": [{"node_type": kind} for kind in ("Identity", "IdPGroup", "Resource")]}
    related = {
        kind: found(source_node_types=identities, relates_to_exp=expression) for kind, expression in relations.items()
    }
    assert share(related.values()) > 0.9, [kind for kind, is_related in related.items() if not is_related]


def test_nearly_every_property_that_is_asked_for_is_populated() -> None:
    populated = {
        (kind, name): found(source_node_types=selecting(kind, {"fn": "EXISTS", "property": name}))
        for kind, name in PROPERTIES
    }
    assert share(populated.values()) > 0.9, [pair for pair, is_there in populated.items() if not is_there]


# A saved query, which this function names, is asked elsewhere.
@pytest.mark.parametrize("function", sorted({*VOCABULARY["condition_functions"]} - {"IN_FROM_QUERY_SOURCE_RESULTS"}))
def test_every_function_is_evaluated_on_every_type(function: str) -> None:
    value = ["x"] if function in LISTS else "x"
    for kind in TYPES:
        found(source_node_types=selecting(kind, {"fn": function, "property": "name", "value": value}))


@pytest.mark.parametrize(("size", "share_of_types"), [(1_000, 0.45), (3_000, 1)])
def test_a_smaller_tenant_has_the_types_that_are_asked_for_most(size: int, share_of_types: float) -> None:
    graph = demo_graph(size, 7)
    assert share(bool(ask(graph, {"source_node_types": selecting(kind)}).rows) for kind in TYPES) >= share_of_types
