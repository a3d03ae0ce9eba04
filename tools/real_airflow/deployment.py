"""Airflow as it really runs: every component a process of its own, which a test can stop, freeze, kill and double."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import TypeVar

import requests

from tools.real_airflow.configuration import LOOPBACK, airflow_environment, free_port, link_dags
from tools.real_airflow.dag_runs import RUN_LIMIT, DagRun
from tools.real_airflow.errors import BootError
from tools.real_airflow.postgres import running_postgres
from tools.real_airflow.processes import ManagedProcess, Processes, ProcessSpec, processes
from tools.real_airflow.release import Role, installed_release
from tools.real_airflow.rest_api import Json, RestApi, rest_api
from tools.real_airflow.run_folder import tail
from tools.real_airflow.waiting import no_evidence, wait_until

T = TypeVar("T")

BOOT_LIMIT = 180.0
PARSE_LIMIT = 60.0


class Database(Enum):
    """Where Airflow keeps its state."""

    SQLITE = "sqlite"
    """Nothing to start, but writes are refused when many tasks start at once; Airflow 2.11 cannot run two tasks on it."""
    POSTGRES = "postgres"


class Airflow:
    """A running deployment."""

    def __init__(self, home: Path, environment: Mapping[str, str], api: RestApi, started: Processes) -> None:
        self.home = home
        self.logs = home / "logs"
        self.api = api
        self._environment: Mapping[str, str] = environment
        self._processes = started
        self._components: dict[Role, list[ManagedProcess]] = {}

    def start(self, role: Role, settings: Mapping[str, str] | None = None) -> ManagedProcess:
        """Start a component; a role that already runs gets one more process, which may have settings of its own."""
        siblings = self._components.setdefault(role, [])
        name = f"{role.value}-{len(siblings) + 1}" if siblings else role.value
        command = (sys.executable, "-m", "airflow", role.value, *_options(role))
        component = self.run(name, command, settings or {})
        siblings.append(component)
        return component

    def run(self, name: str, command: tuple[str, ...], settings: Mapping[str, str]) -> ManagedProcess:
        """Start any program in the environment of this Airflow, with settings of its own."""
        environment = {**self._environment, **settings}
        return self._processes.start(ProcessSpec(name, command, environment, self.home, self.home / f"{name}.log"))

    def command(self, *arguments: str) -> None:
        """Run a command of this Airflow's command line to its end.

        :raises BootError: when it fails.
        """
        _run(("-m", "airflow", *arguments), self.home, self._environment, self.home / f"{arguments[0]}-command.log")

    def run_module(self, name: str, *arguments: str) -> None:
        """Run a Python module in the environment of this Airflow to its end.

        :raises BootError: when it fails.
        """
        _run(("-m", name, *arguments), self.home, self._environment, self.home / f"{name}.log")

    @property
    def database(self) -> str:
        """The SQLAlchemy address of its database."""
        return self._environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]

    def restart(self, settings: Mapping[str, str]) -> None:
        """Kill every component and start as many again, with further settings; the database keeps what was."""
        self._environment = {**self._environment, **settings}
        running = {role: [each for each in started if each.is_running] for role, started in self._components.items()}
        for component in [each for of_role in running.values() for each in of_role]:
            component.kill()
        for role, of_role in running.items():
            for _ in of_role:
                self.start(role)
        self.wait_healthy()

    def components(self, role: Role) -> list[ManagedProcess]:
        """Return the processes that were started for a role, oldest first."""
        return list(self._components[role])

    def component(self, role: Role, number: int = 0) -> ManagedProcess:
        """Return the first (or a later) process that was started for a role."""
        return self._components[role][number]

    def trigger(self, dag_id: str, conf: Json | None = None) -> DagRun:
        """Start a run of a DAG, once Airflow has read its file."""
        self.wait_until(lambda: self._is_read(dag_id), f"DAG {dag_id} to be read", PARSE_LIMIT)
        run_id = f"run_{uuid.uuid4().hex[:8]}"
        self.api.start_run(dag_id, run_id, conf or {})
        return DagRun(self, dag_id, run_id)

    def wait_until(
        self,
        look: Callable[[], T | None],
        what: str,
        within: float = RUN_LIMIT,
        evidence: Callable[[], str] = no_evidence,
    ) -> T:
        """Wait for something observable; a component that died by itself meanwhile fails the wait at once."""

        def look_at_all() -> T | None:
            self._processes.check_running()
            return look()

        return wait_until(look_at_all, what, within, lambda: f"{evidence()}\n{self._processes.tails()}")

    def wait_healthy(self) -> None:
        """Wait until the API answers and every component has reported itself alive."""
        self.wait_until(self._is_healthy, "Airflow to be healthy", BOOT_LIMIT)

    def _is_healthy(self) -> bool:
        try:
            health = self.api.health()
        except requests.ConnectionError:
            return False
        return all((health[name] or {}).get("status") == "healthy" for name in _health_names(self._components))

    def _is_read(self, dag_id: str) -> bool:
        broken = [f"{error['filename']}\n{error['stack_trace']}" for error in self.api.import_errors()]
        if broken:
            raise BootError("Airflow cannot read these DAG files:\n" + "\n".join(broken))
        return self.api.knows_dag(dag_id)


@contextmanager
def running_airflow(
    home: Path, dags: Sequence[Path], settings: Mapping[str, str], database: Database = Database.POSTGRES
) -> Iterator[Airflow]:
    """Run the installed Airflow in an empty home folder, with further settings as environment variables.

    :param dags: folders with DAG files, or single files, each of another name.
    """
    generation = installed_release().generation
    port = free_port()
    link_dags(home, dags)
    with _address_of(database, home) as address, processes() as started:
        environment = {**airflow_environment(generation, home, address, port), **settings}
        _migrate(home, environment)
        airflow = Airflow(home, environment, rest_api(generation, f"http://{LOOPBACK}:{port}"), started)
        for role in generation.roles:
            airflow.start(role)
        airflow.wait_healthy()
        yield airflow


@contextmanager
def _address_of(database: Database, home: Path) -> Iterator[str]:
    if database is Database.SQLITE:
        yield f"sqlite:///{home}/airflow.db"
        return
    with running_postgres(home) as address:
        yield address


def _migrate(home: Path, environment: Mapping[str, str]) -> None:
    _run(("-m", "airflow", "db", "migrate"), home, environment, home / "db-migrate.log")


def _run(arguments: tuple[str, ...], home: Path, environment: Mapping[str, str], log: Path) -> None:
    with log.open("wb") as output:
        ended = subprocess.run(
            (sys.executable, *arguments), env=environment, cwd=home, stdout=output, stderr=output, check=False
        )
    if ended.returncode:
        raise BootError(f"`{' '.join(arguments)}` ended with status {ended.returncode}\n{tail(log, 60)}")


def _options(role: Role) -> tuple[str, ...]:
    """Logs are read from the files, so that the servers of logs, and their ports, are not needed."""
    return ("--skip-serve-logs",) if role in {Role.SCHEDULER, Role.TRIGGERER} else ()


def _health_names(roles: Iterable[Role]) -> set[str]:
    """Return the components that report their health to the database; that of the API is its answer."""
    reporting = {Role.SCHEDULER, Role.DAG_PROCESSOR, Role.TRIGGERER}
    return {"metadatabase", *(role.value.replace("-", "_") for role in reporting.intersection(roles))}
