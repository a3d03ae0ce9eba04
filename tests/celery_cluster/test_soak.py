"""The soaks: `SOAK_SEEDS` (numbers) and `SOAK_CONFIGURATIONS` (names) choose among them, and all findings fail one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from enum import StrEnum

import pytest
from settings import CELERY_ALONE, REQUEUED, recording
from soak.chaos import Chaos
from soak.load import Load
from soak.running import Soak, Summary, seeded, write_down
from surroundings import Surroundings, start_surroundings

from tools.real_airflow.celery_cluster import running_cluster
from tools.real_airflow.processes import processes
from tools.real_airflow.release import installed_release
from tools.real_airflow.run_folder import REPOSITORY, claimed_run_folder

DAGS = REPOSITORY / "tests" / "celery_cluster" / "soak" / "dags"
QUEUE = "soak"
CONCURRENCY = 12


class Configuration(StrEnum):
    """Where records of live queries are kept."""

    STATE_STORE = "state store alone"
    RECORDS = "record_path on S3"


POSSIBLE = list(Configuration) if installed_release().keeps_task_state else [Configuration.RECORDS]
CHOSEN = [name.strip() for name in os.environ.get("SOAK_CONFIGURATIONS", ",".join(POSSIBLE)).split(",")]
SEEDS = [int(seed) for seed in os.environ.get("SOAK_SEEDS", "1 2 3").split()]


@pytest.fixture(scope="module")
def summaries() -> Iterator[list[Summary]]:
    seen: list[Summary] = []
    yield seen
    write_down(seen, f"celery-{installed_release().series}")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("configuration", [each for each in POSSIBLE if each in CHOSEN])
def test_the_promise_holds_under_chaos(configuration: Configuration, seed: int, summaries: list[Summary]) -> None:
    name = f"soak-{installed_release().series}-{configuration.name.lower()}-{seed}"
    with claimed_run_folder(name) as folder, processes() as started, pytest.MonkeyPatch.context() as patch:
        around = start_surroundings(started, folder)
        for variable, value in around.storage.environment().items():
            patch.setenv(variable, value)
        summary = carry_out(around, configuration, seed)
    summaries.append(summary)
    print(f"\n{summary.line()}", *(f"  {finding}" for finding in summary.findings), sep="\n", flush=True)
    assert summary.findings == ()


def carry_out(around: Surroundings, configuration: Configuration, seed: int) -> Summary:
    """Boot a cluster of its own and soak it."""
    has_records = configuration is Configuration.RECORDS
    settings = {
        **around.settings([QUEUE]),
        **REQUEUED,
        **CELERY_ALONE,
        **(recording(around.storage) if has_records else {}),
    }
    of_load, of_chaos = seeded(seed)
    with running_cluster(around.folder, [DAGS], settings, [QUEUE], CONCURRENCY) as cluster:
        load = Load(cluster.airflow, list(around.tenants.values()), of_load, lambda query: chaos.is_abandoned(query))
        log = around.folder / "chaos.jsonl"
        chaos = Chaos(cluster, load, around.folder / "traces", log, of_chaos)
        return Soak(configuration, seed, chaos).carry_out(has_records=has_records)
