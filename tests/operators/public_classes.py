"""The classes whose arguments are a promise, found as Airflow finds them, with a value for each argument."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from datetime import timedelta
from importlib import import_module
from pathlib import PurePosixPath
from typing import Any

from airflow.providers.common.compat.sdk import BaseHook, BaseOperator

from airflow_provider_veza.get_provider_info import get_provider_info

SPEC = {"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}
HANDLE = {
    "service": "veza_nodes",
    "id": "q1",
    "tenant": "https://acme.vezacloud.com",
    "conn_id": "veza_default",
    "submitted_at": "2026-01-01T00:00:00+00:00",
    "deadline": "2026-01-02T00:00:00+00:00",
}
SAMPLES: Mapping[str, Any] = {
    "also_compare": ["risk_level"],
    "allow_partial_results": True,
    "baseline": "/lake/one",
    "cache_mode": "cached_result_if_available",
    "cancel_on_kill": False,
    "cancel_on_timeout": False,
    "column_names": "underscored",
    "columnar": True,
    "created_by": "auditor@acme.example",
    "columns": ["id"],
    "compression": "gzip",
    "csv_escape_formulas": True,
    "current": {"manifest": "/lake/two/_manifest.json"},
    "deferrable": True,
    "drop_null_columns": True,
    "elasticsearch_conn_id": "logs",
    "fail_on": {"added"},
    "fail_on_empty": True,
    "filter": {"match_all": {}},
    "grace": timedelta(0),
    "handle": HANDLE,
    "ignore_properties": ["updated_at"],
    "include_ccs_metadata": True,
    "include_execution_metadata": False,
    "include_inactive": True,
    "keep_results": True,
    "key": ["id"],
    "labels": ["SOX"],
    "locale": "en-US",
    "logger_name": "ours",
    "max_cancels": 7,
    "max_duration": timedelta(minutes=3),
    "max_poll_interval": timedelta(seconds=20),
    "max_removed_fraction": 0.5,
    "max_rows": 10,
    "max_wait": timedelta(minutes=1),
    "max_staleness": timedelta(hours=1),
    "min_poll_interval": 2,
    "name_pattern": "SOX *",
    "null_value": "NULL",
    "on_ambiguous_submit": "fail",
    "on_bad_text": "replace",
    "on_previous_query": "cancel_and_resubmit",
    "output_format": "csv",
    "output_path": PurePosixPath("/lake/three"),
    "output_path_pattern": "/lake/{id}",
    "parameters": {"bucket": "acme"},
    "part_bytes": 1_000,
    "partial_check": "warn",
    "poke_interval": timedelta(seconds=5),
    "poll_interval": timedelta(seconds=3),
    "query": "FROM logs",
    "query_spec": SPEC,
    "result_kind": "nodes",
    "retry_on_timeout": True,
    "rewrite_deprecated": True,
    "row_count_check": "warn",
    "time_zone": "Europe/Berlin",
    "timeout": timedelta(minutes=5),
    "veza_conn_id": "veza_eu",
    "xcom_max_bytes": 9,
    "xcom_max_rows": 8,
}
EXCLUSIVE = frozenset({"saved_query_id", "cache_id"})
"""Arguments that do not go with the others."""


def public_classes() -> list[type]:
    """Return every operator, sensor and hook that the provider names."""
    info = get_provider_info()
    sections = (section for kind in ("operators", "sensors", "hooks") for section in info[kind])
    modules = [import_module(name) for section in sections for name in section["python-modules"]]
    return [
        found
        for module in modules
        for _, found in inspect.getmembers(module, inspect.isclass)
        if found.__module__ == module.__name__ and issubclass(found, (BaseOperator, BaseHook))
    ]


def own_parameters(cls: Any) -> list[inspect.Parameter]:
    """Return the arguments that a class spells out, without Airflow's own."""
    parameters = inspect.signature(cls.__init__).parameters.values()
    return [p for p in parameters if p.name != "self" and p.kind is not p.VAR_KEYWORD]


def sample_arguments(cls: Any) -> dict[str, Any]:
    """Return a value for every argument of a class that goes with all the others."""
    values = {p.name: SAMPLES[p.name] for p in own_parameters(cls) if p.name not in EXCLUSIVE}
    return values if issubclass(cls, BaseHook) else {"task_id": "sample", **values}
