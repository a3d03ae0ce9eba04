"""A run of a few drills must not take the others out of the table."""

from __future__ import annotations

from pathlib import Path

from tools.outcomes import keep, kept

KEY = ("subject", "event")


def row(event: str, outcome: str) -> dict[str, str]:
    return {"subject": "task", "event": event, "outcome": outcome}


def test_a_run_replaces_the_rows_that_it_produced_and_no_other(tmp_path: Path) -> None:
    keep("drills-3.3", [row("killed", "old"), row("cleared", "old")], KEY, tmp_path)

    keep("drills-3.3", [row("cleared", "new"), row("frozen", "new")], KEY, tmp_path)

    assert kept("drills-3.3", tmp_path) == [row("killed", "old"), row("cleared", "new"), row("frozen", "new")]


def test_what_was_never_run_is_told_apart_from_a_run_without_rows(tmp_path: Path) -> None:
    keep("drills-3.2", [], KEY, tmp_path)

    assert kept("drills-3.2", tmp_path) == []
    assert kept("drills-2.11", tmp_path) is None
