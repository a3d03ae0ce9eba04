"""The evaluator against a slow one that is obviously correct, over any tenant and any spec."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given, settings

from tests.asking import NOON, ask, spec_of
from tests.query.drawn import SAVED, Parts, specs, tenants
from tests.query.obvious import ObviousTenant
from veza_emulator.query.evaluation.evaluate import Circumstances
from veza_emulator.query.rows import PathRow, Row

UNDER = Circumstances(NOON.now, {name: spec_of(spec) for name, spec in SAVED.items()}.get)


def told(row: Row) -> tuple[Any, ...]:
    if isinstance(row, PathRow):
        return row.source.id, row.destination.id, row.raw_permissions, tuple(node.id for node in row.summary)
    return row.source.id, row.destination_count


@settings(max_examples=500)
@given(tenants(), specs())
def test_any_spec_over_any_tenant_is_answered_as_by_trying_every_path(parts: Parts, spec: dict[str, Any]) -> None:
    obvious = ObviousTenant(NOON.now, parts.nodes, parts.links, parts.grants, parts.uses)
    assert [told(row) for row in ask(parts.graph(), spec, UNDER).rows] == obvious.answer(spec)


@settings(max_examples=100)
@given(tenants(), specs())
def test_the_permissions_summary_of_a_source_is_that_of_all_its_paths(parts: Parts, spec: dict[str, Any]) -> None:
    assume(spec.get("result_value_type") == "SOURCE_AND_DESTINATION_NODES")
    counted = {**spec, "result_value_type": "SOURCE_NODES_WITH_COUNTS", "include_permissions_summary": True}
    paths = ask(parts.graph(), spec, UNDER).rows
    for row in ask(parts.graph(), counted, UNDER).rows:
        given_by_paths = {raw for path in paths if path.source is row.source for raw in path.raw_permissions}
        assert row.raw_permissions == given_by_paths
