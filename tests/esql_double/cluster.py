"""The double's memory: scripts to come, queries by id, credentials, what was asked; no HTTP."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from esql_double.execution import Clock, Execution, is_id, new_id
from esql_double.script import Failure, Script, Settings

API_KEY = "ZXNxbC1kb3VibGU6dGVzdHMtb25seQ=="
OTHER_API_KEY = "b3RoZXItZG91YmxlOnRlc3RzLW9ubHk="
FIRST_TASK = 100


class RefusedError(Exception):
    """An answer with an error status.

    :param error: an object as a rule; some errors are texts.
    """

    def __init__(self, status: int, error: dict[str, Any] | str) -> None:
        super().__init__(status, error)
        self.status = status
        self.error = error

    @classmethod
    def of(cls, status: int, kind: str, reason: str | None) -> RefusedError:
        """Return the error with its root cause."""
        cause = {"type": kind, "reason": reason}
        return cls(status, {"root_cause": [cause], **cause})

    @classmethod
    def failure(cls, failure: Failure) -> RefusedError:
        """Return a query's failure."""
        return cls.of(failure.status, failure.type, failure.reason)


@dataclass
class Cluster:
    """One cluster.

    :param usual: what a query comes to for which no script waits.
    :param requests: method, path and status of all that was asked.
    """

    settings: Settings = field(default_factory=Settings)
    usual: Script = field(default_factory=Script)
    scripts: deque[Script] = field(default_factory=deque)
    refusals: deque[Failure] = field(default_factory=deque)
    executions: dict[str, Execution] = field(default_factory=dict)
    submits: list[dict[str, Any]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    clock: Clock = field(default_factory=Clock)
    keys: frozenset[str] = frozenset({f"ApiKey {API_KEY}", f"ApiKey {OTHER_API_KEY}"})

    def start(self, body: dict[str, Any], owner: str, keep_alive: float) -> Execution:
        """Start a query by the next script."""
        script = self.scripts.popleft() if self.scripts else self.usual
        execution = Execution(new_id(FIRST_TASK + len(self.submits)), body, script, owner, keep_alive, self.clock)
        self.submits.append(body)
        self.executions[execution.id] = execution
        return execution

    def found(self, query_id: str, owner: str) -> Execution:
        """Return a query that is there and its owner's.

        :raises RefusedError: 400 for what is no id, 404 for all else.
        """
        if not is_id(query_id):
            raise RefusedError.of(400, "illegal_argument_exception", f"invalid id: [{query_id}]")
        execution = self.executions.get(query_id)
        if execution is None or execution.deleted or execution.is_expired or execution.owner != owner:
            raise self.unknown(query_id)
        return execution

    def forget(self, execution: Execution) -> None:
        """Discard a query and its result."""
        execution.deleted = True
        execution.cancel("by user request")

    @property
    def alive(self) -> list[Execution]:
        """Queries that run or whose result is stored, oldest first."""
        return [e for e in self.executions.values() if not e.deleted and not e.is_expired]

    @staticmethod
    def unknown(query_id: str) -> RefusedError:
        """Return the 404 of an id."""
        return RefusedError.of(404, "resource_not_found_exception", query_id)
