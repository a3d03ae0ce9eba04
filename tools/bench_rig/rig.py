"""The rig: a database and triggerers, no worker and no scheduler, and the double of the tenant."""

from __future__ import annotations

import json
import resource
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg2

from tools.bench_rig.kinds import Tenant
from tools.bench_rig.server import CLEAR, FORGET, SEEN
from tools.real_airflow.configuration import airflow_environment, free_port
from tools.real_airflow.errors import RealAirflowError
from tools.real_airflow.postgres import running_postgres
from tools.real_airflow.processes import ManagedProcess, Processes, ProcessSpec, processes
from tools.real_airflow.release import Generation
from tools.real_airflow.run_folder import REPOSITORY, tail
from tools.real_airflow.waiting import wait_until

PEERS = REPOSITORY / ".venv/peers"
BOOT_LIMIT = 600.0
ALIVE = "select count(*) from job where job_type = 'TriggererJob' and state = 'running' and end_date is null"
LOOK_UPS = (
    "select coalesce(sum(seq_scan + coalesce(idx_scan, 0)), 0) from pg_stat_user_tables where relname = 'connection'"
)


class Database:
    """Airflow's database, seen from beside Airflow."""

    def __init__(self, address: str) -> None:
        self._connection = psycopg2.connect(address.replace("+psycopg2", ""))
        self._connection.autocommit = True

    def number(self, query: str) -> int:
        """Return the one number that a query gives."""
        return int(self.rows(query)[0][0])

    def change(self, statement: str) -> None:
        """Carry out what gives no rows."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with self._connection.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())


@dataclass(frozen=True)
class Rig:
    """What has been started, and how more of it is."""

    home: Path
    environment: Mapping[str, str]
    database: Database
    started: Processes

    def with_settings(self, settings: Mapping[str, str]) -> Rig:
        """Return the same rig, whose further processes have further settings."""
        return replace(self, environment={**self.environment, **settings})

    def triggerer(self, name: str) -> ManagedProcess:
        """Start a triggerer and wait until it works."""
        before = self.database.number(ALIVE)
        command = (sys.executable, "-m", "airflow", "triggerer", "--skip-serve-logs")
        spec = ProcessSpec(
            f"triggerer-{name}", command, self.environment, self.home, self.home / f"triggerer-{name}.log"
        )
        process = self.started.start(spec)

        def works() -> bool:
            process.check_running()
            return self.database.number(ALIVE) > before and len(process.members()) > 1

        wait_until(works, f"triggerer {name} to work", BOOT_LIMIT, lambda: tail(spec.log))
        return process

    def stop(self, triggerer: ManagedProcess) -> None:
        """Kill a triggerer, let nobody count it any more, and empty the tables that its round has filled."""
        triggerer.kill()
        self.database.change("update job set state = 'failed', end_date = now() where state = 'running'")
        self.database.change("truncate task_instance, dag_run, trigger, connection cascade")

    def write_rows(self, *arguments: str) -> None:
        """Write the rows of deferred tasks.

        :raises RealAirflowError: when they cannot be written.
        """
        self._run("tools.bench_rig.rows", *arguments)

    def migrate(self) -> None:
        """Make Airflow's tables.

        :raises RealAirflowError: when they cannot be made.
        """
        self._run("airflow", "db", "migrate")

    def _run(self, module: str, *arguments: str) -> None:
        command = [sys.executable, "-m", module, *arguments]
        done = subprocess.run(
            command, env=dict(self.environment), cwd=self.home, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RealAirflowError(f"`{' '.join(command[1:])}` ended with {done.returncode}: {done.stderr[-3_000:]}")


class Double:
    """The double of the tenants, in a process of its own."""

    def __init__(self, started: Processes, folder: Path, interval: float) -> None:
        log = folder / "double.log"
        command = (sys.executable, "-m", "tools.bench_rig.server", str(folder), "--interval", str(interval))
        spec = ProcessSpec("double", command, {"PYTHONPATH": str(REPOSITORY)}, folder, log)
        process = started.start(spec)

        def address() -> str | None:
            process.check_running()
            return log.read_text().strip() or None

        url = wait_until(address, "the double to listen", BOOT_LIMIT, lambda: tail(log))
        self.tenant = Tenant(url, str(folder / "ca.pem"))
        self._context = ssl.create_default_context(cafile=self.tenant.authority)

    def peek(self) -> dict[str, int]:
        """Return what it saw, and let it go on counting."""
        return self._ask(SEEN)

    def taken(self) -> dict[str, int]:
        """Return what it saw since this was called last."""
        return self._ask(CLEAR)

    def forget(self) -> None:
        """Let it begin anew, with other queries."""
        self._ask(FORGET)

    def _ask(self, path: str) -> dict[str, int]:
        with urllib.request.urlopen(f"{self.tenant.url}{path}", context=self._context, timeout=60) as answer:
            shown: dict[str, int] = json.load(answer)
        return shown


@contextmanager
def running_rig(home: Path, settings: Mapping[str, str]) -> Iterator[Rig]:
    """Run a database of Airflow in an empty folder; triggerers are started by whoever needs them."""
    let_open_many_files()
    (home / "dags").mkdir()
    with running_postgres(home) as address, processes() as started:
        base = airflow_environment(Generation.THREE, home, address, free_port())
        environment = {**base, "PYTHONPATH": f"{base['PYTHONPATH']}:{PEERS}", **settings}
        rig = Rig(home, environment, Database(address), started)
        rig.migrate()
        yield rig


def let_open_many_files() -> None:
    """Raise the limit for this process and those that it starts: a triggerer keeps a log open for each trigger."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
