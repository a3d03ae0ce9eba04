"""A cluster of CeleryExecutor on one machine: two of each component, and worker hosts in pairs; how a host fails is elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import requests

from tools.real_airflow.configuration import LOOPBACK, free_port
from tools.real_airflow.deployment import BOOT_LIMIT, Airflow, running_airflow
from tools.real_airflow.host_name import CALLABLE
from tools.real_airflow.redis import running_redis
from tools.real_airflow.release import Generation, Role
from tools.real_airflow.rest_api import RestApi, rest_api
from tools.real_airflow.worker_host import WorkerHost

DOUBLED = (Role.SCHEDULER, Role.TRIGGERER)
HOSTS_PER_PAIR = 2
SERVER_WORKERS = "2"
COMMON = {
    # A task may ask for the other one, whose tasks die with no scheduler and are adopted by none.
    "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor,LocalExecutor",
    "AIRFLOW__CORE__HOSTNAME_CALLABLE": CALLABLE,
    "AIRFLOW__CELERY__WORKER_PREFETCH_MULTIPLIER": "1",
    "AIRFLOW__CELERY__SYNC_PARALLELISM": "1",
    "AIRFLOW__API__WORKERS": SERVER_WORKERS,
    # A dozen tasks that start at the same moment use up the default of 15 connections, and the API server then stands still.
    "AIRFLOW__DATABASE__SQL_ALCHEMY_POOL_SIZE": "20",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_MAX_OVERFLOW": "20",
    "AIRFLOW__WEBSERVER__WORKERS": SERVER_WORKERS,
    # At the default of 5 s tasks fail with a timeout when the API server is loaded.
    "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "30",
}


@dataclass(frozen=True)
class Pair:
    """Two hosts that serve one queue, which no other host serves: what happens to them is felt by no other pair's tasks."""

    queue: str
    hosts: tuple[WorkerHost, ...]

    def host(self, name: str) -> WorkerHost:
        """Return the host of that name."""
        return next(host for host in self.hosts if host.name == name)

    def heal(self) -> None:
        """Bring both back to work."""
        for host in self.hosts:
            host.heal()
        for host in self.hosts:
            host.wait_ready()


@dataclass(frozen=True)
class CeleryCluster:
    """A running cluster."""

    airflow: Airflow
    pairs: tuple[Pair, ...]

    @cached_property
    def second_api(self) -> RestApi:
        """The API of a second API server of the same Airflow, which is started for it."""
        port = free_port()
        self.airflow.start(Role.API_SERVER, {"AIRFLOW__API__PORT": str(port)})
        api = rest_api(Generation.THREE, f"http://{LOOPBACK}:{port}")
        self.airflow.wait_until(lambda: _answers(api), "the second API server to answer", BOOT_LIMIT)
        return api

    def heal(self) -> None:
        """Bring every host back to work."""
        for pair in self.pairs:
            pair.heal()

    def restart(self, settings: Mapping[str, str]) -> None:
        """Kill everything but database and broker and start it again, with further settings."""
        for pair in self.pairs:
            for host in pair.hosts:
                host.kill()
        self.airflow.restart(settings)
        self.heal()


@contextmanager
def running_cluster(
    home: Path, dag_folders: Sequence[Path], settings: Mapping[str, str], queues: Sequence[str], concurrency: int
) -> Iterator[CeleryCluster]:
    """Run a cluster in an empty folder; each queue gets a pair of hosts."""
    with running_redis(home) as broker:
        of_celery = {**COMMON, "AIRFLOW__CELERY__BROKER_URL": broker}
        with running_airflow(home, dag_folders, {**of_celery, **settings}) as airflow:
            for role in DOUBLED:
                airflow.start(role)
            cluster = CeleryCluster(airflow, tuple(_pair(airflow, queue, concurrency) for queue in queues))
            for pair in cluster.pairs:
                for host in pair.hosts:
                    host.wait_ready()
            yield cluster


def _answers(api: RestApi) -> bool:
    try:
        return bool(api.health())
    except requests.ConnectionError:
        return False


def _pair(airflow: Airflow, queue: str, concurrency: int) -> Pair:
    names = [f"{queue}-host-{number}" for number in range(1, HOSTS_PER_PAIR + 1)]
    disks = airflow.home / "disks"
    return Pair(queue, tuple(WorkerHost(airflow.run, name, disks / name, queue, concurrency) for name in names))
