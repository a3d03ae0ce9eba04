"""What every operator does that works on the handle another task returned: results, cancel; no service's own words."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperator

from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.outcomes import error_of
from airflow_provider_veza.async_query.service import Cancellation
from airflow_provider_veza.async_query.watch import Ended, Outcome
from airflow_provider_veza.exceptions import QueryUnreachableError
from airflow_provider_veza.operators.failures import airflow_failures
from airflow_provider_veza.operators.result import RESULT_FIELDS, ResultOperator

if TYPE_CHECKING:
    from airflow_provider_veza.hooks.base import AsyncQueryHook
    from airflow_provider_veza.ownership.charge import Charge


class HandleOperator(BaseOperator):
    """An operator on a handle that another task returned.

    :param handle: a dict, what a submit task returned, or JSON text from a template.
    """

    template_fields: Sequence[str] = ("handle",)
    template_fields_renderers = {"handle": "json"}

    def __init__(self, *, handle: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.handle = handle

    @property
    @abstractmethod
    def hook(self) -> AsyncQueryHook:
        """The client of the handle's service."""


class GetQueryResultsOperator(ResultOperator, HandleOperator):
    """Return or land the rows of a query that has succeeded, as :class:`~.result.ResultOperator` says.

    It neither waits nor cancels: put a sensor before it.
    """

    template_fields: Sequence[str] = (*HandleOperator.template_fields, *RESULT_FIELDS)
    cancel_on_kill = False
    cancel_on_timeout = False
    _charge: Charge | None = None

    def execute(self, context: Any) -> Any:
        """Look once, then read the rows."""
        from airflow_provider_veza.ownership.shared_places import warn_of_unshared
        from airflow_provider_veza.ownership.taking_charge import charge_of_given_query

        self._charge = charge_of_given_query(self, context)
        warn_of_unshared({"output_path": self.output_path}, self.log)
        with airflow_failures():
            self.check_delivery()
            handle = QueryHandle.from_json(self.handle)
            self._require_success(handle)
            return self.deliver(self.hook, handle, context)

    def on_kill(self) -> None:
        """Stop landing; what is durable stays, and the query is left alone."""
        if self._charge is not None:
            self._charge.kill()

    def check_attempt(self, *, surely: bool = False) -> None:
        """Go on only if this attempt still counts."""
        if self._charge is not None:
            self._charge.check(surely=surely)

    def _require_success(self, handle: QueryHandle) -> None:
        snapshot = self.hook.look(handle)
        if not snapshot.phase.is_terminal:
            raise QueryUnreachableError(
                f"Query {handle.id} still runs (state {snapshot.state}); it was left running. Put a sensor before this "
                "task, such as VezaQuerySensor or EsqlQuerySensor. A retry looks again."
            )
        ended = Ended(Outcome(snapshot.phase), snapshot.error)
        error = error_of(ended, handle, next_retry="Clear the task that submitted it to run it again.")
        if error is not None:
            raise error


class CancelQueryOperator(HandleOperator):
    """Cancel a query if it still runs; made to be a teardown.

    Looks once and cancels only what still runs. A query that has ended, is gone, or cannot be cancelled is a success too:
    the task returns ``{"cancelled": false, "phase": ..., "reason": ...}``. So is an empty handle, which is what a submit task
    leaves that did not get to submit.
    """

    def execute(self, context: Any) -> dict[str, Any]:
        """Look, and cancel what still runs."""
        with airflow_failures():
            if not self.handle or self.handle == "None":
                return Cancellation(False, None, "there is no handle: nothing was submitted").to_json()
            result = self.hook.cancel(QueryHandle.from_json(self.handle))
        self.log.info("%s", "Cancelled the query." if result.cancelled else f"Nothing was cancelled: {result.reason}.")
        return result.to_json()
