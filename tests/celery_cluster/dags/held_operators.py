"""Operators as they are, whose attempts say where they run and stand still where a drill tells them to; no DAG stands here."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

from airflow.providers.common.compat.sdk import BaseOperator

from airflow_provider_veza.operators.esql import EsqlQueryOperator
from airflow_provider_veza.operators.query import VezaQueryOperator

FOLDER = Path(os.environ.get("DRILL_FOLDER", "."))
"""Where attempts leave their traces; drills read it, the provider does not."""
HOST = os.environ.get("REAL_AIRFLOW_HOST", "")
PAGES_BEFORE_THE_HALT = 3
LOOK_INTERVAL_SECONDS = 0.1
ORDERED_END = "raise"


class HoldPoint(StrEnum):
    """Where an attempt can be made to stand still."""

    BEFORE_SUBMIT = "before_submit"
    INSIDE_SUBMIT = "inside_submit"
    BEFORE_RECORD = "before_record"
    AFTER_RECORD = "after_record"
    DURING_RESULTS = "during_results"
    IN_LANDING = "in_landing"
    AFTER_DELIVER = "after_deliver"
    AFTER_NOTE = "after_note"
    AFTER_RELEASE = "after_release"
    AFTER_REPORT = "after_report"


class OrderedEndError(Exception):
    """A drill has ordered that the attempt ends by an error."""


def trace_name(ti: Any) -> str:
    """Return the name under which one task instance leaves its traces."""
    map_index = -1 if ti.map_index is None else ti.map_index
    return f"{ti.run_id}.{ti.task_id}.{map_index}"


def write_whole(path: Path, text: str) -> None:
    """Write a file that nobody sees before it is complete."""
    path.with_suffix(".part").write_text(text)
    path.with_suffix(".part").rename(path)


def stand_still(ti: Any, point: str, is_killed: Callable[[], bool]) -> None:
    """Wait until a drill says what to do, or the task is killed; raise where the drill says so."""
    here = FOLDER / f"{trace_name(ti)}.{ti.try_number}.{point}"
    here.touch()
    word = here.with_name(f"{here.name}.word")
    while not word.exists():
        if is_killed():
            return
        time.sleep(LOOK_INTERVAL_SECONDS)
    if word.read_text() == ORDERED_END:
        raise OrderedEndError(f"ordered at {point}")


class HeldOperator(BaseOperator):
    """An operator as it is; its attempts say where they run, and stand still where they are told to.

    :param holds: words such as ``before_record`` for the first attempt, ``2.before_record`` for the second.
    """

    def __init__(self, *, holds: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.holds = holds
        self._ti: Any = None
        self._is_killed = False
        self._pages = 0

    def pre_execute(self, context: Any) -> None:
        self._ti = ti = context["ti"]
        attempt = {"task": os.getpid(), "supervisor": os.getppid(), "host": HOST}
        write_whole(FOLDER / f"{trace_name(ti)}.{ti.try_number}.json", json.dumps(attempt))
        super().pre_execute(context)

    def on_kill(self) -> None:
        self._is_killed = True
        super().on_kill()

    def checked_query(self) -> Any:
        self._hold(HoldPoint.BEFORE_SUBMIT)
        return super().checked_query()

    def submit(self, query: Any, **arguments: Any) -> Any:
        self._hold(HoldPoint.INSIDE_SUBMIT)
        handle = super().submit(query, **arguments)
        self._hold(HoldPoint.BEFORE_RECORD)
        return handle

    def announce(self, handle: Any, context: Any) -> None:
        self._hold(HoldPoint.AFTER_RECORD)
        super().announce(handle, context)

    def deliver(self, query: Any, context: Any) -> Any:
        self._hold(HoldPoint.DURING_RESULTS)
        return super().deliver(query, context)

    def check_attempt(self, **surely: bool) -> None:
        self._pages += 1
        if self._pages > PAGES_BEFORE_THE_HALT:
            self._hold(HoldPoint.IN_LANDING)
        super().check_attempt(**surely)

    def collect(self, handle: Any, context: Any) -> Any:
        result = super().collect(handle, context)
        self._hold(HoldPoint.AFTER_DELIVER)
        return result

    def note_delivered(self, handle: Any, charge: Any) -> None:
        super().note_delivered(handle, charge)
        self._hold(HoldPoint.AFTER_NOTE)

    def release(self, handle: Any, charge: Any) -> None:
        super().release(handle, charge)
        self._hold(HoldPoint.AFTER_RELEASE)

    def _hold(self, point: HoldPoint) -> None:
        words = self.holds.split()
        is_first = self._ti.try_number == 1
        if f"{self._ti.try_number}.{point}" in words or (is_first and point in words):
            # One hold a point: an attempt that asks page by page passes it again and again.
            self.holds = " ".join(word for word in words if not word.endswith(point))
            stand_still(self._ti, point, lambda: self._is_killed)


def hold_after_report(context: Any) -> None:
    """Stand still after Airflow was told of the success, where the task is told to."""
    ti = context["ti"]
    if HoldPoint.AFTER_REPORT in context["task"].holds.split() and ti.try_number == 1:
        stand_still(ti, HoldPoint.AFTER_REPORT, lambda: False)


class HeldVezaOperator(HeldOperator, VezaQueryOperator):
    """The operator of the drills at a Veza tenant."""

    template_fields = (*VezaQueryOperator.template_fields, "holds")


class HeldEsqlOperator(HeldOperator, EsqlQueryOperator):
    """The operator of the drills at Elasticsearch."""

    template_fields = (*EsqlQueryOperator.template_fields, "holds")
