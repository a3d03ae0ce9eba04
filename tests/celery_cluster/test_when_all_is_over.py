"""When all drills are over: what each verdict said still holds. This file's name sorts it behind the others."""

from __future__ import annotations

from drills.drill import Outcome


def test_nothing_happened_to_any_query_after_its_drill(outcomes: list[Outcome]) -> None:
    later = [outcome.drill.name for outcome in outcomes if outcome.is_overtaken()]

    assert outcomes, "no drill was carried out"
    assert later == []


def test_no_query_of_a_drill_runs(outcomes: list[Outcome]) -> None:
    queries = [query for outcome in outcomes for query in outcome.case.queries()]

    assert [query for query in queries if not (query["finished"] or query["cancelled"])] == []
