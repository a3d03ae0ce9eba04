"""The load of a soak: DAG runs, whose queries end in their time if anybody waits for them; no chaos here."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from soak.trace import Key
from tools.real_airflow.dag_runs import ENDED_RUN, DagRun
from tools.real_airflow.deployment import Airflow
from tools.real_airflow.errors import RestApiError

SHORTEST_SECONDS, LONGEST_SECONDS = 3.0, 35.0
# How many task instances a run of each DAG has.
DAGS = {"owned": 6, "mapped": 3, "handed_over": 4, "last": 2}
OF_THE_RUN = "submit"
TIMES = ("submitted", "finished", "cancelled")
KEY_WORDS = re.compile(r"(run_[0-9a-f]{8}) (\w+) (-?\d+)")


class Service(Protocol):
    """What queries run at."""

    def queries(self) -> list[dict[str, Any]]: ...

    def finish(self, query_id: str) -> None: ...

    def rows(self, query_id: str) -> list[Any]: ...


@dataclass(frozen=True)
class SoakQuery:
    """A query as its service's journal has it, and whose it is."""

    key: Key
    service: Service
    id: str
    submitted: float
    finished: float | None
    cancelled: float | None

    @property
    def runs(self) -> bool:
        """Whether it has neither ended nor been cancelled."""
        return self.finished is None and self.cancelled is None


@dataclass
class Load:
    """What was started, and what the services say of its queries.

    :param is_abandoned: whether nobody waits for a query any more: such a query never ends by itself.
    """

    airflow: Airflow
    services: list[Service]
    chance: random.Random
    is_abandoned: Callable[[SoakQuery], bool]
    runs: list[DagRun] = field(default_factory=list)
    _due: dict[str, float] = field(default_factory=dict)

    def start_one(self) -> None:
        """Start a run of one DAG, of each in turn."""
        name = list(DAGS)[len(self.runs) % len(DAGS)]
        self.runs.append(self.airflow.trigger(f"soak_{name}"))

    @property
    def task_instances(self) -> int:
        """How many have been asked for."""
        return sum(DAGS[run.dag_id.removeprefix("soak_")] for run in self.runs)

    def queries(self) -> list[SoakQuery]:
        """Return all queries, in the order of their submits."""
        return sorted(self._read(), key=lambda query: query.submitted)

    def end_what_is_due(self, now: float) -> None:
        """End every query that has run for its time and that somebody waits for."""
        queries = self.queries()
        newest = {query.key: query for query in queries}
        for query in queries:
            due = self._due.setdefault(query.id, now + self.chance.uniform(SHORTEST_SECONDS, LONGEST_SECONDS))
            if query.runs and now >= due and newest[query.key] is query and not self.is_abandoned(query):
                query.service.finish(query.id)

    def end_what_deferred_tasks_wait_for(self, runs: Sequence[DagRun]) -> None:
        """End the queries of all tasks that Airflow shows as deferred, marked before or not."""
        states = {run.run_id: run.task_states() for run in runs}
        for query in self.queries():
            if query.runs and states.get(query.key.run_id, {}).get(query.key.instance) == "deferred":
                query.service.finish(query.id)

    def unended_runs(self) -> list[DagRun]:
        """Return the runs that go on; a deleted one has ended."""
        return [run for run in self.runs if _state(run) not in ENDED_RUN]

    def _read(self) -> Iterator[SoakQuery]:
        known = {run.run_id for run in self.runs}
        for service in self.services:
            for query in service.queries():
                key = _key_in(json.dumps(query["spec"]), known)
                if key:
                    yield SoakQuery(key, service, query["id"], *(_seconds(query[name]) for name in TIMES))


def _state(run: DagRun) -> str:
    try:
        return run.state
    except RestApiError:
        return "failed"


def _key_in(spec: str, known: set[str]) -> Key | None:
    named = KEY_WORDS.search(spec)
    return Key(named[1], named[2], int(named[3])) if named and named[1] in known else None


def _seconds(text: str | None) -> Any:
    return None if text is None else datetime.fromisoformat(text).timestamp()
