"""How the rig's tasks are called in Airflow's database; nothing is imported, so that every process of the rig may read it."""

from __future__ import annotations

DAG_ID, TASK_ID = "bench_rig", "ask"
TASKS_PER_RUN = 100


def run_id(number: int) -> str:
    """Return the run of the task of that number."""
    return f"rig_{number // TASKS_PER_RUN}"


def map_index(number: int) -> int:
    """Return its place in its run."""
    return number % TASKS_PER_RUN


def number_of(run: str, index: int) -> int:
    """Return which task that is."""
    return int(run.removeprefix("rig_")) * TASKS_PER_RUN + index
