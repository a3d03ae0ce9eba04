"""Whose query it is and which one: a task's identity, its run's life, the query's fingerprint; no Airflow types."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from airflow_provider_veza.exceptions import ArgumentError


@dataclass(frozen=True)
class TaskIdentity:
    """One task instance over all its attempts; the try number is left out, so that a retry finds its predecessor."""

    dag_id: str
    task_id: str
    run_id: str
    map_index: int = -1

    @property
    def key(self) -> str:
        """A name for this identity that no other identity shares.

        The parts are digested as a JSON list: joined by a separator, ``a_b`` + ``c`` and ``a`` + ``b_c`` would be one.
        """
        return _digest([self.dag_id, self.task_id, self.run_id, self.map_index])

    def to_json(self) -> dict[str, Any]:
        """Return the identity as plain JSON types."""
        return asdict(self)

    def __str__(self) -> str:
        mapped = f"[{self.map_index}]" if self.map_index >= 0 else ""
        return f"{self.dag_id}.{self.task_id}{mapped} of run {self.run_id}"


@dataclass(frozen=True)
class RunLife:
    """Which life of the task instance an attempt belongs to: a *clear*, or a new run of the same id, starts another.

    :param max_tries: Airflow sets it to the tries made plus ``retries`` when the task is cleared, never between two retries.
    :param clear_number: how often anything of the run was cleared, this task or another; only known on Airflow 3.
    :param run_started: when the run started; tells a recreated run id from its deleted namesake; None where Airflow
        does not say.
    :param retries: of the task, as its DAG file says; None in records of version 1.
    """

    max_tries: int
    clear_number: int | None = None
    run_started: str | None = None
    retries: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the life as plain JSON types."""
        return asdict(self)

    def differences(self, recorded: RunLife) -> tuple[str, ...]:
        """Name what shows that ``recorded`` was another life; empty where it is this one."""
        found = []
        if self.max_tries != recorded.max_tries:
            found.append(f"the task was cleared (max_tries {recorded.max_tries} -> {self.max_tries})")
        elif self._may_hide_a_clear(recorded):
            edited = f"retries {recorded.retries} -> {self.retries}"
            clears = f"clear_number {recorded.clear_number} -> {self.clear_number}"
            found.append(f"the task may have been cleared after an edit ({edited}, {clears})")
        if not self.is_of_same_run(recorded):
            found.append(f"the run is another one of the same id (started {self.run_started})")
        return tuple(found)

    def is_of_same_run(self, recorded: RunLife) -> bool:
        """Whether ``recorded`` belongs to the same run, as far as its start tells; tries of two runs do not compare."""
        return not _both_known_and_differ(self.run_started, recorded.run_started)

    def precedes(self, recorded: RunLife) -> bool:
        """Whether ``recorded`` belongs to a run of the same id that started later; ISO 8601 in UTC sorts as text."""
        mine, theirs = self.run_started, recorded.run_started
        return mine is not None and theirs is not None and mine < theirs

    def _may_hide_a_clear(self, recorded: RunLife) -> bool:
        """Whether an edit of ``retries`` may have let ``max_tries`` come out the same after a clear.

        A clear of another task raises ``clear_number`` too, so that alone says nothing.
        """
        edited = _both_known_and_differ(self.retries, recorded.retries)
        return edited and _both_known_and_differ(self.clear_number, recorded.clear_number)


@dataclass(frozen=True)
class Fingerprint:
    """What decides whether two submits are of the same query to the same tenant: a digest of each part.

    Page sizes, paths, timeouts and the connection id are no parts: they change how the answer is fetched, and nothing
    in it.
    """

    parts: Mapping[str, str]

    @classmethod
    def of(cls, **parts: Any) -> Fingerprint:
        """Digest each part's canonical JSON.

        :raises ArgumentError: when a part cannot be written as JSON.

        >>> Fingerprint.of(spec={"a": 1, "b": 2}) == Fingerprint.of(spec={"b": 2, "a": 1})
        True
        """
        return cls({name: _digest(value) for name, value in sorted(parts.items())})

    @property
    def digest(self) -> str:
        """One digest of all parts."""
        return _digest(dict(self.parts))

    def differences(self, recorded: Fingerprint) -> tuple[str, ...]:
        """Name the parts that differ from ``recorded``."""
        names = sorted({*self.parts, *recorded.parts})
        return tuple(name for name in names if self.parts.get(name) != recorded.parts.get(name))


def _digest(value: Any) -> str:
    try:
        canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as e:
        raise ArgumentError(f"The query cannot be written as JSON ({type(e).__name__}: {e}). Nothing was sent.") from e
    return hashlib.sha256(canonical.encode()).hexdigest()


def _both_known_and_differ(now: object, recorded: object) -> bool:
    return now is not None and recorded is not None and now != recorded
