"""The operators for Veza queries: what each takes and returns, and which query its arguments make.

The lifecycle is in :mod:`.submitting` and :mod:`.owning`, the same for ES|QL in :mod:`.esql`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Unpack

from airflow_provider_veza.links.query import LandedResultLink, VezaQueryLink
from airflow_provider_veza.operators.airflow_arguments import OperatorArguments
from airflow_provider_veza.operators.arguments import (
    CacheModeName,
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
    QuerySpec,
    ResultKind,
    StoragePath,
    duration_or_zero,
    identifier,
    optional,
)
from airflow_provider_veza.operators.checked import Together, defaults_of, keep
from airflow_provider_veza.operators.connections import (
    VEZA_COLOR,
    VEZA_CONN_ID,
    veza_hook,
)
from airflow_provider_veza.operators.delivery import RESULT_FIELDS
from airflow_provider_veza.operators.handle import CancelQueryOperator, GetQueryResultsOperator
from airflow_provider_veza.operators.nothing_found import (
    deliver_with_warning,
    warning_about_handle,
    warning_about_saved_query,
    warning_about_spec,
)
from airflow_provider_veza.operators.owning import WAIT_FIELDS, QueryOperator
from airflow_provider_veza.operators.spec_text import parsed_spec
from airflow_provider_veza.operators.submitting import DEFAULT_TIMEOUT, SUBMIT_FIELDS, SubmitQueryOperator
from airflow_provider_veza.results.defaults import DEFAULT_PART_BYTES, DEFAULT_XCOM_BYTES, DEFAULT_XCOM_ROWS

if TYPE_CHECKING:
    from airflow_provider_veza.hooks.bound import BoundQuery
    from airflow_provider_veza.hooks.veza import VezaHook
    from airflow_provider_veza.services.veza_query import VezaQuery

_CHOICES = ("result_kind", "cache_mode", "max_staleness", "cache_id", "rewrite_deprecated")
QUERY_FIELDS = (
    "query_spec",
    "saved_query_id",
    "result_kind",
    "cache_mode",
    "max_staleness",
    "cache_id",
    "veza_conn_id",
)
_NO_SPEC: tuple[Any, ...] = (None, "", {})
TEMPLATE_EXTENSIONS = (".json", ".yaml", ".yml")


class VezaQueryOperator(QueryOperator):
    """Ask Veza, wait, and deliver the rows. The task owns its query until the query has ended.

    Returns a list of rows as Veza sent them (``values``, else ``path_values``), or ``{"count": 6}`` where the result is a
    number; with ``output_path``, lands the rows there as parts and a ``_manifest.json``, and returns a summary. XCom
    ``veza_query`` holds the handle. On Airflow below 3.3, without ``[veza] record_path``, a retry after a worker crash cannot
    find the query before it.

    :param query_spec: the spec as Veza's Query Builder takes it: a mapping, in which times become text (RFC 3339); JSON text, as
        from ``{{ ... | tojson }}``; or the path of a templated ``.json`` or ``.yaml`` file. Either this, ``saved_query_id`` or a
        ``cache_id`` to attach to.
    :param saved_query_id: id of a query that is saved in the tenant, to run instead of a spec. The path of that run is inferred
        (connection extra ``saved_query_create_path``). ``cache_mode`` may be ``cached_result_if_available`` or ``immediate_run``;
        without it the tenant decides.
    :param result_kind: ``nodes`` (default: rows in pages, cache, cancel) or ``result`` (as ``query_spec:result_async_create``).
    :param cache_mode: ``cached_result_if_available`` (default), ``immediate_run`` or ``cached_result_context``.
    :param max_staleness: how old a cached result may be: timedelta, seconds, ``"86400s"`` or ISO 8601 text; default 24 hours.
    :param cache_id: the cached result to attach to; only and always with ``cached_result_context``.
    :param rewrite_deprecated: rewrite deprecated fields of the spec to ``relates_to_exp``; by default they draw a warning.
    :param veza_conn_id: Airflow connection of type ``veza``, to the tenant to ask; default ``veza_default``.
    :param timeout: from the submit until nobody wants the answer any more: timedelta, seconds or ISO 8601 text (``PT1H``);
        default 24 hours.
    :param cancel_on_kill: whether the query is cancelled when the task is marked, cleared or killed for good while it owns it;
        default yes. A task that is only shut down, and will be retried, hands its query over to the retry. It is
        not known whether Veza runs equal specs of several submits once, in which case cancelling one would end all of them:
        switch it off where such queries matter.
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
    :param fail_on_empty: fail when nothing is found; default no. Veza answers some misspelt names with no rows
        instead of an error.
    :param max_rows: fail past so many rows; by default there is no bound.
    :param xcom_max_rows: rows that XCom may get, unless ``do_xcom_push=False``; default 10,000.
    :param xcom_max_bytes: bytes of JSON that XCom may get, likewise; default 1 MiB.

    .. code-block:: python

        VezaQueryOperator(
            task_id="who_can_reach_the_bucket",
            query_spec={
                "query_type": "SOURCE_TO_DESTINATION",
                "source_node_types": {"nodes": [{"node_type": "OktaUser"}]},
                "relates_to_exp": {"specs": [{"node_types": {"nodes": [{"node_type": "S3Bucket"}]}}]},
            },
            output_path="s3://aws_default@lake/access_to_the_bucket/{{ run_id }}",
            output_format="parquet",
        )
    """

    query_spec: QuerySpec | None
    saved_query_id: GivenText | None
    result_kind: ResultKind
    cache_mode: CacheModeName | None
    max_staleness: Duration | None
    cache_id: GivenText | None
    rewrite_deprecated: bool
    veza_conn_id: str
    template_fields: Sequence[str] = (*QUERY_FIELDS, *SUBMIT_FIELDS, *WAIT_FIELDS, *RESULT_FIELDS)
    template_ext: Sequence[str] = TEMPLATE_EXTENSIONS
    template_fields_renderers = {"query_spec": "json"}
    operator_extra_links = (VezaQueryLink(),)
    ui_color = VEZA_COLOR
    together: Sequence[Together] = (*QueryOperator.together, (_CHOICES, lambda task: _check_choices(task)))

    def __init__(
        self,
        *,
        query_spec: QuerySpec | None = None,
        saved_query_id: GivenText | None = None,
        result_kind: ResultKind = "nodes",
        cache_mode: CacheModeName | None = None,
        max_staleness: Duration | None = None,
        cache_id: GivenText | None = None,
        rewrite_deprecated: bool = False,
        veza_conn_id: str = VEZA_CONN_ID,
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
    def hook(self) -> VezaHook:
        """The client of the tenant."""
        return veza_hook(self.veza_conn_id)

    def checked_query(self) -> VezaQuery:
        """Return this task's query, checked; warnings go to the task log."""
        return _checked_query(self)

    def deliver(self, query: BoundQuery, context: Mapping[str, Any]) -> Any:
        """Return the rows as plain JSON, or the summary of what was landed; names may be misspelt where that is nothing."""
        deliver = partial(super().deliver, query, context)
        return deliver_with_warning(deliver, lambda: _warning_of_nothing(self), self.log)


class VezaSubmitQueryOperator(SubmitQueryOperator):
    """Submit a query and return its handle at once; from then on the DAG run owns the query.

    Put :class:`VezaCancelQueryOperator` behind it as a teardown, so that the query does not outlive the run. Note that Airflow
    skips teardowns when ``dagrun_timeout`` ends a run. Clearing this task cancels the query it had submitted, if that still
    runs, and submits anew.

    :param query_spec: the spec as Veza's Query Builder takes it: a mapping, in which times become text (RFC 3339); JSON text, as
        from ``{{ ... | tojson }}``; or the path of a templated ``.json`` or ``.yaml`` file. Either this, ``saved_query_id`` or a
        ``cache_id`` to attach to.
    :param saved_query_id: id of a query that is saved in the tenant, to run instead of a spec. The path of that run is inferred
        (connection extra ``saved_query_create_path``). ``cache_mode`` may be ``cached_result_if_available`` or ``immediate_run``;
        without it the tenant decides.
    :param result_kind: ``nodes`` (default: rows in pages, cache, cancel) or ``result`` (as ``query_spec:result_async_create``).
    :param cache_mode: ``cached_result_if_available`` (default), ``immediate_run`` or ``cached_result_context``.
    :param max_staleness: how old a cached result may be: timedelta, seconds, ``"86400s"`` or ISO 8601 text; default 24 hours.
    :param cache_id: the cached result to attach to; only and always with ``cached_result_context``.
    :param rewrite_deprecated: rewrite deprecated fields of the spec to ``relates_to_exp``; by default they draw a warning.
    :param veza_conn_id: Airflow connection of type ``veza``, to the tenant to ask; default ``veza_default``.
    :param timeout: from the submit until nobody wants the answer any more: timedelta, seconds or ISO 8601 text (``PT1H``);
        default 24 hours.
    :param cancel_on_kill: whether the query is cancelled when the task is marked, cleared or killed for good while it owns it;
        default yes. A task that is only shut down, and will be retried, hands its query over to the retry. It is
        not known whether Veza runs equal specs of several submits once, in which case cancelling one would end all of them:
        switch it off where such queries matter.
    :param on_previous_query: ``reattach`` (default) adopts the query of a crashed attempt if it asks the same;
        ``cancel_and_resubmit`` never does.
    :param on_ambiguous_submit: ``resubmit`` (default) or ``fail``, after an attempt that died inside its submit.
    """

    query_spec: QuerySpec | None
    saved_query_id: GivenText | None
    result_kind: ResultKind
    cache_mode: CacheModeName | None
    max_staleness: Duration | None
    cache_id: GivenText | None
    rewrite_deprecated: bool
    veza_conn_id: str
    template_fields: Sequence[str] = (*QUERY_FIELDS, *SUBMIT_FIELDS)
    template_ext: Sequence[str] = TEMPLATE_EXTENSIONS
    template_fields_renderers = {"query_spec": "json"}
    operator_extra_links = (VezaQueryLink(),)
    ui_color = VEZA_COLOR
    together: Sequence[Together] = (*SubmitQueryOperator.together, (_CHOICES, lambda task: _check_choices(task)))

    def __init__(
        self,
        *,
        query_spec: QuerySpec | None = None,
        saved_query_id: GivenText | None = None,
        result_kind: ResultKind = "nodes",
        cache_mode: CacheModeName | None = None,
        max_staleness: Duration | None = None,
        cache_id: GivenText | None = None,
        rewrite_deprecated: bool = False,
        veza_conn_id: str = VEZA_CONN_ID,
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
    def hook(self) -> VezaHook:
        """The client of the tenant."""
        return veza_hook(self.veza_conn_id)

    def checked_query(self) -> VezaQuery:
        """Return this task's query, checked; warnings go to the task log."""
        return _checked_query(self)


class VezaGetQueryResultsOperator(GetQueryResultsOperator):
    """Return or land the rows of a Veza query that has succeeded; put a ``VezaQuerySensor`` before it.

    Returns what :class:`VezaQueryOperator` returns. It neither waits nor cancels.

    :param handle: what a submit task returned, or that as text from a template.
    :param veza_conn_id: Airflow connection of type ``veza``, to the tenant that ran the query; default ``veza_default``.
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
    :param fail_on_empty: fail when nothing is found; default no. Veza answers some misspelt names with no rows
        instead of an error.
    :param max_rows: fail past so many rows; by default there is no bound.
    :param xcom_max_rows: rows that XCom may get, unless ``do_xcom_push=False``; default 10,000.
    :param xcom_max_bytes: bytes of JSON that XCom may get, likewise; default 1 MiB.
    """

    veza_conn_id: str
    template_fields: Sequence[str] = ("handle", "veza_conn_id", *RESULT_FIELDS)
    operator_extra_links = (LandedResultLink(),)
    ui_color = VEZA_COLOR

    def __init__(
        self,
        *,
        handle: GivenHandle,
        veza_conn_id: str = VEZA_CONN_ID,
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
    def hook(self) -> VezaHook:
        """The client of the tenant."""
        return veza_hook(self.veza_conn_id)

    def deliver(self, query: BoundQuery, context: Mapping[str, Any]) -> Any:
        """Return the rows as plain JSON, or the summary of what was landed; names may be misspelt where that is nothing."""
        deliver = partial(super().deliver, query, context)
        return deliver_with_warning(deliver, lambda: warning_about_handle(query.handle), self.log)


class VezaCancelQueryOperator(CancelQueryOperator):
    """Cancel a Veza query, or all that a mapped task has submitted, if it still runs; made to be a teardown.

    Looks once and cancels only what still runs. A query that has ended, is gone, or cannot be cancelled is a success too:
    the task returns ``{"cancelled": false, "phase": ..., "reason": ...}``. So is an empty handle, which is what a submit task
    leaves that did not get to submit. Of many handles each is settled, whatever becomes of the others, and a list is returned.

    :param handle: what a submit task returned, mapped or not, or that as text from a template.
    :param veza_conn_id: Airflow connection of type ``veza``, to the tenant that runs the query; default ``veza_default``.

    .. code-block:: python

        submit = VezaSubmitQueryOperator(task_id="submit", query_spec=spec)
        cancel = VezaCancelQueryOperator(task_id="cancel", handle=submit.output).as_teardown(setups=submit)
    """

    veza_conn_id: str
    template_fields: Sequence[str] = ("handle", "veza_conn_id")
    ui_color = VEZA_COLOR

    def __init__(
        self,
        *,
        handle: GivenHandles,
        veza_conn_id: str = VEZA_CONN_ID,
        **kwargs: Unpack[OperatorArguments],
    ) -> None:
        super().__init__(**kwargs)
        keep(self, locals())
        self.when_parsed()

    @cached_property
    def hook(self) -> VezaHook:
        """The client of the tenant."""
        return veza_hook(self.veza_conn_id)


def _checked_query(task: VezaQueryOperator | VezaSubmitQueryOperator) -> VezaQuery:
    from airflow_provider_veza.services.veza_query import check_query

    checked = check_query(
        _spec_of(task),
        saved_query_id=optional(identifier)(task.saved_query_id, "saved_query_id"),
        result_kind=task.result_kind,
        cache_mode=task.cache_mode,
        max_staleness=optional(duration_or_zero)(task.max_staleness, "max_staleness"),
        cache_id=optional(identifier)(task.cache_id, "cache_id"),
        rewrite_deprecated=task.rewrite_deprecated,
    )
    for text in checked.warnings:
        task.log.warning("%s", text)
    return checked.query


def _spec_of(task: VezaQueryOperator | VezaSubmitQueryOperator) -> Any:
    return parsed_spec(task.query_spec, task.template_files.get("query_spec", ""))


def _warning_of_nothing(task: VezaQueryOperator) -> str:
    if task.saved_query_id is not None:
        return warning_about_saved_query(task.hook, str(task.saved_query_id))
    return warning_about_spec(_spec_of(task))


def _asks_by_spec_alone(task: VezaQueryOperator | VezaSubmitQueryOperator) -> bool:
    """Whether a task gives a spec and leaves the rest at its defaults, as most do, so that nothing contradicts anything."""
    defaults = defaults_of(task.__class__)
    left = all(getattr(task, name) is defaults[name] for name in ("saved_query_id", *_CHOICES))
    return left and task.query_spec not in _NO_SPEC


def _check_choices(task: VezaQueryOperator | VezaSubmitQueryOperator) -> None:
    """Refuse what does not go together, or no query at all; a template counts as one."""
    if _asks_by_spec_alone(task):
        return
    from airflow_provider_veza.services.veza_choices import VezaChoices

    choices = VezaChoices(
        has_spec=task.query_spec not in _NO_SPEC,
        has_saved_query=task.saved_query_id is not None,
        result_kind=task.result_kind,
        cache_mode=task.cache_mode,
        max_staleness=optional(duration_or_zero)(task.max_staleness, "max_staleness"),
        cache_id=optional(identifier)(task.cache_id, "cache_id"),
        rewrite_deprecated=task.rewrite_deprecated,
    )
    choices.require_one()
    choices.check()
