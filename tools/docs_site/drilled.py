"""Tables that other pages or the code already hold, cut to what a page is about: drills of a promise, looks at a query."""

from __future__ import annotations

import re
from collections.abc import Iterator

from airflow_provider_veza.async_query.polling import PollSchedule

_BETWEEN_CELLS = re.compile(r"(?<!\\)\|")
_AGES = {"10 seconds": 10, "1 minute": 60, "10 minutes": 600, "1 hour": 3_600, "24 hours": 86_400}


def drill_table(page: str, subjects: str) -> str:
    """Return the rows of the page of drills whose subject is one of those named, or begins with it.

    :param subjects: separated by semicolons.
    :raises ValueError: where one of them has no row.
    """
    head, rule, *rows = drill_rows(page)
    chosen = {row: subject for row in rows for subject in subjects.split("; ") if subject_of(row).startswith(subject)}
    if missing := set(subjects.split("; ")) - set(chosen.values()):
        raise ValueError(f"no drill has the subject {', '.join(sorted(missing))}")
    return "\n".join([head, rule, *chosen])


def drill_rows(page: str) -> list[str]:
    """Return the lines of the first table of a page, its head included."""
    lines = page.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("|"))
    return list(_while_table(lines[start:]))


def _while_table(lines: list[str]) -> Iterator[str]:
    for line in lines:
        if not line.startswith("|"):
            return
        yield line


def subject_of(row: str) -> str:
    """Return the first cell of a line of a table."""
    return _BETWEEN_CELLS.split(row)[1].strip()


def looks_table() -> str:
    """Return how many looks a query of each age has cost, by the schedule that holds without ``poll_interval``."""
    rows = [f"| {age} | {_looks(seconds)} |" for age, seconds in _AGES.items()]
    return "\n".join(["| a query that ran for | costs about so many looks |", "|---|---|", *rows])


def _looks(seconds: int) -> int:
    schedule, elapsed, looks = PollSchedule(), 0.0, 0
    while elapsed < seconds:
        elapsed += schedule.delay(elapsed=elapsed, jitter=0.5)
        looks += 1
    return looks
