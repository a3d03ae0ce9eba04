"""Which drills run where: all in `make drills`, fewer in `make test`, on Airflow 3.2 those of deferred tasks."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import pytest

from drills.drill import Drill


class Mark(StrEnum):
    """The marks by which the Makefile selects drills."""

    DRILL = "drill"
    SHORT = "short_drill"
    ON_EVERY_VERSION = "drill_on_every_version"


MEANINGS = {
    Mark.DRILL: "kills and crashes on a real Airflow",
    Mark.SHORT: "a drill that `make test` runs too",
    Mark.ON_EVERY_VERSION: "a drill that every Airflow version runs",
}
IN_MAKE_TEST = {
    "deferred task: marked failed",
    "deferred task: cleared",
    "running task: marked failed",
    "worker killed: after the record",
    "deferred ES|QL task: marked failed",
    "worker killed: after the record, ES|QL task",
}


def params(drills: Sequence[Drill], *marks: Mark) -> list[object]:
    """Return the drills as parameters of a test, marked."""
    return [pytest.param(drill, id=drill.name, marks=_marks(drill, marks)) for drill in drills]


def _marks(drill: Drill, marks: Sequence[Mark]) -> list[pytest.MarkDecorator]:
    short = [Mark.SHORT] if drill.name in IN_MAKE_TEST else []
    return [getattr(pytest.mark, mark) for mark in (Mark.DRILL, *short, *marks)]
