"""Deliberate mistakes, each on a line that says so; only a type checker reads this file, and it must find every one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from airflow_provider_veza.hooks.esql import EsqlHook
from airflow_provider_veza.hooks.veza import VezaHook
from airflow_provider_veza.operators.drift import VezaAccessDriftOperator
from airflow_provider_veza.operators.esql import EsqlGetQueryResultsOperator, EsqlQueryOperator
from airflow_provider_veza.operators.orphans import VezaCancelOrphanedQueriesOperator
from airflow_provider_veza.operators.query import (
    VezaCancelQueryOperator,
    VezaGetQueryResultsOperator,
    VezaQueryOperator,
    VezaSubmitQueryOperator,
)
from airflow_provider_veza.sensors.esql import EsqlQuerySensor
from airflow_provider_veza.sensors.query import VezaQuerySensor

# What is right draws no error.
right = VezaQueryOperator(task_id="a", query_spec={}, deferrable=True, timeout=timedelta(hours=1), retries=3, pool="x")
right_submit = VezaSubmitQueryOperator(task_id="a", saved_query_id="s", timeout=60)
right_results = VezaGetQueryResultsOperator(task_id="a", handle=right_submit.output, output_path=Path("lake"))
right_sensor = VezaQuerySensor(task_id="a", handle=right_submit.output, mode="reschedule", poke_interval=5)
right_drift = VezaAccessDriftOperator(task_id="a", current=right.output, output_path="x", fail_on={"added"})
right_cancel = VezaCancelQueryOperator(task_id="a", handle=[right_submit.output, right_submit.output])
right_hook = VezaHook(veza_conn_id="veza_eu")

VezaQueryOperator(task_id="a", query_spc={})  # mistake
VezaQueryOperator(task_id="a", query_spec={}, deferable=True)  # mistake
VezaQueryOperator(task_id="a", query_spec={}, timeout=[1])  # mistake
VezaQueryOperator(task_id="a", query_spec={}, result_kind="nodez")  # mistake
VezaQueryOperator(task_id="a", query_spec={}, cache_mode="immediate")  # mistake
VezaQueryOperator(task_id="a", query_spec={}, output_format="xml")  # mistake
VezaQueryOperator(task_id="a", query_spec={}, compression="lz4")  # mistake
VezaQueryOperator(task_id="a", query_spec={}, max_rows="many")  # mistake
VezaQueryOperator(task_id="a", query_spec={}, retires=3)  # mistake
VezaQueryOperator(task_id="a", query_spec={}, retries="many")  # mistake
VezaQueryOperator(query_spec={})  # mistake
VezaQueryOperator("a", query_spec={})  # mistake
VezaSubmitQueryOperator(task_id="a", query_spec={}, on_previous_query="hope")  # mistake
VezaSubmitQueryOperator(task_id="a", query_spec={}, output_path="x")  # mistake
VezaGetQueryResultsOperator(task_id="a", handle=7)  # mistake
VezaGetQueryResultsOperator(task_id="a")  # mistake
VezaCancelQueryOperator(task_id="a", handle={}, veza_con_id="x")  # mistake
VezaQuerySensor(task_id="a", handle=[right_submit.output])  # mistake
VezaQuerySensor(task_id="a", handle={}, poke_intervall=3)  # mistake
VezaQuerySensor(task_id="a", handle={}, soft_fail="yes")  # mistake
VezaAccessDriftOperator(task_id="a", current="x", output_path="y", fail_on={"new"})  # mistake
VezaAccessDriftOperator(task_id="a", current="x", output_path="y", partial_check="ignore")  # mistake
VezaCancelOrphanedQueriesOperator(task_id="a", grace=None)  # mistake
EsqlQueryOperator(task_id="a", query="FROM x", params=[1])  # mistake
EsqlQueryOperator(task_id="a", query="FROM x", columnar="yes")  # mistake
EsqlGetQueryResultsOperator(task_id="a", handle={}, row_count_check="ignore")  # mistake
EsqlQuerySensor(task_id="a", handle={}, cancel_on_kill=None)  # mistake
VezaHook("veza_eu")  # mistake
EsqlHook(veza_conn_id="x")  # mistake
