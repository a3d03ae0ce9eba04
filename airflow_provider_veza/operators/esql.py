"""The operators for ES|QL queries: what each does and returns; the lifecycle is in :mod:`.submitting` and :mod:`.owning`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow_provider_veza.operators.asking import QueryOperator, SubmitQueryOperator
from airflow_provider_veza.operators.esql_question import (
    DEFAULT_CONN_ID,
    QUERY_FIELDS,
    UI_COLOR,
    EsqlQuestionOperator,
    esql_hook,
)
from airflow_provider_veza.operators.handle import CancelQueryOperator, GetQueryResultsOperator, HandleOperator
from airflow_provider_veza.operators.result import RESULT_FIELDS

if TYPE_CHECKING:
    from airflow_provider_veza.hooks.esql import EsqlHook


class EsqlQueryOperator(QueryOperator, EsqlQuestionOperator):
    """Ask Elasticsearch in ES|QL, wait, deliver the rows, and leave neither a query nor a stored result behind.

    Returns a list of rows as objects, one field a column; with ``output_path``, lands the rows there and returns a summary.
    XCom ``veza_query`` holds the handle. A query that has ended when it is first looked at is not deferred for.

    Elasticsearch returns 1,000 rows where the query has no ``LIMIT``, and never more than 10,000: the log says where a result
    was cut there.

    What to ask: :class:`~.esql_question.EsqlQuestionOperator`. How to wait: :class:`~.owning.OwningOperator`. Deadline, kill and
    retry: :class:`~.submitting.SubmittingOperator`. Where the rows go: :class:`~.result.ResultOperator`.

    On Airflow below 3.3, without ``[veza] record_path``, a retry after a worker crash cannot find the query before it. Needs
    the extra ``elasticsearch``.

    :param keep_results: leave the stored result in Elasticsearch until it expires, for others who know its id; by default it
        is deleted once its rows are delivered. A task that is killed deletes it all the same.

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

    template_fields: Sequence[str] = (*QUERY_FIELDS, *RESULT_FIELDS)

    def __init__(self, *, keep_results: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.keep_results = keep_results


class EsqlSubmitQueryOperator(SubmitQueryOperator, EsqlQuestionOperator):
    """Submit an ES|QL query and return its handle at once; from then on the DAG run owns the query.

    Put :class:`EsqlDeleteQueryOperator` behind it as a teardown; see :class:`~.asking.SubmitQueryOperator`. The result is kept
    until an hour after ``timeout``, which should leave time for all tasks that read it. Needs the extra
    ``elasticsearch``.
    """


class _EsqlHandleOperator(HandleOperator):
    """An operator on a handle of an ES|QL query.

    :param elasticsearch_conn_id: Airflow connection of type ``elasticsearch``, with the credentials that submitted the query.
    """

    ui_color = UI_COLOR

    def __init__(self, *, elasticsearch_conn_id: str = DEFAULT_CONN_ID, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.elasticsearch_conn_id = elasticsearch_conn_id

    @cached_property
    def hook(self) -> EsqlHook:
        """The client of the cluster."""
        return esql_hook(self.elasticsearch_conn_id)


class EsqlGetQueryResultsOperator(_EsqlHandleOperator, GetQueryResultsOperator):
    """Return or land the rows of an ES|QL query that has succeeded; put an ``EsqlQuerySensor`` before it.

    The stored result stays, so that other tasks may read it too. See :class:`~.handle.GetQueryResultsOperator`.

    :param allow_partial_results: whether a result that lacks rows is delivered.
    """

    template_fields: Sequence[str] = (*GetQueryResultsOperator.template_fields, "elasticsearch_conn_id")

    def __init__(self, *, allow_partial_results: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.allow_partial_results = allow_partial_results


class EsqlDeleteQueryOperator(_EsqlHandleOperator, CancelQueryOperator):
    """End an ES|QL query if it still runs, and delete its stored result; made to be a teardown.

    A query that is gone already is a success too; see :class:`~.handle.CancelQueryOperator`.

    .. code-block:: python

        submit = EsqlSubmitQueryOperator(task_id="submit", query="queries/bucket_activity.esql")
        delete = EsqlDeleteQueryOperator(task_id="delete", handle=submit.output).as_teardown(setups=submit)
    """

    template_fields: Sequence[str] = (*CancelQueryOperator.template_fields, "elasticsearch_conn_id")
