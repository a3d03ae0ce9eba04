from __future__ import annotations

import json
from pathlib import Path

from tools.real_airflow.rest_api import TaskInstanceKey
from tools.real_airflow.task_log import task_log, trigger_log

KEY = TaskInstanceKey("dag", "run", "task", 2)


def write(logs: Path, name: str, line: str) -> None:
    folder = logs / "dag_id=dag" / "run_id=run" / "task_id=task" / "map_index=2"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"{line}\n")


def test_a_record_of_airflow_3_reads_as_a_line_with_its_own_fields(tmp_path) -> None:
    record = {
        "timestamp": "12:00",
        "level": "info",
        "logger": "a.b",
        "event": "Submitted",
        "query": "q1",
        "dag_id": "dag",
    }
    write(tmp_path, "attempt=1.log", json.dumps(record))

    [line] = task_log(tmp_path, KEY)

    assert (line.message, line.logger, line.text) == ("Submitted", "a.b", "[12:00] INFO - Submitted query=q1")


def test_a_line_of_airflow_2_is_kept_as_it_is(tmp_path) -> None:
    write(tmp_path, "attempt=1.log", "[12:00] {query.py:1} INFO - Submitted")

    assert [line.text for line in task_log(tmp_path, KEY)] == ["[12:00] {query.py:1} INFO - Submitted"]


def test_all_attempts_and_triggers_are_one_log(tmp_path) -> None:
    for name in ("attempt=1.log", "attempt=1.log.trigger.7.log", "attempt=2.log"):
        write(tmp_path, name, f"line of {name}")

    assert len(task_log(tmp_path, KEY)) == 3
    assert [line.text for line in trigger_log(tmp_path, KEY)] == ["line of attempt=1.log.trigger.7.log"]


def test_a_task_that_has_not_run_has_no_lines(tmp_path) -> None:
    assert task_log(tmp_path, KEY) == []
