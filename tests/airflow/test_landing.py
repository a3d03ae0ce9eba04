"""Landing in a real Airflow: an attempt that is killed in the middle is gone on with, and DAGs run on what has landed."""

from __future__ import annotations

import json
from pathlib import Path

from killed_landing import KilledLanding

from airflow_provider_veza.results.reading import read_manifest
from tools.real_airflow.deployment import Airflow
from tools.real_airflow.emulator import Emulator


def test_a_killed_landing_is_gone_on_with_and_its_asset_starts_the_next_dag(
    airflow: Airflow, landing_tenant: Emulator, drill_folder: Path, killed_landing: KilledLanding
) -> None:
    run, query_id = killed_landing.result()

    result = read_manifest(f"{drill_folder}/landed/{run.run_id}")
    assert list(result) == landing_tenant.rows(query_id)
    assert result.manifest.resumed == 1
    summary = run.task("ask").xcom()
    assert (summary["rows"], summary["manifest"]) == (len(result), f"{drill_folder}/landed/{run.run_id}/_manifest.json")

    consumed = drill_folder / "consumed.json"
    airflow.wait_until(consumed.exists, "the consumer DAG to run")
    assert json.loads(consumed.read_text()) == {"manifest": summary["manifest"], "ids": [row["id"] for row in result]}
