"""What an attempt of a task is, read from Airflow's context: identity, life, tries, start; it decides nothing and asks nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from airflow_provider_veza.async_query.identity import RunLife, TaskIdentity


@dataclass(frozen=True)
class Attempt:
    """One attempt of one task instance.

    :param started_at: when this attempt began; ``execution_timeout`` counts from here.
    :param ti: Airflow's own object, for what only Airflow can answer.
    :param state_store: Airflow's store of the task's state; None before 3.3.
    """

    identity: TaskIdentity
    life: RunLife
    try_number: int
    started_at: datetime
    ti: Any = field(default=None, compare=False, repr=False)
    state_store: Any = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, context: Mapping[str, Any]) -> Attempt:
        """Read the attempt from a task's context, on any Airflow."""
        ti, run = context["ti"], context.get("dag_run")
        run_started = getattr(run, "start_date", None)
        return cls(
            TaskIdentity(ti.dag_id, ti.task_id, ti.run_id, -1 if ti.map_index is None else ti.map_index),
            RunLife(
                max_tries=ti.max_tries,
                clear_number=getattr(run, "clear_number", None),
                run_started=run_started.astimezone(UTC).isoformat() if run_started else None,
                retries=getattr(context.get("task"), "retries", None),
            ),
            ti.try_number,
            (ti.start_date or datetime.now(UTC)).astimezone(UTC),
            ti,
            context.get("task_state_store"),
        )

    @property
    def may_be_retried(self) -> bool:
        """Whether Airflow has tries left after this one."""
        return self.try_number <= self.life.max_tries
