"""What a task instance logged, worker and triggerer together, read from the files they wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.real_airflow.rest_api import TaskInstanceKey

TRIGGER_LOG = ".log.trigger."
# Keys of Airflow 3's records that have a place of their own in a line, say where the code is, or whose log it is.
STANDING_KEYS = {
    *("timestamp", "level", "event", "logger", "filename", "lineno", "func_name", "loc"),
    *("dag_id", "run_id", "task_id", "map_index", "try_number", "ti_id"),
}


@dataclass(frozen=True, order=True)
class LogLine:
    """One line of a task's log; of Airflow 2's lines, which are plain text, only the text is known."""

    timestamp: str
    logger: str
    message: str
    text: str


def task_log(logs: Path, key: TaskInstanceKey) -> list[LogLine]:
    """Return the lines of all attempts, file by file."""
    return [line for file in _files(logs, key) for line in _lines(file)]


def trigger_log(logs: Path, key: TaskInstanceKey) -> list[LogLine]:
    """Return only what its triggers logged: nothing, if it never deferred."""
    return [line for file in _files(logs, key) if TRIGGER_LOG in file.name for line in _lines(file)]


def _files(logs: Path, key: TaskInstanceKey) -> list[Path]:
    folder = logs / f"dag_id={key.dag_id}" / f"run_id={key.run_id}" / f"task_id={key.task_id}"
    if key.map_index >= 0:
        folder /= f"map_index={key.map_index}"
    return sorted(folder.glob("attempt=*.log*"))


def _lines(file: Path) -> list[LogLine]:
    return [_parse(line) for line in file.read_text(errors="replace").splitlines()]


def _parse(line: str) -> LogLine:
    try:
        record = json.loads(line)
    except ValueError:
        return LogLine("", "", line, line)
    if not isinstance(record, dict) or "event" not in record:
        return LogLine("", "", line, line)
    timestamp, logger = (str(record.get(name, "")) for name in ("timestamp", "logger"))
    return LogLine(timestamp, logger, str(record["event"]), " ".join(_words(timestamp, record)))


def _words(timestamp: str, record: dict[str, Any]) -> Iterator[str]:
    yield f"[{timestamp}] {str(record.get('level', '')).upper()} - {record['event']}"
    yield from (f"{name}={value}" for name, value in record.items() if name not in STANDING_KEYS)
