"""The DAG that the rig's deferred tasks belong to: each lands the rows of its query in a folder of its own."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from airflow.providers.common.compat.sdk import DAG

from airflow_provider_veza.operators.query import VezaQueryOperator
from tools.bench_rig.stored import DAG_ID, TASK_ID, TASKS_PER_RUN

SPEC = {"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}
LANDED = os.environ.get("BENCH_RIG_LANDED", ".")

with DAG(DAG_ID, schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), catchup=False, max_active_tasks=1_000):
    VezaQueryOperator.partial(
        task_id=TASK_ID, deferrable=True, output_path=f"{LANDED}/{{{{ run_id }}}}/{{{{ ti.map_index }}}}"
    ).expand(query_spec=[SPEC] * TASKS_PER_RUN)
