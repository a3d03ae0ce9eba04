"""What README tells a new user to do is short, and `make new-user` finds it there."""

from __future__ import annotations

from pathlib import Path

from tools.new_user import MOST_COMMANDS, lines_of

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")


def test_a_new_user_needs_at_most_ten_commands_from_nothing_to_rows() -> None:
    dag_file, commands = lines_of(README)

    assert compile(dag_file, "access_to_payroll.py", "exec")
    assert commands[0].startswith("pip install ")
    assert commands[-1] == "airflow dags test access_to_payroll"
    assert len(commands) <= MOST_COMMANDS
