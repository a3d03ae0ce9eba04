"""Landing in a real Airflow: an attempt that is killed in the middle is gone on with, and DAGs run on what has landed."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

from airflow_provider_veza.results.reading import read_manifest
from tools.real_airflow.deployment import Airflow
from tools.real_airflow.emulator import Emulator


def test_a_killed_landing_is_gone_on_with_and_its_asset_starts_the_next_dag(
    airflow: Airflow, drill_tenants: dict[str, Emulator], drill_folder: Path
) -> None:
    tenant = drill_tenants["veza_drill"]
    run = airflow.trigger("landing")
    [query] = airflow.wait_until(
        lambda: [query for query in tenant.queries() if run.run_id in json.dumps(query["spec"])] or None, "the query"
    )
    tenant.finish(query["id"])
    pid = drill_folder / f"{run.run_id}.pid"
    said = airflow.wait_until(
        lambda: (pid.exists() and pid.read_text()) or None,
        "the landing to stand still",
        evidence=run.task("ask").log_text,
    )
    os.kill(int(said), signal.SIGKILL)
    run.wait("success")

    result = read_manifest(f"{drill_folder}/landed/{run.run_id}")
    assert list(result) == tenant.rows(query["id"])
    assert result.manifest.resumed == 1
    summary = run.task("ask").xcom()
    assert (summary["rows"], summary["manifest"]) == (len(result), f"{drill_folder}/landed/{run.run_id}/_manifest.json")

    consumed = drill_folder / "consumed.json"
    airflow.wait_until(consumed.exists, "the consumer DAG to run")
    assert json.loads(consumed.read_text()) == {"manifest": summary["manifest"], "ids": [row["id"] for row in result]}
