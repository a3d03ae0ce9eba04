"""A worker host of a Celery cluster: one worker with a name and a disk of its own, and the ways in which a host fails."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Protocol

import psutil

from tools.real_airflow.errors import WaitTimeoutError
from tools.real_airflow.host_name import VARIABLE
from tools.real_airflow.processes import ManagedProcess
from tools.real_airflow.waiting import wait_until

FREEZE_LIMIT = 10.0
READY_LIMIT = 120.0
STOPPED = {psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP}


class Starter(Protocol):
    """What starts a program in the environment of an Airflow."""

    def __call__(self, name: str, command: tuple[str, ...], settings: dict[str, str]) -> ManagedProcess:
        """Start it."""


class WorkerHost:
    """A host, which is one session of processes: the worker, the supervisors that it forks, and their tasks.

    :param start: how a program of this Airflow is started.
    :param disk: what no other host sees: its AIRFLOW_HOME and its folder for temporary files.
    :param queue: the one queue that it serves.
    """

    def __init__(self, start: Starter, name: str, disk: Path, queue: str, concurrency: int) -> None:
        self.name = name
        self.queue = queue
        self._start = start
        self._disk = disk
        self._concurrency = concurrency
        self._boots = 0
        self._worker = self._boot()

    @property
    def is_up(self) -> bool:
        """Whether its worker runs, is not frozen and was not asked to end."""
        return self._worker.is_running and not self._worker.is_meant_to_end and not self.is_frozen

    @property
    def is_frozen(self) -> bool:
        """Whether any of its processes stands still."""
        return any(_status(process) in STOPPED for process in self._worker.members())

    def wait_ready(self) -> None:
        """Wait until its worker takes tasks."""
        log = self._worker.spec.log

        def is_ready() -> bool:
            self._worker.check_running()
            return " ready." in log.read_text(errors="replace")

        wait_until(is_ready, f"the worker of {self.name} to be ready", READY_LIMIT, lambda: log.read_text()[-2000:])

    def freeze(self) -> None:
        """Stop everything on it in mid-air, as a pause of its node does."""

        def all_stand_still() -> bool:
            # Once more at each look: a process may have been forked while its parent was being stopped.
            self._worker.freeze()
            return all(_status(process) in STOPPED for process in self._worker.members())

        wait_until(all_stand_still, f"{self.name} to stand still", FREEZE_LIMIT)

    def thaw(self) -> None:
        """Let everything on it go on."""
        self._worker.thaw()

    def kill(self) -> None:
        """End everything on it at once, as a loss of power does."""
        self._worker.kill()

    def shut_down_warm(self) -> None:
        """Ask the worker to end once its tasks have (SIGTERM)."""
        self._worker.terminate()

    def shut_down_cold(self) -> None:
        """Ask the worker to end now, tasks and all (SIGQUIT)."""
        self._worker.quit()

    def wait_gone(self, within: float) -> None:
        """Wait until nothing runs on it any more."""
        self._worker.wait_gone(within)

    def heal(self) -> None:
        """Bring it back to work, whatever state it is in; its disk is as it was."""
        self.thaw()
        if not self.is_up:
            self._settle_end()
            self._worker = self._boot()

    def _settle_end(self) -> None:
        try:
            self._worker.wait_gone(1.0)
        except WaitTimeoutError:
            self._worker.kill()

    def _boot(self) -> ManagedProcess:
        self._boots += 1
        home = self._disk / "airflow"
        temporary = self._disk / "tmp"
        for folder in (home, temporary):
            folder.mkdir(parents=True, exist_ok=True)
        settings = {VARIABLE: self.name, "AIRFLOW_HOME": str(home), "TMPDIR": str(temporary)}
        # One name for each boot: the broker may still think that the worker before it is there.
        celery_name = f"{self.name}-{self._boots}"
        options = ("--queues", self.queue, "--concurrency", str(self._concurrency), "--celery-hostname", celery_name)
        quiet = ("--skip-serve-logs", "--without-mingle", "--without-gossip")
        command = (sys.executable, "-m", "airflow", "celery", "worker", *options, *quiet)
        return self._start(celery_name, command, settings)


def _status(process: psutil.Process) -> str:
    try:
        return str(process.status())
    except psutil.NoSuchProcess:
        return str(psutil.STATUS_STOPPED)
