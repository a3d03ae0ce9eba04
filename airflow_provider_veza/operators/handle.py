"""The operators that work on the handle that another task returned: they bring its rows, or cancel it.

Those that own a query are in :mod:`.owning`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import MappedOperator, XComArg

from airflow_provider_veza.async_query.handle import QueryHandle, handles_in, is_no_handle, is_one_handle, is_sequence
from airflow_provider_veza.async_query.outcomes import error_of
from airflow_provider_veza.async_query.watch import Ended, Outcome
from airflow_provider_veza.exceptions import ArgumentError, AsyncQueryError, QueryUnreachableError
from airflow_provider_veza.operators.airflow_rules import airflow_failures
from airflow_provider_veza.operators.arguments import GivenHandle, GivenHandles, optional, path
from airflow_provider_veza.operators.checked import Together, check_when_started, is_literal, is_of_mapped, naming
from airflow_provider_veza.operators.delivery import DeliveringOperator, Delivery
from airflow_provider_veza.operators.traced import TracedOperator

if TYPE_CHECKING:
    from airflow_provider_veza.async_query.service import Cancellation
    from airflow_provider_veza.hooks.base import AsyncQueryHook
    from airflow_provider_veza.hooks.bound import BoundQuery
    from airflow_provider_veza.lineage.datasets import NamedDataset

_MAP_THIS_TASK_TOO = "Map this task too, with .partial(...).expand(handle=submit.output)."


def refuse_many_handles(taken_by: Any, handle: Any, groups: Collection[Any] = ()) -> None:
    """Refuse several handles where one is meant: a list, and the output of what has many instances for one of this task.

    :param taken_by: the task, or its class where there is none yet.
    :param groups: the mapped task groups that the task is in, of which each instance reads its own.
    :raises ArgumentError: says how to map the task too.
    """
    is_given = is_literal(taken_by, "handle", handle) and not is_no_handle(handle)
    if is_sequence(handle) or (is_given and not is_one_handle(handle)):
        raise ArgumentError(f"handle is a list, and this task takes one handle. {_MAP_THIS_TASK_TOO}")
    if isinstance(handle, XComArg) and any(_is_many(of, groups) for of, _ in handle.iter_references()):
        raise ArgumentError(
            "handle is the output of a mapped task, or of one in a mapped task group, which is as many handles as there are "
            f"instances. {_MAP_THIS_TASK_TOO}"
        )


def refuse_many_handles_of(task: Any) -> None:
    """Refuse several handles where one is meant, while a DAG file is parsed.

    :raises ArgumentError: naming the task.
    """
    if not is_of_mapped(task):
        with naming(task.task_id):
            refuse_many_handles(task, task.handle, list(task.iter_mapped_task_groups()))


def _is_many(operator: Any, groups: Collection[Any]) -> bool:
    return isinstance(operator, MappedOperator) or any(
        group not in groups for group in operator.iter_mapped_task_groups()
    )


class HandleOperator(TracedOperator):
    """An operator on a handle that another task returned."""

    handle: Any
    template_fields_renderers = {"handle": "json"}

    @property
    def given_query(self) -> BoundQuery:
        """The query of the handle.

        :raises HandleError: when it is none.
        """
        given: Any = self.handle
        return self.hook.query(QueryHandle.from_json(given))

    @property
    @abstractmethod
    def hook(self) -> AsyncQueryHook:
        """The client of the handle's service."""


class GetQueryResultsOperator(DeliveringOperator, HandleOperator):
    """Return or land the rows of a query that has succeeded; it neither waits nor cancels: put a sensor before it."""

    handle: GivenHandle
    together: Sequence[Together] = (*DeliveringOperator.together, *HandleOperator.together)
    cancel_on_kill = False
    cancel_on_timeout = False
    needs_success_of_query = True

    def when_parsed(self) -> None:
        """Check what is known, and declare what will be landed."""
        super().when_parsed()
        refuse_many_handles_of(self)

    @classmethod
    def refuse_for_all(cls, given: Mapping[str, Any]) -> None:
        """Refuse several handles."""
        refuse_many_handles(cls, given.get("handle"))

    def execute(self, context: Any) -> Any:
        """Look once, then read the rows."""
        from airflow_provider_veza.ownership.shared_places import warn_of_unshared
        from airflow_provider_veza.ownership.taking_charge import charge_of_given_query

        self._charge = charge_of_given_query(self, context)
        with airflow_failures():
            check_when_started(self)
            with naming(self.task_id):
                Delivery(self).check()
            warn_of_unshared({"output_path": optional(path)(self.output_path, "output_path")}, self.log)
            query = self.given_query
            self._require_success(query)
            return self.deliver(query, context)

    def on_kill(self) -> None:
        """Stop landing; what is durable stays, and the query is left alone."""
        if self._charge is not None:
            self._charge.kill()

    def _require_success(self, query: BoundQuery) -> None:
        handle, snapshot = query.handle, query.look()
        if not snapshot.phase.is_terminal:
            raise QueryUnreachableError(
                f"The query still runs (state {snapshot.state}); it was left running. Put a sensor before this task, such as "
                "VezaQuerySensor or EsqlQuerySensor. A retry looks again.",
                about=handle,
            )
        ended = Ended(Outcome(snapshot.phase), snapshot.error)
        error = error_of(ended, handle, next_retry="Clear the task that submitted it to run it again.")
        if error is not None:
            raise error


class CancelQueryOperator(HandleOperator):
    """End queries that still run; what has ended, is gone or cannot be cancelled is a success too, as is an empty handle."""

    handle: GivenHandles

    def read_datasets(self, handle: QueryHandle) -> Sequence[NamedDataset]:
        """Return nothing: who cancels reads no data."""
        del handle
        return ()

    def execute(self, context: Any) -> dict[str, Any] | list[dict[str, Any]]:
        """Look, and cancel what still runs; of many handles each, whatever becomes of the others."""
        from airflow_provider_veza.async_query.service import Cancellation

        with airflow_failures():
            check_when_started(self)
            if is_no_handle(self.handle):
                return Cancellation(False, None, "there is no handle: nothing was submitted").to_json()
            if is_one_handle(self.handle):
                return self._cancelled(self.given_query).to_json()
            return self._each_cancelled(list(handles_in(self.handle)))

    def _each_cancelled(self, handles: Sequence[QueryHandle]) -> list[dict[str, Any]]:
        results, failures = [], []
        for handle in handles:
            try:
                results.append(self._cancelled(self.hook.query(handle)).to_json())
            except AsyncQueryError as e:
                self.log.warning("%s", e)
                failures.append(e)
        if failures:
            raise _worst_of(failures, len(handles))
        return results

    def _cancelled(self, query: BoundQuery) -> Cancellation:
        result = query.cancel()
        said = "Cancelled the query" if result.cancelled else f"Nothing was cancelled, since {result.reason}"
        self.log.info("%s: %s", said, query.handle.shown_id)
        return result


def _worst_of(failures: Sequence[AsyncQueryError], queries: int) -> QueryUnreachableError:
    error = QueryUnreachableError(
        f"{len(failures)} of {queries} queries could not be cancelled, which the log names, and may still run. The others are "
        f"settled. The next attempt looks at all of them again. The first failure: {failures[0]}"
    )
    error.heals = any(failure.heals for failure in failures)
    return error
