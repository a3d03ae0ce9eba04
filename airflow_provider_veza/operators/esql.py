"""The operators for ES|QL queries: what each takes and returns, and which query its arguments make.

The lifecycle is in :mod:`.submitting` and :mod:`.owning`, the same for Veza in :mod:`.query`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Unpack

from airflow_provider_veza.links.query import LandedResultLink
from airflow_provider_veza.operators.airflow_arguments import OperatorArguments
from airflow_provider_veza.operators.arguments import (
    ColumnNames,
    CompressionName,
    Duration,
    FailOrReplace,
    FailOrWarn,
    GivenHandle,
    GivenHandles,
    GivenText,
    Names,
    OnAmbiguous,
    OnPrevious,
    OutputFormat,
    QueryFilter,
    QueryParameters,
    StoragePath,
    mapping,
    optional,
    parameters,
)
from airflow_provider_veza.operators.checked import Together, keep
from airflow_provider_veza.operators.connections import (
    ELASTICSEARCH_COLOR,
    ELASTICSEARCH_CONN_ID,
    esql_hook,
)
from airflow_provider_veza.operators.delivery import RESULT_FIELDS
from airflow_provider_veza.operators.handle import CancelQueryOperator, GetQueryResultsOperator
from airflow_provider_veza.operators.owning import WAIT_FIELDS, QueryOperator
from airflow_provider_veza.operators.submitting import DEFAULT_TIMEOUT, SUBMIT_FIELDS, SubmitQueryOperator
from airflow_provider_veza.results.defaults import DEFAULT_PART_BYTES, DEFAULT_XCOM_BYTES, DEFAULT_XCOM_ROWS

if TYPE_CHECKING:
    from airflow_provider_veza.hooks.esql import EsqlHook
    from airflow_provider_veza.services.esql_query import EsqlQuery

QUERY_FIELDS = ("query", "parameters", "filter", "locale", "time_zone", "elasticsearch_conn_id")
TEMPLATE_EXTENSIONS = (".esql",)
_CHOICES = (
    *("query", "parameters", "filter", "columnar", "locale", "time_zone", "drop_null_columns"),
    *("allow_partial_results", "include_ccs_metadata", "include_execution_metadata"),
)


class EsqlQueryOperator(QueryOperator):
    """Ask Elasticsearch in ES|QL, wait, deliver the rows, and leave neither a query nor a stored result behind.

    Returns a list of rows as objects, one field a column; with ``output_path``, lands the rows there as parts and a
    ``_manifest.json``, and returns a summary. XCom ``veza_query`` holds the handle. A query that has ended when it is first
    looked at is not deferred for. On Airflow below 3.3, without ``[veza] record_path``, a retry after a worker crash cannot
    find the query before it. Needs the extra ``elasticsearch``.

    Elasticsearch returns 1,000 rows where the query has no ``LIMIT``, and never more than 10,000: the log says where a result
    was cut there.

    :param query: the ES|QL text, or the path of a templated ``.esql`` file.
    :param parameters: values for the placeholders in the query, which Elasticsearch puts in their place: a list for ``?``, or a
        mapping for ``?name``, or JSON text of either; times become text (RFC 3339). On the wire this is ``params``, a name that
        Airflow has taken for its own. By default none.
    :param filter: a condition in Elasticsearch's Query DSL that documents must meet before the query sees them, or JSON text of
        it; by default none.
    :param columnar: let the server answer column by column; the rows come out the same. Default no.
    :param locale: for formatting, such as ``en-US``; by default the server's.
    :param time_zone: of dates in the query, such as ``Europe/Berlin`` (Elasticsearch 9.4 or later); by default UTC.
    :param drop_null_columns: leave out columns in which every value is null; default no.
    :param allow_partial_results: whether a result that lacks rows, since shards or clusters failed, is a success; default no.
        Without it Elasticsearch is told to fail such a query, and a result that is partial all the same is not delivered.
    :param include_ccs_metadata: let a query across clusters say which of them failed where a result is partial; default no.
    :param include_execution_metadata: the same for any query (Elasticsearch 9.3 or later); default no.
    :param elasticsearch_conn_id: Airflow connection of type ``elasticsearch``. A result belongs to the API key, or the
        user, that submitted its query: nobody else finds it; default ``elasticsearch_default``.
    :param timeout: from the submit until nobody wants the answer any more: timedelta, seconds or ISO 8601 text (``PT1H``);
        default 24 hours.
    :param cancel_on_kill: whether the query is cancelled when the task is marked, cleared or killed for good while it owns it;
        default yes. A task that is only shut down, and will be retried, hands its query over to the retry.
    :param on_previous_query: ``reattach`` (default) adopts the query of a crashed attempt if it asks the same;
        ``cancel_and_resubmit`` never does.
    :param on_ambiguous_submit: ``resubmit`` (default) or ``fail``, after an attempt that died inside its submit.
    :param deferrable: wait in the triggerer and hold no worker; by default as Airflow's ``[operators] default_deferrable`` says.
    :param poll_interval: the same for the time between two looks; by default they grow with the time since the submit, see
        :class:`~.async_query.polling.PollSchedule`.
    :param min_poll_interval: the shortest that the growing interval becomes, likewise; default 1 s.
    :param max_poll_interval: the longest that the growing interval becomes, likewise; default 30 s.
    :param cancel_on_timeout: whether the query is cancelled when ``timeout`` or ``execution_timeout`` passes; default yes.
    :param retry_on_timeout: whether a passed deadline may be followed by Airflow's retries, each with a new query; default no.
    :param keep_results: leave the stored result in Elasticsearch until it expires, for others who know its id; by default it
        is deleted once its rows are delivered. A task that is killed deletes it all the same.
    :param output_path: folder to land in, on any storage of Airflow's ``ObjectStoragePath``, such as
        ``s3://conn_id@bucket/access/{{ run_id }}``; by default the rows are the return value. One folder holds one result: a
        landing replaces what was landed there before, at its end and all at once. An asset of the folder is told of it (see
        :func:`~.assets.landed_asset`), unless the operator is mapped or the path begins with a template: then name the
        ``outlets`` yourself.
    :param output_format: ``jsonl`` (default: rows as they were sent), ``csv`` or ``parquet`` (flattened; extra ``parquet``).
    :param compression: ``gzip`` or ``zstd`` (extra ``zstd``); by default none, for Parquet Snappy.
    :param columns: of csv and parquet: the columns to write, in this order, or the name of one; by default all.
    :param column_names: of csv and parquet: ``dotted`` (default, ``properties.name``), ``underscored`` (``properties_name``: only
        letters, digits and underscores, as BigQuery and Avro want them), or a mapping of dotted names to other ones. ``columns``
        takes dotted names all the same. Two columns of one name are an error, whatever the case where they are underscored.
    :param null_value: of csv: what stands for a null, such as ``NULL``; by default nothing, which most readers skip
        where a table has one column.
    :param csv_escape_formulas: of csv: whether ``'`` is put before texts that a spreadsheet would take for a formula (first
        ``=``, ``+``, ``-`` or ``@``, and no number); default no. ``read_manifest`` takes it away again, other readers do not.
    :param part_bytes: bytes of JSON text in one part, about; default 64 MiB.
    :param row_count_check: ``fail`` (default) or ``warn`` when the service counted other than what came.
    :param on_bad_text: ``fail`` (default) or ``replace``: a text with half of a character, which JSON can write and UTF-8 cannot,
        is refused by csv, parquet and XCom, and lands in jsonl as it came; ``replace`` puts U+FFFD in its place everywhere.
    :param fail_on_empty: fail when nothing is found; default no.
    :param max_rows: fail past so many rows; by default there is no bound.
    :param xcom_max_rows: rows that XCom may get, unless ``do_xcom_push=False``; default 10,000.
    :param xcom_max_bytes: bytes of JSON that XCom may get, likewise; default 1 MiB.

    .. code-block:: python

        EsqlQueryOperator(
            task_id="who_read_the_bucket",
            query=\"\"\"
                FROM logs-aws.s3access-*
                | WHERE @timestamp >= NOW() - 90 days AND aws.s3access.bucket == ?bucket
                | STATS requests = COUNT(*) BY aws.s3access.requester
            \"\"\",
            parameters={"bucket": "acme-payroll-exports"},
            deferrable=True,
        )
    """

    query: GivenText
    parameters: QueryParameters | None
    filter: QueryFilter | None
    columnar: bool
    locale: str | None
    time_zone: str | None
    drop_null_columns: bool
    include_ccs_metadata: bool
    include_execution_metadata: bool
    elasticsearch_conn_id: str
    template_fields: Sequence[str] = (*QUERY_FIELDS, *SUBMIT_FIELDS, *WAIT_FIELDS, *RESULT_FIELDS)
    template_ext: Sequence[str] = TEMPLATE_EXTENSIONS
    template_fields_renderers = {"query": "sql", "parameters": "json", "filter": "json"}
    operator_extra_links = (LandedResultLink(),)
    ui_color = ELASTICSEARCH_COLOR
    needs_extra = "elasticsearch"
    together: Sequence[Together] = (*QueryOperator.together, (_CHOICES, lambda task: _checked_query(task)))

    def __init__(
        self,
        *,
        query: GivenText,
        parameters: QueryParameters | None = None,
        filter: QueryFilter | None = None,  # noqa: A002 -- Elasticsearch's word
        columnar: bool = False,
        locale: str | None = None,
        time_zone: str | None = None,
        drop_null_columns: bool = False,
        allow_partial_results: bool = False,
        include_ccs_metadata: bool = False,
        include_execution_metadata: bool = False,
        elasticsearch_conn_id: str = ELASTICSEARCH_CONN_ID,
        timeout: Duration = DEFAULT_TIMEOUT,
        cancel_on_kill: bool = True,
        on_previous_query: OnPrevious = "reattach",
        on_ambiguous_submit: OnAmbiguous = "resubmit",
        deferrable: bool | None = None,
        poll_interval: Duration | None = None,
        min_poll_interval: Duration = 1.0,
        max_poll_interval: Duration = 30.0,
        cancel_on_timeout: bool = True,
        retry_on_timeout: bool = False,
        keep_results: bool = False,
        output_path: StoragePath | None = None,
        output_format: OutputFormat = "jsonl",
        compression: CompressionName | None = None,
        columns: Names | None = None,
        column_names: ColumnNames = "dotted",
        null_value: str = "",
        csv_escape_formulas: bool = False,
        part_bytes: int = DEFAULT_PART_BYTES,
        row_count_check: FailOrWarn = "fail",
        on_bad_text: FailOrReplace = "fail",
        fail_on_empty: bool = False,
        max_rows: int | None = None,
        xcom_max_rows: int = DEFAULT_XCOM_ROWS,
        xcom_max_bytes: int = DEFAULT_XCOM_BYTES,
        **kwargs: Unpack[OperatorArguments],
    ) -> None:
        super().__init__(**kwargs)
        keep(self, locals())
        self.when_parsed()

    @cached_property
    def hook(self) -> EsqlHook:
        """The client of the cluster."""
        return esql_hook(self.elasticsearch_conn_id)

    def checked_query(self) -> EsqlQuery:
        """Return this task's query, checked."""
        return _checked_query(self)


class EsqlSubmitQueryOperator(SubmitQueryOperator):
    """Submit an ES|QL query and return its handle at once; from then on the DAG run owns the query.

    Put :class:`EsqlDeleteQueryOperator` behind it as a teardown, so that the query does not outlive the run. Note that Airflow
    skips teardowns when ``dagrun_timeout`` ends a run. Clearing this task ends the query it had submitted, and submits anew.
    The result is kept until an hour after ``timeout``, which should leave time for all tasks that read it. Needs the extra
    ``elasticsearch``.

    :param query: the ES|QL text, or the path of a templated ``.esql`` file.
    :param parameters: values for the placeholders in the query, which Elasticsearch puts in their place: a list for ``?``, or a
        mapping for ``?name``, or JSON text of either; times become text (RFC 3339). On the wire this is ``params``, a name that
        Airflow has taken for its own. By default none.
    :param filter: a condition in Elasticsearch's Query DSL that documents must meet before the query sees them, or JSON text of
        it; by default none.
    :param columnar: let the server answer column by column; the rows come out the same. Default no.
    :param locale: for formatting, such as ``en-US``; by default the server's.
    :param time_zone: of dates in the query, such as ``Europe/Berlin`` (Elasticsearch 9.4 or later); by default UTC.
    :param drop_null_columns: leave out columns in which every value is null; default no.
    :param allow_partial_results: whether a result that lacks rows, since shards or clusters failed, is a success; default no.
        Without it Elasticsearch is told to fail such a query, and a result that is partial all the same is not delivered.
    :param include_ccs_metadata: let a query across clusters say which of them failed where a result is partial; default no.
    :param include_execution_metadata: the same for any query (Elasticsearch 9.3 or later); default no.
    :param elasticsearch_conn_id: Airflow connection of type ``elasticsearch``. A result belongs to the API key, or the
        user, that submitted its query: nobody else finds it; default ``elasticsearch_default``.
    :param timeout: from the submit until nobody wants the answer any more: timedelta, seconds or ISO 8601 text (``PT1H``);
        default 24 hours.
    :param cancel_on_kill: whether the query is cancelled when the task is marked, cleared or killed for good while it owns it;
        default yes. A task that is only shut down, and will be retried, hands its query over to the retry.
    :param on_previous_query: ``reattach`` (default) adopts the query of a crashed attempt if it asks the same;
        ``cancel_and_resubmit`` never does.
    :param on_ambiguous_submit: ``resubmit`` (default) or ``fail``, after an attempt that died inside its submit.
    """

    query: GivenText
    parameters: QueryParameters | None
    filter: QueryFilter | None
    columnar: bool
    locale: str | None
    time_zone: str | None
    drop_null_columns: bool
    allow_partial_results: bool
    include_ccs_metadata: bool
    include_execution_metadata: bool
    elasticsearch_conn_id: str
    template_fields: Sequence[str] = (*QUERY_FIELDS, *SUBMIT_FIELDS)
    template_ext: Sequence[str] = TEMPLATE_EXTENSIONS
    template_fields_renderers = {"query": "sql", "parameters": "json", "filter": "json"}
    ui_color = ELASTICSEARCH_COLOR
    needs_extra = "elasticsearch"
    together: Sequence[Together] = (*SubmitQueryOperator.together, (_CHOICES, lambda task: _checked_query(task)))

    def __init__(
        self,
        *,
        query: GivenText,
        parameters: QueryParameters | None = None,
        filter: QueryFilter | None = None,  # noqa: A002 -- Elasticsearch's word
        columnar: bool = False,
        locale: str | None = None,
        time_zone: str | None = None,
        drop_null_columns: bool = False,
        allow_partial_results: bool = False,
        include_ccs_metadata: bool = False,
        include_execution_metadata: bool = False,
        elasticsearch_conn_id: str = ELASTICSEARCH_CONN_ID,
        timeout: Duration = DEFAULT_TIMEOUT,
        cancel_on_kill: bool = True,
        on_previous_query: OnPrevious = "reattach",
        on_ambiguous_submit: OnAmbiguous = "resubmit",
        **kwargs: Unpack[OperatorArguments],
    ) -> None:
        super().__init__(**kwargs)
        keep(self, locals())
        self.when_parsed()

    @cached_property
    def hook(self) -> EsqlHook:
        """The client of the cluster."""
        return esql_hook(self.elasticsearch_conn_id)

    def checked_query(self) -> EsqlQuery:
        """Return this task's query, checked."""
        return _checked_query(self)


class EsqlGetQueryResultsOperator(GetQueryResultsOperator):
    """Return or land the rows of an ES|QL query that has succeeded; put an ``EsqlQuerySensor`` before it.

    Returns what :class:`EsqlQueryOperator` returns. It neither waits nor cancels, and the stored result stays, so that other
    tasks may read it too.

    :param handle: what a submit task returned, or that as text from a template.
    :param elasticsearch_conn_id: Airflow connection of type ``elasticsearch``, with the credentials that submitted the
        query; default ``elasticsearch_default``.
    :param allow_partial_results: whether a result that lacks rows, since shards or clusters failed, is a success; default no.
    :param output_path: folder to land in, on any storage of Airflow's ``ObjectStoragePath``, such as
        ``s3://conn_id@bucket/access/{{ run_id }}``; by default the rows are the return value. One folder holds one result: a
        landing replaces what was landed there before, at its end and all at once. An asset of the folder is told of it (see
        :func:`~.assets.landed_asset`), unless the operator is mapped or the path begins with a template: then name the
        ``outlets`` yourself.
    :param output_format: ``jsonl`` (default: rows as they were sent), ``csv`` or ``parquet`` (flattened; extra ``parquet``).
    :param compression: ``gzip`` or ``zstd`` (extra ``zstd``); by default none, for Parquet Snappy.
    :param columns: of csv and parquet: the columns to write, in this order, or the name of one; by default all.
    :param column_names: of csv and parquet: ``dotted`` (default, ``properties.name``), ``underscored`` (``properties_name``: only
        letters, digits and underscores, as BigQuery and Avro want them), or a mapping of dotted names to other ones. ``columns``
        takes dotted names all the same. Two columns of one name are an error, whatever the case where they are underscored.
    :param null_value: of csv: what stands for a null, such as ``NULL``; by default nothing, which most readers skip
        where a table has one column.
    :param csv_escape_formulas: of csv: whether ``'`` is put before texts that a spreadsheet would take for a formula (first
        ``=``, ``+``, ``-`` or ``@``, and no number); default no. ``read_manifest`` takes it away again, other readers do not.
    :param part_bytes: bytes of JSON text in one part, about; default 64 MiB.
    :param row_count_check: ``fail`` (default) or ``warn`` when the service counted other than what came.
    :param on_bad_text: ``fail`` (default) or ``replace``: a text with half of a character, which JSON can write and UTF-8 cannot,
        is refused by csv, parquet and XCom, and lands in jsonl as it came; ``replace`` puts U+FFFD in its place everywhere.
    :param fail_on_empty: fail when nothing is found; default no.
    :param max_rows: fail past so many rows; by default there is no bound.
    :param xcom_max_rows: rows that XCom may get, unless ``do_xcom_push=False``; default 10,000.
    :param xcom_max_bytes: bytes of JSON that XCom may get, likewise; default 1 MiB.
    """

    elasticsearch_conn_id: str
    template_fields: Sequence[str] = ("handle", "elasticsearch_conn_id", *RESULT_FIELDS)
    operator_extra_links = (LandedResultLink(),)
    ui_color = ELASTICSEARCH_COLOR
    needs_extra = "elasticsearch"

    def __init__(
        self,
        *,
        handle: GivenHandle,
        elasticsearch_conn_id: str = ELASTICSEARCH_CONN_ID,
        allow_partial_results: bool = False,
        output_path: StoragePath | None = None,
        output_format: OutputFormat = "jsonl",
        compression: CompressionName | None = None,
        columns: Names | None = None,
        column_names: ColumnNames = "dotted",
        null_value: str = "",
        csv_escape_formulas: bool = False,
        part_bytes: int = DEFAULT_PART_BYTES,
        row_count_check: FailOrWarn = "fail",
        on_bad_text: FailOrReplace = "fail",
        fail_on_empty: bool = False,
        max_rows: int | None = None,
        xcom_max_rows: int = DEFAULT_XCOM_ROWS,
        xcom_max_bytes: int = DEFAULT_XCOM_BYTES,
        **kwargs: Unpack[OperatorArguments],
    ) -> None:
        super().__init__(**kwargs)
        keep(self, locals())
        self.when_parsed()

    @cached_property
    def hook(self) -> EsqlHook:
        """The client of the cluster."""
        return esql_hook(self.elasticsearch_conn_id)


class EsqlDeleteQueryOperator(CancelQueryOperator):
    """End an ES|QL query if it still runs, and delete its stored result; made to be a teardown.

    A query that has ended or is gone already is a success too, and so is an empty handle, which is what a submit task leaves
    that did not get to submit. Returns ``{"cancelled": false, "phase": ..., "reason": ...}``, or ``true``. Of many handles, which
    a mapped submit returns, each is settled, whatever becomes of the others, and a list is returned.

    :param handle: what a submit task returned, mapped or not, or that as text from a template.
    :param elasticsearch_conn_id: Airflow connection of type ``elasticsearch``, with the credentials that submitted the
        query; default ``elasticsearch_default``.

    .. code-block:: python

        submit = EsqlSubmitQueryOperator(task_id="submit", query="queries/bucket_activity.esql")
        delete = EsqlDeleteQueryOperator(task_id="delete", handle=submit.output).as_teardown(setups=submit)
    """

    elasticsearch_conn_id: str
    template_fields: Sequence[str] = ("handle", "elasticsearch_conn_id")
    ui_color = ELASTICSEARCH_COLOR
    needs_extra = "elasticsearch"

    def __init__(
        self,
        *,
        handle: GivenHandles,
        elasticsearch_conn_id: str = ELASTICSEARCH_CONN_ID,
        **kwargs: Unpack[OperatorArguments],
    ) -> None:
        super().__init__(**kwargs)
        keep(self, locals())
        self.when_parsed()

    @cached_property
    def hook(self) -> EsqlHook:
        """The client of the cluster."""
        return esql_hook(self.elasticsearch_conn_id)


def _checked_query(task: EsqlQueryOperator | EsqlSubmitQueryOperator) -> EsqlQuery:
    from airflow_provider_veza.services.esql_query import EsqlQuery

    return EsqlQuery(
        query=str(task.query),
        params=optional(parameters)(task.parameters, "parameters"),
        filter=optional(mapping)(task.filter, "filter"),
        columnar=task.columnar,
        locale=task.locale,
        time_zone=task.time_zone,
        drop_null_columns=task.drop_null_columns,
        allow_partial_results=task.allow_partial_results,
        include_ccs_metadata=task.include_ccs_metadata,
        include_execution_metadata=task.include_execution_metadata,
    )
