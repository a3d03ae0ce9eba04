"""The arguments that Airflow's own operators and sensors take, for type checkers; written by `make airflow-arguments`."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Required, TypedDict


class OperatorArguments(TypedDict, total=False):
    """What Airflow's ``BaseOperator`` takes; Airflow documents it."""

    allow_nested_operators: bool
    dag: Any
    default_args: dict[str, Any] | None
    depends_on_past: bool
    do_xcom_push: bool
    doc: str | None
    doc_json: str | None
    doc_md: str | None
    doc_rst: str | None
    doc_yaml: str | None
    email: str | Sequence[str] | None
    email_on_failure: bool
    email_on_retry: bool
    end_date: datetime | None
    execution_timeout: timedelta | None
    executor: str | None
    executor_config: dict[str, Any] | None
    ignore_first_depends_on_past: bool
    inlets: Any
    logger_name: str | None
    map_index_template: str | None
    max_active_tis_per_dag: int | None
    max_active_tis_per_dagrun: int | None
    max_retry_delay: timedelta | float | None
    multiple_outputs: bool
    on_execute_callback: Any
    on_failure_callback: Any
    on_retry_callback: Any
    on_skipped_callback: Any
    on_success_callback: Any
    outlets: Any
    owner: str
    params: MutableMapping[str, Any] | None
    pool: str | None
    pool_slots: int
    post_execute: Any
    pre_execute: Any
    priority_weight: int
    queue: str
    render_template_as_native_obj: bool | None
    resources: dict[str, Any] | None
    retries: int | None
    retry_delay: timedelta | float
    retry_exponential_backoff: float
    retry_policy: Any
    run_as_user: str | None
    sla: timedelta | None
    start_date: datetime | None
    task_concurrency: int | None
    task_display_name: str | None
    task_group: Any
    task_id: Required[str]
    trigger_rule: str
    wait_for_downstream: bool
    wait_for_past_depends_before_skipping: bool
    weight_rule: Any


class SensorArguments(OperatorArguments, total=False):
    """What Airflow's ``BaseSensorOperator`` takes, but for what our sensors spell out themselves."""

    exponential_backoff: bool
    mode: str
    never_fail: bool
    silent_fail: bool
    soft_fail: bool


ONLY_IN: Mapping[str, tuple[str, ...]] = {
    "render_template_as_native_obj": ("3.3", "3.2"),
    "retry_policy": ("3.3",),
    "task_concurrency": ("2.11",),
}
"""The arguments that some of the supported versions of Airflow lack, with those that have them."""
