"""The ES|QL operators around a handle: submit, results, delete."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.providers.common.compat.sdk import DAG, AirflowFailException

from airflow_provider_veza.exceptions import PartialResultError, QueryFailedError, QueryUnreachableError
from airflow_provider_veza.operators.esql import (
    EsqlDeleteQueryOperator,
    EsqlGetQueryResultsOperator,
    EsqlSubmitQueryOperator,
)
from esql_double.server import Double
from support.served_cluster import ACTIVITY_ROWS, answer_at_once, answer_partially, fail
from support.task_run import TaskRun


def submitted(**arguments: Any) -> dict[str, Any]:
    return dict(TaskRun(lambda: EsqlSubmitQueryOperator(task_id="submit", query="FROM logs", **arguments)).execute())


def results(handle: Any, **arguments: Any) -> Any:
    return TaskRun(lambda: EsqlGetQueryResultsOperator(task_id="rows", handle=handle, **arguments)).execute()


def delete(handle: Any) -> Any:
    return TaskRun(lambda: EsqlDeleteQueryOperator(task_id="delete", handle=handle)).execute()


def test_a_submit_returns_a_handle_without_a_credential(cluster: Double) -> None:
    handle = submitted()
    assert cluster.running == [handle["id"]]
    assert handle["tenant"] == cluster.url
    assert cluster.api_key not in str(handle)


def test_results_are_read_as_often_as_wanted_and_stay(cluster: Double) -> None:
    answer_at_once(cluster)
    handle = submitted()
    assert results(handle) == results(handle) == ACTIVITY_ROWS
    assert cluster.stored == [handle["id"]]


def test_a_columnar_result_is_read_as_rows_too(cluster: Double) -> None:
    answer_at_once(cluster)
    assert results(submitted(columnar=True)) == ACTIVITY_ROWS


def test_a_running_query_has_no_rows_to_read_and_is_left_running(cluster: Double) -> None:
    handle = submitted()
    with pytest.raises(QueryUnreachableError, match="EsqlQuerySensor"):
        results(handle)
    assert cluster.running == [handle["id"]]


def test_a_failed_query_has_no_rows_to_read(cluster: Double) -> None:
    handle = submitted()
    fail(cluster, handle["id"])
    with pytest.raises(QueryFailedError, match="Unknown column.*Clear the task that submitted it"):
        results(handle)


def test_a_partial_result_is_read_only_where_that_is_allowed(cluster: Double) -> None:
    answer_partially(cluster)
    handle = submitted(allow_partial_results=True)
    with pytest.raises(PartialResultError):
        results(handle)
    assert results(handle, allow_partial_results=True) == ACTIVITY_ROWS


def test_delete_ends_a_running_query(cluster: Double) -> None:
    handle = submitted()
    assert delete(handle)["cancelled"] is True
    assert (cluster.running, cluster.stored) == ([], [])


def test_delete_of_a_finished_query_discards_its_result(cluster: Double) -> None:
    answer_at_once(cluster)
    handle = submitted()
    said = delete(handle)
    assert (said["cancelled"], said["phase"]) == (False, "SUCCEEDED")
    assert cluster.stored == []


def test_delete_of_a_failed_query_discards_its_error(cluster: Double) -> None:
    handle = submitted()
    fail(cluster, handle["id"])
    assert delete(handle)["phase"] == "FAILED"
    assert cluster.stored == []


def test_delete_of_what_is_gone_is_a_success(cluster: Double) -> None:
    handle = submitted()
    delete(handle)
    assert delete(handle)["phase"] == "GONE"


@pytest.mark.parametrize("handle", [None, "", "None", {}])
def test_delete_after_a_submit_that_did_not_happen_is_a_success(cluster: Double, handle: Any) -> None:
    assert delete(handle)["cancelled"] is False
    assert cluster.requests == []


def test_a_handle_of_another_cluster_is_not_touched(cluster: Double) -> None:
    handle = {**submitted(), "tenant": "http://elsewhere.example:9200"}
    for use in (results, delete):
        with pytest.raises(AirflowFailException, match="elsewhere"):
            use(handle)
    assert cluster.running == [handle["id"]]


def test_delete_fits_a_teardown() -> None:
    with DAG("teardown", schedule=None):
        submit = EsqlSubmitQueryOperator(task_id="submit", query="FROM logs")
        delete = EsqlDeleteQueryOperator(task_id="delete", handle=submit.output)
        submit >> delete.as_teardown(setups=submit)
    assert delete.is_teardown
    assert submit.is_setup
