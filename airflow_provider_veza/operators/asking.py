"""The two ways to ask: keep the query until its rows are delivered, or hand it to the DAG run; no service's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.record import Owner
from airflow_provider_veza.operators.owning import OwningOperator
from airflow_provider_veza.operators.result import ResultOperator
from airflow_provider_veza.operators.submitting import SubmittingOperator


class QueryOperator(ResultOperator, OwningOperator):
    """Ask, wait, and return or land the rows. The task owns its query until the query has ended."""

    def collect(self, handle: QueryHandle, context: Mapping[str, Any]) -> Any:
        """Return the rows, or land them."""
        return self.deliver(self.hook, handle, context)

    def has_landed(self, handle: QueryHandle) -> bool:
        """Whether the rows of a query lie in the folder of ``output_path``, whole."""
        return self.is_landed(self.hook, handle)

    def check_attempt(self, *, surely: bool = False) -> None:
        """Go on only if this attempt still counts."""
        if self._charge is not None:
            self._charge.check(surely=surely)


class SubmitQueryOperator(SubmittingOperator):
    """Submit a query and return its handle at once; from then on the DAG run owns the query.

    Put an operator behind it that ends the query, as a teardown, so that the query does not outlive the run. Note that
    Airflow skips teardowns when ``dagrun_timeout`` ends a run. Clearing this task cancels the query it had submitted, if that
    still runs, and submits anew.
    """

    query_owner = Owner.DAG_RUN

    def execute(self, context: Any) -> dict[str, Any]:
        """Submit or adopt, and return the handle."""
        with self.in_charge(context) as charge:
            handle = self.obtain(charge).handle
            with self.answerable_for(handle, charge):
                self.announce(handle, context)
                return handle.to_json()
