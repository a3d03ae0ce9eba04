"""What a cluster here is given: a folder, an object storage, and the services that queries run at; no cluster is booted here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drills.activity import ACTIVITY
from drills.bench import Tenant
from drills.cluster import start_cluster
from lanes import Lane, Lanes
from object_storage import ObjectStorage, start_object_storage
from settings import for_drills

from tools.real_airflow.celery_cluster import CeleryCluster
from tools.real_airflow.configuration import clean_environment
from tools.real_airflow.emulator import start_emulator
from tools.real_airflow.processes import Processes

PAGE_SIZE = 4


@dataclass(frozen=True)
class Surroundings:
    """What a cluster is given: a folder, a storage, and the services that queries run at."""

    folder: Path
    storage: ObjectStorage
    tenants: dict[Tenant, Any]

    def settings(self, lanes: list[str]) -> dict[str, str]:
        """Return the settings by which a cluster knows all of it."""
        # Small pages, so that a landing has many.
        known = [
            self.tenants[Tenant.USUAL].connection_environment(Tenant.USUAL, page_size=PAGE_SIZE),
            self.tenants[Tenant.ESQL].connection_environment(Tenant.ESQL),
        ]
        traces = self.folder / "traces"
        traces.mkdir(exist_ok=True)
        merged = for_drills(traces, lanes, self.storage)
        for environment in known:
            merged.update(environment)
        return merged

    def lanes(self, cluster: CeleryCluster) -> Lanes:
        """Return the lanes of a cluster in these surroundings."""
        traces = self.folder / "traces"
        all_lanes = (Lane(cluster.airflow, self.tenants, traces, cluster, pair) for pair in cluster.pairs)
        return Lanes(tuple(all_lanes), self.storage)


def start_surroundings(started: Processes, folder: Path) -> Surroundings:
    """Start what a cluster needs; queries run until they are finished by hand."""
    tenant = start_emulator(started, folder, clean_environment(), "veza_drill")
    tenant.let_queries_run()
    esql = start_cluster(started, folder, clean_environment(), "esql_drill", ACTIVITY)
    storage = start_object_storage(started, folder)
    return Surroundings(folder, storage, {Tenant.USUAL: tenant, Tenant.ESQL: esql})
