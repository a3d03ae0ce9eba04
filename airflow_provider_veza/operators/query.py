"""The operators for Veza queries: what each does and returns; the lifecycle is in :mod:`.submitting` and :mod:`.owning`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow_provider_veza.operators.asking import QueryOperator, SubmitQueryOperator
from airflow_provider_veza.operators.handle import CancelQueryOperator, GetQueryResultsOperator, HandleOperator
from airflow_provider_veza.operators.result import RESULT_FIELDS
from airflow_provider_veza.operators.veza_question import (
    DEFAULT_CONN_ID,
    QUERY_FIELDS,
    UI_COLOR,
    VezaQuestionOperator,
    veza_hook,
)

if TYPE_CHECKING:
    from airflow_provider_veza.hooks.veza import VezaHook


class VezaQueryOperator(QueryOperator, VezaQuestionOperator):
    """Ask Veza, wait, and deliver the rows. The task owns its query until the query has ended.

    Returns a list of rows as Veza sent them (``values``, else ``path_values``), or ``{"count": 6}`` where the result is a
    number; with ``output_path``, lands the rows there and returns a summary. XCom ``veza_query`` holds the handle.

    What to ask: :class:`~.veza_question.VezaQuestionOperator`. How to wait: :class:`~.owning.OwningOperator`. Deadline, kill
    and retry: :class:`~.submitting.SubmittingOperator`. Where the rows go: :class:`~.result.ResultOperator`.

    On Airflow below 3.3, without ``[veza] record_path``, a retry after a worker crash cannot find the query before it.

    .. code-block:: python

        VezaQueryOperator(
            task_id="who_can_reach_the_bucket",
            query_spec={
                "query_type": "SOURCE_TO_DESTINATION",
                "source_node_types": {"nodes": [{"node_type": "OktaUser"}]},
                "relates_to_exp": {"specs": [{"node_types": {"nodes": [{"node_type": "S3Bucket"}]}}]},
            },
            output_path="s3://aws_default@lake/access_to_the_bucket/{{ ds }}",
            output_format="parquet",
        )
    """

    template_fields: Sequence[str] = (*QUERY_FIELDS, *RESULT_FIELDS)


class VezaSubmitQueryOperator(SubmitQueryOperator, VezaQuestionOperator):
    """Submit a query and return its handle at once; from then on the DAG run owns the query.

    Put :class:`VezaCancelQueryOperator` behind it as a teardown; see :class:`~.asking.SubmitQueryOperator`.
    """


class _VezaHandleOperator(HandleOperator):
    """An operator on a handle of a Veza query.

    :param veza_conn_id: Airflow connection of type ``veza``, to the tenant that runs the query.
    """

    ui_color = UI_COLOR

    def __init__(self, *, veza_conn_id: str = DEFAULT_CONN_ID, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.veza_conn_id = veza_conn_id

    @cached_property
    def hook(self) -> VezaHook:
        """The client of the tenant."""
        return veza_hook(self.veza_conn_id)


class VezaGetQueryResultsOperator(_VezaHandleOperator, GetQueryResultsOperator):
    """Return or land the rows of a Veza query that has succeeded; put a ``VezaQuerySensor`` before it.

    See :class:`~.handle.GetQueryResultsOperator`.
    """

    template_fields: Sequence[str] = (*GetQueryResultsOperator.template_fields, "veza_conn_id")


class VezaCancelQueryOperator(_VezaHandleOperator, CancelQueryOperator):
    """Cancel a Veza query if it still runs; see :class:`~.handle.CancelQueryOperator`.

    .. code-block:: python

        submit = VezaSubmitQueryOperator(task_id="submit", query_spec=spec)
        cancel = VezaCancelQueryOperator(task_id="cancel", handle=submit.output).as_teardown(setups=submit)
    """

    template_fields: Sequence[str] = (*CancelQueryOperator.template_fields, "veza_conn_id")
