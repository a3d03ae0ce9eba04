"""DAGs that land rows: one whose first attempt stands still in the middle of it, and one that runs when it has landed."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.providers.common.compat.sdk import DAG, task

from airflow_provider_veza.operators.assets import landed_asset
from airflow_provider_veza.operators.query import VezaQueryOperator
from airflow_provider_veza.results.reading import read_manifest

FOLDER = Path(os.environ.get("DRILL_FOLDER", "."))
LANDED = f"{FOLDER}/landed/{{{{ run_id }}}}"
SPEC = {
    "source_node_types": {
        "nodes": [
            {
                "node_type": "SnowflakeTable",
                "condition_expression": {
                    "specs": [{"fn": "EQ", "property": "name", "value": "{{ run_id }}", "not": True}]
                },
            }
        ]
    },
}
PAGES_BEFORE_THE_HALT = 6


class HaltingQueryOperator(VezaQueryOperator):
    """The operator as it is, but its first attempt stands still after some pages, and says which process it is."""

    def pre_execute(self, context: Any) -> None:
        self._run_id, self._halts, self._pages = context["ti"].run_id, context["ti"].try_number == 1, 0
        super().pre_execute(context)

    def check_attempt(self, **surely: bool) -> None:
        self._pages += 1
        if self._halts and self._pages > PAGES_BEFORE_THE_HALT:
            pipe = FOLDER / f"{self._run_id}.landing"
            os.mkfifo(pipe)
            pipe.with_suffix(".pid").write_text(str(os.getpid()))
            pipe.read_bytes()
        super().check_attempt(**surely)


common = {"start_date": datetime(2026, 1, 1, tzinfo=UTC), "catchup": False, "tags": ["landing"]}

with DAG("landing", schedule=None, default_args={"retries": 1, "retry_delay": timedelta(seconds=1)}, **common):
    HaltingQueryOperator(
        task_id="ask",
        query_spec=SPEC,
        veza_conn_id="veza_landing",
        deferrable=True,
        poll_interval=1.0,
        output_path=LANDED,
        part_bytes=1,
    )

with DAG("landing_consumer", schedule=[landed_asset(LANDED)], **common):

    @task
    def read(**context: Any) -> None:
        events = context.get("triggering_asset_events") or context["triggering_dataset_events"]
        [[event]] = events.values()
        manifest = event.extra["manifest"]
        seen = {"manifest": manifest, "ids": [row["id"] for row in read_manifest(manifest)]}
        (FOLDER / "consumed.json").write_text(json.dumps(seen))

    read()
