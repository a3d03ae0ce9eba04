"""Which waiting tasks Airflow is asked about next, and how many at once: many waits cost it few inquiries; nobody is asked here.

How it is asked is in :mod:`airflow_provider_veza.ownership.inquirer`, what an answer means in :mod:`.standing`.
"""

from __future__ import annotations

import math
import zlib
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from airflow_provider_veza.async_query.identity import TaskIdentity

FIRST_AFTER = 60.0
"""Seconds from the beginning of a wait to the first inquiry about it, give or take a third."""
LONGEST_AFTER = 600.0
BETWEEN_INQUIRIES = 60.0
"""Seconds between two inquiries about one DAG."""
MOST_NAMES = 100
"""Of tasks and runs in one inquiry: they travel in a URL."""
MOST_PAIRS = 250
"""Of a task and a run in one inquiry: Airflow answers for each task in each run."""
MOST_OPEN = 4
"""Inquiries of one DAG, begun last, that are looked through for room: of the others nearly all are full."""
SHARE_OF_TIME = 0.2
"""Of the time of whoever answers, at most: it has triggers to claim and events to pass on meanwhile."""
SHORTEST_PAUSE = 0.1
LONGEST_PAUSE = 60.0
"""The first inquiry of a process can take very long, since Airflow only then builds what answers it."""


@dataclass(frozen=True)
class Waiter:
    """The attempt of a task instance that deferred on a trigger."""

    identity: TaskIdentity
    try_number: int

    @classmethod
    def of(cls, task_instance: Any) -> Waiter | None:
        """Read it off what Airflow sets on a trigger; None where it sets nothing, as in ``dag.test()``."""
        if task_instance is None:
            return None
        ti = task_instance
        map_index = -1 if ti.map_index is None else ti.map_index
        return cls(TaskIdentity(ti.dag_id, ti.task_id, ti.run_id, map_index), ti.try_number)


@dataclass(frozen=True)
class Inquiry:
    """How do these tasks of one DAG stand? Airflow answers for each named task in each named run."""

    waiters: tuple[Waiter, ...]

    @property
    def dag_id(self) -> str:
        """The DAG of all of them."""
        return self.waiters[0].identity.dag_id

    @property
    def task_ids(self) -> tuple[str, ...]:
        """Each task once."""
        return tuple(dict.fromkeys(waiter.identity.task_id for waiter in self.waiters))

    @property
    def run_ids(self) -> tuple[str, ...]:
        """Each run once."""
        return tuple(dict.fromkeys(waiter.identity.run_id for waiter in self.waiters))

    @property
    def map_index(self) -> int | None:
        """The one that all of them share, -1 for tasks that are not mapped; None where they differ."""
        indices = {waiter.identity.map_index for waiter in self.waiters}
        return indices.pop() if len(indices) == 1 else None


@dataclass(frozen=True)
class Due:
    """When a wait is asked about next.

    :param at: in monotonic seconds.
    :param interval: seconds that this inquiry came after the one before.
    """

    waiter: Waiter
    at: float
    interval: float = FIRST_AFTER

    @classmethod
    def first(cls, waiter: Waiter, now: float) -> Due:
        """Return when a wait that begins now is first asked about: waits that begin together are spread.

        >>> waiter = Waiter(TaskIdentity("access", "ask", "manual__1"), 1)
        >>> 140.0 <= Due.first(waiter, 100.0).at < 180.0
        True
        """
        return cls(waiter, now + FIRST_AFTER * (1 + _part_of(waiter.identity)) * 2 / 3)

    def after_inquiry(self, now: float) -> Due:
        """Return when it is asked about again, ever more rarely."""
        interval = min(2 * self.interval, LONGEST_AFTER)
        return Due(self.waiter, now + interval, interval)


def next_inquiry(dues: Collection[Due], asked: Mapping[str, float], now: float) -> Inquiry | None:
    """Return the inquiry that is due, None where none is: about the DAG whose wait has been due for longest.

    An inquiry takes along the waits that would be answered for anyway.

    :param asked: when each DAG was last asked about, in monotonic seconds.
    """
    ready = [due for due in dues if due.at <= now and _dag_is_free_at(due, asked) <= now]
    if not ready:
        return None
    dag_id = min(ready, key=_at).waiter.identity.dag_id
    of_dag = sorted((due for due in ready if due.waiter.identity.dag_id == dag_id), key=_at)
    names = _Names()
    for due in of_dag:
        names.add_if_there_is_room(due.waiter)
    inquiry = Inquiry(tuple(names.waiters))
    return Inquiry(tuple(dict.fromkeys((*inquiry.waiters, *_also_answered_for(inquiry, dues)))))


def next_at(dues: Iterable[Due], asked: Mapping[str, float]) -> float | None:
    """Return when the next inquiry is due, in monotonic seconds; None where nobody waits."""
    return min((max(due.at, _dag_is_free_at(due, asked)) for due in dues), default=None)


def pause_after(took: float) -> float:
    """Return the seconds to leave whoever answers alone, after an inquiry that took so many."""
    return min(max(took * (1 / SHARE_OF_TIME - 1), SHORTEST_PAUSE), LONGEST_PAUSE)


def inquiries(waiters: Iterable[Waiter]) -> list[Inquiry]:
    """Put waiters into few inquiries, in their order; what that costs grows with their number and no faster."""
    by_dag: dict[str, _Groups] = {}
    for waiter in waiters:
        by_dag.setdefault(waiter.identity.dag_id, _Groups()).add(waiter)
    return [Inquiry(tuple(names.waiters)) for groups in by_dag.values() for names in groups.all]


class _Groups:
    """The inquiries about one DAG, while they are put together."""

    def __init__(self) -> None:
        self.all: list[_Names] = []
        self._open: deque[_Names] = deque(maxlen=MOST_OPEN)
        self._of: dict[tuple[str, str], _Names] = {}

    def add(self, waiter: Waiter) -> None:
        named = self._of.get(_task_and_run(waiter))
        if named is not None:
            named.waiters.append(waiter)
            return
        names = next((names for names in self._open if names.add_if_there_is_room(waiter)), None)
        self._of[_task_and_run(waiter)] = names or self._begun(waiter)

    def _begun(self, waiter: Waiter) -> _Names:
        names = _Names()
        names.add_if_there_is_room(waiter)
        self.all.append(names)
        self._open.append(names)
        return names


class _Names:
    """The tasks and runs that one inquiry names, while it is put together."""

    def __init__(self) -> None:
        self.waiters: list[Waiter] = []
        self._task_ids: set[str] = set()
        self._run_ids: set[str] = set()
        self._alike: set[str] = set()

    def add_if_there_is_room(self, waiter: Waiter) -> bool:
        """Take a waiter in; return whether that could be."""
        task_id, run_id = _task_and_run(waiter)
        if task_id not in self._task_ids and self._could_be_mistaken(task_id):
            return False
        tasks = len(self._task_ids) + (task_id not in self._task_ids)
        runs = len(self._run_ids) + (run_id not in self._run_ids)
        if tasks + runs > MOST_NAMES or tasks * runs > MOST_PAIRS:
            return False
        self.waiters.append(waiter)
        self._task_ids.add(task_id)
        self._run_ids.add(run_id)
        self._alike.add(_would_be_an_instance_of(task_id))
        return True

    def _could_be_mistaken(self, task_id: str) -> bool:
        """Whether a mapped instance of one task has another's name: the Execution API calls the first of ``ask`` ``ask_0``."""
        return task_id in self._alike or _would_be_an_instance_of(task_id) in self._task_ids


def _would_be_an_instance_of(task_id: str) -> str:
    """Return the task whose mapped instance would have this name; an empty text, which names none, if it could be nobody's."""
    name, _, number = task_id.rpartition("_")
    return name if number.isdecimal() else ""


def _task_and_run(waiter: Waiter) -> tuple[str, str]:
    return waiter.identity.task_id, waiter.identity.run_id


def _also_answered_for(inquiry: Inquiry, dues: Iterable[Due]) -> Iterator[Waiter]:
    dag_id, map_index = inquiry.dag_id, inquiry.map_index
    task_ids, run_ids = frozenset(inquiry.task_ids), frozenset(inquiry.run_ids)
    for due in dues:
        asked = due.waiter.identity
        is_named = asked.dag_id == dag_id and asked.task_id in task_ids and asked.run_id in run_ids
        if is_named and map_index in (None, asked.map_index):
            yield due.waiter


def _part_of(identity: TaskIdentity) -> float:
    """Return a number in [0, 1) that is the same for this task in every process."""
    return zlib.crc32(identity.key.encode()) / 2**32


def _at(due: Due) -> float:
    return due.at


def _dag_is_free_at(due: Due, asked: Mapping[str, float]) -> float:
    return asked.get(due.waiter.identity.dag_id, -math.inf) + BETWEEN_INQUIRIES
