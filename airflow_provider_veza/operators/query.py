"""The operators for Veza queries: what each does and returns; the lifecycle is in :mod:`.base`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperator

from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.outcomes import error_of
from airflow_provider_veza.async_query.record import Owner
from airflow_provider_veza.async_query.service import Cancellation
from airflow_provider_veza.async_query.watch import Ended, Outcome
from airflow_provider_veza.exceptions import QueryUnreachableError
from airflow_provider_veza.operators.base import OwningOperator
from airflow_provider_veza.operators.failures import airflow_failures
from airflow_provider_veza.operators.rows_to_xcom import RowsToXComOperator
from airflow_provider_veza.operators.veza_question import DEFAULT_CONN_ID, UI_COLOR, VezaQuestionOperator, veza_hook

if TYPE_CHECKING:
    from airflow_provider_veza.hooks.veza import VezaHook


class VezaQueryOperator(RowsToXComOperator, VezaQuestionOperator, OwningOperator):
    """Ask Veza, wait, and return the rows. The task owns its query until the query has ended.

    Returns a list of rows as Veza sent them (``values``, else ``path_values``), or ``{"count": 6}`` where the result is a
    number. XCom ``veza_query`` holds the handle.

    What to ask: :class:`~.veza_question.VezaQuestionOperator`. How to wait: :class:`~.base.OwningOperator`. Deadline, kill
    and retry: :class:`~.base.SubmittingOperator`. Bounds of XCom: :class:`~.rows_to_xcom.RowsToXComOperator`.

    On Airflow below 3.3, without ``[veza] record_path``, a retry after a worker crash cannot find the query before it.

    .. code-block:: python

        VezaQueryOperator(
            task_id="who_can_reach_the_bucket",
            query_spec={
                "query_type": "SOURCE_TO_DESTINATION",
                "source_node_types": {"nodes": [{"node_type": "OktaUser"}]},
                "relates_to_exp": {"specs": [{"node_types": {"nodes": [{"node_type": "S3Bucket"}]}}]},
            },
        )
    """

    def collect(self, handle: QueryHandle) -> Any:
        """Return the rows, within the bounds of XCom."""
        return self.rows_for_xcom(self.hook.pages(handle))


class VezaSubmitQueryOperator(VezaQuestionOperator):
    """Submit a query and return its handle at once; from then on the DAG run owns the query.

    Put :class:`VezaCancelQueryOperator` behind it as a teardown, so that the query does not outlive the run. Note that
    Airflow skips teardowns when ``dagrun_timeout`` ends a run. Clearing this task cancels the query it had submitted, if that
    still runs, and submits anew.
    """

    query_owner = Owner.DAG_RUN

    def execute(self, context: Any) -> dict[str, Any]:
        """Submit or adopt, and return the handle."""
        with airflow_failures():
            handle = self.obtain(context)
            with self.answerable_for(handle, context):
                self.announce(handle, context)
                return handle.to_json()


class _HandleOperator(BaseOperator):
    """An operator on a handle that another task returned.

    :param handle: a dict, what a submit task returned, or JSON text from a template.
    """

    template_fields: Sequence[str] = ("handle", "veza_conn_id")
    template_fields_renderers = {"handle": "json"}
    ui_color = UI_COLOR

    def __init__(self, *, handle: Any, veza_conn_id: str = DEFAULT_CONN_ID, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.handle = handle
        self.veza_conn_id = veza_conn_id

    @cached_property
    def hook(self) -> VezaHook:
        """The client of the tenant."""
        return veza_hook(self.veza_conn_id)


class VezaGetQueryResultsOperator(RowsToXComOperator, _HandleOperator):
    """Return the rows of a query that has succeeded. It neither waits nor cancels: put a ``VezaQuerySensor`` before it."""

    def execute(self, context: Any) -> Any:
        """Look once, then read the rows."""
        with airflow_failures():
            handle = QueryHandle.from_json(self.handle)
            self._require_success(handle)
            return self.rows_for_xcom(self.hook.pages(handle))

    def _require_success(self, handle: QueryHandle) -> None:
        snapshot = self.hook.look(handle)
        if not snapshot.phase.is_terminal:
            raise QueryUnreachableError(
                f"Query {handle.id} still runs (state {snapshot.state}); it was left running. Put a VezaQuerySensor before this "
                "task. A retry looks again."
            )
        ended = Ended(Outcome(snapshot.phase), snapshot.error)
        error = error_of(ended, handle, next_retry="Clear the task that submitted it to run it again.")
        if error is not None:
            raise error


class VezaCancelQueryOperator(_HandleOperator):
    """Cancel a query if it still runs; made to be a teardown.

    Looks once and cancels only what still runs. A query that has ended, is gone, or cannot be cancelled is a success too:
    the task returns ``{"cancelled": false, "phase": ..., "reason": ...}``. So is an empty handle, which is what a submit task
    leaves that did not get to submit.

    .. code-block:: python

        submit = VezaSubmitQueryOperator(task_id="submit", query_spec=spec)
        cancel = VezaCancelQueryOperator(task_id="cancel", handle=submit.output).as_teardown(setups=submit)
    """

    def execute(self, context: Any) -> dict[str, Any]:
        """Look, and cancel what still runs."""
        with airflow_failures():
            if not self.handle or self.handle == "None":
                return Cancellation(False, None, "there is no handle: nothing was submitted").to_json()
            result = self.hook.cancel(QueryHandle.from_json(self.handle))
        self.log.info("%s", "Cancelled the query." if result.cancelled else f"Nothing was cancelled: {result.reason}.")
        return result.to_json()
