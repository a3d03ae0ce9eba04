"""A library that is not installed is told while the DAG is parsed, with the command that installs it."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import Any

import pytest
from airflow.cli.simple_table import AirflowConsole

from airflow_provider_veza.exceptions import ArgumentError
from airflow_provider_veza.operators.drift import VezaAccessDriftOperator
from airflow_provider_veza.operators.esql import EsqlDeleteQueryOperator, EsqlQueryOperator
from airflow_provider_veza.operators.query import VezaGetQueryResultsOperator, VezaQueryOperator
from airflow_provider_veza.sensors.esql import EsqlQuerySensor

Make = Callable[..., Any]
SPEC = {"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}


def landing(**arguments: Any) -> Any:
    return VezaQueryOperator(task_id="land", query_spec=SPEC, output_path="s3://lake/{{ ds }}", **arguments)


NEEDS: dict[str, tuple[str, str, Make]] = {
    "landed as Parquet": ("pyarrow", "parquet", lambda: landing(output_format="parquet")),
    "compressed with zstd": ("zstandard", "zstd", lambda: landing(compression="zstd")),
    "results as Parquet": (
        "pyarrow",
        "parquet",
        lambda: VezaGetQueryResultsOperator(task_id="get", handle="{{ x }}", output_path="/a", output_format="parquet"),
    ),
    "drift": ("duckdb", "drift", lambda: VezaAccessDriftOperator(task_id="drift", current="/a", output_path="/b")),
    "drift as Parquet": (
        "pyarrow",
        "parquet",
        lambda: VezaAccessDriftOperator(task_id="drift", current="/a", output_path="/b", output_format="parquet"),
    ),
    "ES|QL": ("elasticsearch", "elasticsearch", lambda: EsqlQueryOperator(task_id="ask", query="FROM logs")),
    "ES|QL delete": ("elasticsearch", "elasticsearch", lambda: EsqlDeleteQueryOperator(task_id="end", handle=None)),
    "ES|QL sensor": ("elasticsearch", "elasticsearch", lambda: EsqlQuerySensor(task_id="wait", handle={})),
}


@pytest.mark.parametrize(("library", "extra", "make"), NEEDS.values(), ids=NEEDS)
def test_a_missing_library_is_told_when_the_dag_is_parsed_with_what_to_install(
    library: str, extra: str, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make()
    monkeypatch.setitem(sys.modules, library, None)

    with pytest.raises(ArgumentError, match=rf"{library}.*pip install 'airflow-provider-veza\[{extra}\]'"):
        make()


@pytest.mark.parametrize(("library", "extra", "make"), NEEDS.values(), ids=NEEDS)
def test_the_extra_is_still_named_where_a_table_of_airflow_takes_brackets_for_markup(
    library: str, extra: str, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`airflow dags list-import-errors` prints what a user reads who has no page at hand."""
    monkeypatch.setitem(sys.modules, library, None)
    console = AirflowConsole(file=io.StringIO(), width=1_000)

    with pytest.raises(ArgumentError) as refused:
        make()
    console.print_as_table([{"error": str(refused.value)}])

    printed = console.file.getvalue()
    assert "pip install 'airflow-provider-veza'" in printed, (
        "Airflow prints brackets now; the extra need not be said twice."
    )
    assert f"the extra `{extra}`" in printed


def test_a_library_that_is_not_asked_for_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    for library in ("pyarrow", "zstandard", "duckdb", "elasticsearch"):
        monkeypatch.setitem(sys.modules, library, None)

    landing()
    landing(output_format="csv", compression="gzip")
    VezaQueryOperator(task_id="ask", query_spec=SPEC, output_format="{{ params.format }}", output_path="/a")
