"""The arguments that say what to ask Elasticsearch, for the operators that submit; the lifecycle is in :mod:`.submitting`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.operators.submitting import SubmittingOperator

if TYPE_CHECKING:
    from airflow_provider_veza.hooks.esql import EsqlHook
    from airflow_provider_veza.services.esql_query import EsqlQuery

DEFAULT_CONN_ID = "elasticsearch_default"
QUERY_FIELDS = ("query", "parameters", "filter", "locale", "time_zone", "elasticsearch_conn_id")
TEMPLATE_EXTENSIONS = (".esql",)
UI_COLOR = "#f0e6b2"


class EsqlQuestionOperator(SubmittingOperator):
    """An operator that asks Elasticsearch something in ES|QL.

    :param query: the ES|QL text, or the path of a templated ``.esql`` file.
    :param parameters: values for the placeholders in the query, which Elasticsearch puts in their place: a list for ``?``, or a
        mapping for ``?name``. On the wire this is ``params``, a name that Airflow has taken for its own.
    :param filter: a condition in Elasticsearch's Query DSL that documents must meet before the query sees them.
    :param columnar: let the server answer column by column; the rows come out the same.
    :param locale: for formatting, such as ``en-US``.
    :param time_zone: of dates in the query, such as ``Europe/Berlin`` (Elasticsearch 9.4 or later).
    :param drop_null_columns: leave out columns in which every value is null.
    :param allow_partial_results: whether a result that lacks rows, since shards or clusters failed, is a success. Without it
        Elasticsearch is told to fail such a query, and a result that is partial all the same is not delivered.
    :param include_ccs_metadata: let a query across clusters say which of them failed where a result is partial.
    :param include_execution_metadata: the same for any query (Elasticsearch 9.3 or later).
    :param elasticsearch_conn_id: Airflow connection of type ``elasticsearch``. A result belongs to the API key, or the user,
        that submitted its query: nobody else finds it.
    """

    template_fields: Sequence[str] = QUERY_FIELDS
    template_ext: Sequence[str] = TEMPLATE_EXTENSIONS
    template_fields_renderers = {"query": "sql", "parameters": "json", "filter": "json"}
    ui_color = UI_COLOR

    def __init__(
        self,
        *,
        query: str,
        parameters: Sequence[Any] | Mapping[str, Any] | None = None,
        filter: Mapping[str, Any] | None = None,  # noqa: A002 -- Elasticsearch's word
        columnar: bool = False,
        locale: str | None = None,
        time_zone: str | None = None,
        drop_null_columns: bool = False,
        allow_partial_results: bool = False,
        include_ccs_metadata: bool = False,
        include_execution_metadata: bool = False,
        elasticsearch_conn_id: str = DEFAULT_CONN_ID,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.query = query
        self.parameters = parameters
        self.filter = filter
        self.columnar = columnar
        self.locale = locale
        self.time_zone = time_zone
        self.drop_null_columns = drop_null_columns
        self.allow_partial_results = allow_partial_results
        self.include_ccs_metadata = include_ccs_metadata
        self.include_execution_metadata = include_execution_metadata
        self.elasticsearch_conn_id = elasticsearch_conn_id

    @cached_property
    def hook(self) -> EsqlHook:
        """The client of the cluster."""
        return esql_hook(self.elasticsearch_conn_id)

    def checked_query(self) -> EsqlQuery:
        """Return the query, checked."""
        from airflow_provider_veza.services.esql_query import EsqlQuery

        return EsqlQuery(
            query=self.query,
            params=self.parameters,
            filter=self.filter,
            columnar=self.columnar,
            locale=self.locale,
            time_zone=self.time_zone,
            drop_null_columns=self.drop_null_columns,
            allow_partial_results=self.allow_partial_results,
            include_ccs_metadata=self.include_ccs_metadata,
            include_execution_metadata=self.include_execution_metadata,
        )

    def submit(self, query: EsqlQuery, *, deadline: Deadline) -> QueryHandle:
        """Send the query to the cluster."""
        return self.hook.submit(query, deadline=deadline)


def esql_hook(conn_id: str) -> EsqlHook:
    """Return a hook; imported when a task runs, so that parsing a DAG file loads no HTTP library."""
    from airflow_provider_veza.hooks.esql import EsqlHook

    return EsqlHook(conn_id)
