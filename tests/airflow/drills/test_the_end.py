"""When all drills are over: what each verdict said still holds. This file's name sorts it behind the others."""

from __future__ import annotations

import pytest

from drills.bench import Bench
from drills.drill import Outcome
from drills.selection import Mark

pytestmark = [getattr(pytest.mark, mark) for mark in (Mark.DRILL, Mark.SHORT, Mark.ON_EVERY_VERSION, "shared_airflow")]


def test_nothing_happened_to_any_query_after_its_drill(outcomes: list[Outcome]) -> None:
    later = [outcome.drill.name for outcome in outcomes if outcome.is_overtaken()]

    assert outcomes, "no drill was carried out"
    assert later == []


def test_no_query_runs(bench: Bench, outcomes: list[Outcome]) -> None:
    queries = [query for tenant in bench.tenants.values() for query in tenant.queries()]

    assert [query for query in queries if not (query["finished"] or query["cancelled"])] == []
