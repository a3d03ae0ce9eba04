"""The demonstration behind `make demo`: one DAG run on a real Airflow, told as it happens."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tools.real_airflow.configuration import clean_environment
from tools.real_airflow.dag_runs import ENDED_RUN, DagRun
from tools.real_airflow.deployment import Airflow, Database, running_airflow
from tools.real_airflow.emulator import start_emulator
from tools.real_airflow.errors import RealAirflowError
from tools.real_airflow.processes import interrupt_on_signals, processes
from tools.real_airflow.release import installed_release
from tools.real_airflow.run_folder import REPOSITORY, claimed_run_folder
from tools.real_airflow.task_log import LogLine
from tools.rows_table import rows_table

DAG_ID = "example_veza_access_to_bucket"
TASK_ID = "who_can_reach_the_bucket"
PROVIDER_LOGGER = "airflow_provider_veza"
RUN_LIMIT = 120.0
ROWS_SHOWN = 40
INTERRUPTED = 130


class Progress:
    """Prints what is new since the last look: the task's state, and what the provider logged."""

    def __init__(self, run: DagRun) -> None:
        self._run = run
        self._task = run.task(TASK_ID)
        self._started = time.monotonic()
        self._state: str | None = None
        self._told: set[LogLine] = set()

    def look(self) -> str | None:
        """Tell the news, and return the state in which the run ended, if it has."""
        run_state = self._run.state
        self._tell_state(self._task.state)
        self._tell_log([line for line in self._task.log_lines() if PROVIDER_LOGGER in line.logger])
        return run_state if run_state in ENDED_RUN else None

    def _tell_state(self, state: str | None) -> None:
        if state != self._state:
            self._tell(f"{TASK_ID} is {state}")
        self._state = state

    def _tell_log(self, lines: list[LogLine]) -> None:
        for line in sorted(set(lines) - self._told):
            self._tell(f"  | {line.message}")
        self._told.update(lines)

    def _tell(self, news: str) -> None:
        print(f"{time.monotonic() - self._started:6.1f} s  {news}", flush=True)


def main() -> int:
    """Run the demonstration; the exit status says whether the rows came."""
    interrupt_on_signals()
    try:
        with claimed_run_folder("demo") as folder:
            _demonstrate(folder)
    except KeyboardInterrupt:
        print("Interrupted; everything that was started has been stopped.", file=sys.stderr)
        return INTERRUPTED
    except RealAirflowError as error:
        print(f"\nThe demonstration failed: {error}", file=sys.stderr)
        return 1
    return 0


def _demonstrate(folder: Path) -> None:
    series = installed_release().series
    print(f"Starting a Veza tenant on loopback and Airflow {series}; their logs are in {folder}", flush=True)
    with processes() as started:
        emulator = start_emulator(started, folder, clean_environment())
        dag_folders = [REPOSITORY / "example_dags"]
        settings = emulator.connection_environment()
        with running_airflow(folder, dag_folders, settings, Database.SQLITE) as airflow:
            _run_the_dag(airflow)


def _run_the_dag(airflow: Airflow) -> None:
    print(f"Both are up: triggering the DAG {DAG_ID}", flush=True)
    run = airflow.trigger(DAG_ID)
    state = airflow.wait_until(Progress(run).look, f"{run} to end", RUN_LIMIT, run.task(TASK_ID).log_text)
    if state != "success":
        raise RealAirflowError(f"the run ended as {state}; the task's log:\n{run.task(TASK_ID).log_text()}")
    rows = run.task(TASK_ID).xcom()
    if not rows:
        raise RealAirflowError(f"the run succeeded, but the task {TASK_ID} returned no rows")
    print(f"\n{rows_table(rows, ROWS_SHOWN)}\n")
    print(f"{len(rows)} rows, in the XCom return_value of the task {TASK_ID} of {run}.")
    print(f"The task's log is in {airflow.logs}/dag_id={run.dag_id}/run_id={run.run_id}/task_id={TASK_ID}")
    print("Stopping what was started.", flush=True)


if __name__ == "__main__":
    sys.exit(main())
