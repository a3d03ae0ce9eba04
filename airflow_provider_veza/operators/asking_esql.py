"""What the operators and sensors of ES|QL share: hook, colour, and how arguments become a query; no lifecycle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from airflow_provider_veza.operators.arguments import GivenText
from airflow_provider_veza.operators.checked import Together

if TYPE_CHECKING:
    from airflow_provider_veza.hooks.esql import EsqlHook
    from airflow_provider_veza.services.esql_query import EsqlQuery

DEFAULT_CONN_ID = "elasticsearch_default"
QUERY_FIELDS = ("query", "parameters", "filter", "locale", "time_zone", "elasticsearch_conn_id")
TEMPLATE_EXTENSIONS = (".esql",)
UI_COLOR = "#f0e6b2"
_ASKED = (
    *("query", "parameters", "filter", "columnar", "locale", "time_zone", "drop_null_columns"),
    *("allow_partial_results", "include_ccs_metadata", "include_execution_metadata"),
)


class AsksElasticsearch(Protocol):
    """A task with the arguments that say what to ask."""

    query: GivenText
    parameters: Sequence[Any] | Mapping[str, Any] | None
    filter: Mapping[str, Any] | None
    columnar: bool
    locale: str | None
    time_zone: str | None
    drop_null_columns: bool
    allow_partial_results: bool
    include_ccs_metadata: bool
    include_execution_metadata: bool


def esql_hook(conn_id: str) -> EsqlHook:
    """Return a hook; imported when a task runs, so that parsing a DAG file loads no HTTP library."""
    from airflow_provider_veza.hooks.esql import EsqlHook

    return EsqlHook(elasticsearch_conn_id=conn_id)


def choices_of(task: AsksElasticsearch) -> Together:
    """Return the check that the arguments make a query."""
    return _ASKED, lambda: checked_query(task)


def checked_query(task: AsksElasticsearch) -> EsqlQuery:
    """Return what a task asks, checked.

    :raises ArgumentError: when it can be told now that the query is wrong.
    """
    from airflow_provider_veza.services.esql_query import EsqlQuery

    return EsqlQuery(
        query=str(task.query),
        params=task.parameters,
        filter=task.filter,
        columnar=task.columnar,
        locale=task.locale,
        time_zone=task.time_zone,
        drop_null_columns=task.drop_null_columns,
        allow_partial_results=task.allow_partial_results,
        include_ccs_metadata=task.include_ccs_metadata,
        include_execution_metadata=task.include_execution_metadata,
    )
