"""Long-running child processes, each in a session of its own: whatever it forks is signalled and ended with it."""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tools.real_airflow.errors import ProcessEndedError, WaitTimeoutError
from tools.real_airflow.run_folder import tail
from tools.real_airflow.waiting import wait_until

STOP_GRACE = 3.0
KILL_LIMIT = 10.0


@dataclass(frozen=True)
class Account:
    """The operating system's user that a process runs as."""

    uid: int
    gid: int


@dataclass(frozen=True)
class ProcessSpec:
    """What to start, and where its output goes."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    log: Path
    account: Account | None = None


class ManagedProcess:
    """A running process and everything that it forked."""

    def __init__(self, spec: ProcessSpec) -> None:
        self.spec = spec
        self._meant_to_run = True
        with spec.log.open("wb") as output:
            self._leader = subprocess.Popen(
                spec.command,
                env=dict(spec.environment),
                cwd=spec.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **credentials(spec.account),
            )

    @property
    def name(self) -> str:
        """The name it was started under."""
        return self.spec.name

    @property
    def pid(self) -> int:
        """The id of its leader, and of its session."""
        return self._leader.pid

    @property
    def is_running(self) -> bool:
        """Whether its leader lives."""
        return self._leader.poll() is None

    @property
    def is_meant_to_end(self) -> bool:
        """Whether it was killed or asked to end."""
        return not self._meant_to_run

    def members(self) -> list[psutil.Process]:
        """Return the living processes of its session: the leader, and what it forked, orphans included."""
        self._leader.poll()
        return list(_living(self._leader.pid))

    def kill(self) -> None:
        """Kill every process of the session, as a machine that goes down does, and wait until none is left."""
        self._meant_to_run = False
        wait_until(self._is_gone_after_sigkill, f"every process of {self.name} to end", KILL_LIMIT)

    def kill_leader(self) -> None:
        """Kill the leader alone; what it forked lives on."""
        self._meant_to_run = False
        self._leader.kill()
        self._leader.wait()

    def terminate(self) -> None:
        """Ask the leader to shut down in good order, as a service manager does; it has to end its children itself."""
        self._meant_to_run = False
        if self._leader.poll() is None:
            self._leader.send_signal(signal.SIGTERM)

    def quit(self) -> None:
        """Send the leader SIGQUIT: a Celery worker then ends at once and passes it on to its children."""
        self._meant_to_run = False
        if self._leader.poll() is None:
            self._leader.send_signal(signal.SIGQUIT)

    def freeze(self) -> None:
        """Stop the whole session in mid-air, as a machine that hangs does."""
        self._signal_members(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen session go on."""
        self._signal_members(signal.SIGCONT)

    def wait_gone(self, within: float = KILL_LIMIT) -> None:
        """Wait until no process of the session is left."""
        wait_until(lambda: not self.members(), f"every process of {self.name} to end", within)

    def check_running(self) -> None:
        """Raise if it ended though nobody ended it."""
        if self._meant_to_run and self._leader.poll() is not None:
            raise ProcessEndedError(
                f"{self.name} ended with status {self._leader.returncode}\n{tail(self.spec.log, 60)}"
            )

    def _is_gone_after_sigkill(self) -> bool:
        # Once more at each look: a process may have been forked while its parent was being signalled.
        self._signal_members(signal.SIGKILL)
        return not self.members()

    def _signal_members(self, number: signal.Signals) -> None:
        for process in self.members():
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)


class Processes:
    """The processes of one run, ended together."""

    def __init__(self) -> None:
        self._started: list[ManagedProcess] = []

    def start(self, spec: ProcessSpec) -> ManagedProcess:
        """Start a process and answer for its end."""
        process = ManagedProcess(spec)
        self._started.append(process)
        return process

    def check_running(self) -> None:
        """Raise if any of them ended though nobody ended it."""
        for process in self._started:
            process.check_running()

    def stop_all(self) -> None:
        """End all at once, first politely; what is then left of their sessions is killed."""
        for process in self._started:
            process.terminate()
            process.thaw()
        with suppress(WaitTimeoutError):
            wait_until(lambda: not any(process.members() for process in self._started), "all to end", STOP_GRACE)
        for process in self._started:
            process.kill()
        self._started.clear()

    def tails(self) -> str:
        """Return the end of every log."""
        return "\n".join(tail(process.spec.log) for process in self._started)


@contextmanager
def processes() -> Iterator[Processes]:
    """Give a set of processes that is stopped at the end, also at an error and at a signal."""
    started = Processes()
    # A second Ctrl-C may break off the tidying below; the interpreter's exit finishes it.
    atexit.register(started.stop_all)
    try:
        yield started
    finally:
        started.stop_all()
        atexit.unregister(started.stop_all)


def interrupt_on_signals() -> None:
    """Make SIGTERM and SIGHUP unwind the stack as Ctrl-C does, so that what was started is stopped."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


def credentials(account: Account | None) -> dict[str, Any]:
    """Return the arguments that make subprocess start a program as that account."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def _living(session: int) -> Iterator[psutil.Process]:
    """Yield the processes of a session; of all others only the session is looked up, since there may be many of them."""
    for pid in psutil.pids():
        with suppress(psutil.NoSuchProcess, ProcessLookupError, PermissionError):
            if os.getsid(pid) == session and (process := psutil.Process(pid)).status() != psutil.STATUS_ZOMBIE:
                yield process
