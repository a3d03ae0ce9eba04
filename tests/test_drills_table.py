from __future__ import annotations

from tools.drills_table import table_lines


def row(subject: str, event: str, outcome: str = "1 submitted") -> dict[str, str]:
    return {"subject": subject, "event": event, "outcome": outcome, "note": ""}


def test_a_drill_that_a_version_does_not_run_is_shown_as_not_run() -> None:
    rows = {"3.3": [row("task", "killed")], "3.2": [], "2.11": [row("task", "killed", "2 submitted")]}

    assert list(table_lines(rows))[-1] == "| task | killed | 1 submitted | - | 2 submitted |  |"


def test_drills_of_one_subject_stand_together() -> None:
    rows = {"3.3": [row("task", "killed"), row("worker", "killed"), row("task", "cleared")]}

    assert [line.split(" | ")[:2] for line in list(table_lines(rows))[2:]] == [
        ["| task", "killed"],
        ["| task", "cleared"],
        ["| worker", "killed"],
    ]


def test_a_drill_that_only_an_older_version_runs_has_its_row() -> None:
    rows = {"3.3": [], "2.11": [row("worker", "killed, without record_path")]}

    assert "without record_path | - | 1 submitted" in list(table_lines(rows))[-1]
