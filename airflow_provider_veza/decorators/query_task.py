"""``@task.veza_query``: a task whose function returns the query spec; all the rest is :class:`VezaQueryOperator`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import signature
from typing import Any, ClassVar, cast

from airflow.providers.common.compat.sdk import (
    SET_DURING_EXECUTION,
    BaseOperator,
    DecoratedOperator,
    TaskDecorator,
    context_merge,
    determine_kwargs,
    task_decorator_factory,
)

from airflow_provider_veza.exceptions import ArgumentError
from airflow_provider_veza.operators.airflow_rules import airflow_failures
from airflow_provider_veza.operators.checked import check_one_by_one, naming, spelled_out
from airflow_provider_veza.operators.query import VezaQueryOperator

_QUERIES = ("query_spec", "saved_query_id")
_OF_ANY_DECORATOR = {"on_failure_fail_dagrun"}
"""What ``task_decorator_factory`` takes itself."""


class VezaQueryDecoratedOperator(DecoratedOperator, VezaQueryOperator):
    """A task of ``@task.veza_query``.

    :param python_callable: returns the query spec, as a mapping or as JSON text. It is called once an attempt, also in one that
        then adopts the query of an earlier attempt; not again after a deferral.
    :param op_args: positional arguments of the function; templated, as for every ``@task``.
    :param op_kwargs: keyword arguments of the function; templated, as for every ``@task``.
    """

    custom_operator_name = "@task.veza_query"
    template_fields: Sequence[str] = (*DecoratedOperator.template_fields, *VezaQueryOperator.template_fields)
    template_fields_renderers: ClassVar = {
        **DecoratedOperator.template_fields_renderers,
        **VezaQueryOperator.template_fields_renderers,
    }
    overwrite_rtif_after_execution = True

    def __init__(self, **kwargs: Any) -> None:
        kwargs.pop(
            "multiple_outputs", None
        )  # Airflow guesses it from the function's type; the task returns something else.
        with naming(str(kwargs.get("task_id"))):
            _refuse_queries(kwargs)
        kwargs = {name: value for name, value in kwargs.items() if name not in _QUERIES}
        super().__init__(query_spec=SET_DURING_EXECUTION, **kwargs)

    def execute(self, context: Any) -> Any:
        """Ask the function what to ask Veza, then ask Veza."""
        context_merge(context, self.op_kwargs)
        kwargs = determine_kwargs(self.python_callable, self.op_args, context)
        spec = self.python_callable(*self.op_args, **kwargs)
        with airflow_failures():
            if not isinstance(spec, (Mapping, str)):
                raise ArgumentError(
                    f"The function returned {type(spec).__name__} instead of a query spec, which is a mapping or its JSON text. "
                    "Nothing was submitted.",
                    about=f"task {self.task_id!r}",
                )
        self.query_spec = spec
        return super().execute(context)


VezaQueryDecoratedOperator.template_ext = ()
"""None of its arguments is a template file, so that a function may be given ``"report.json"`` as by every ``@task``."""


def _refuse_queries(given: Mapping[str, Any]) -> None:
    if named := [name for name in _QUERIES if given.get(name)]:
        raise ArgumentError(f"@task.veza_query takes no {' and no '.join(named)}: its function returns the query spec.")


def _refuse_unknown(given: Mapping[str, Any]) -> None:
    """Refuse a misspelt name, which Airflow itself finds in a mapped task only when that starts."""
    airflows = (base.__init__ for base in (BaseOperator, DecoratedOperator))
    known = {name for init in airflows for name in signature(init).parameters} | _OF_ANY_DECORATOR
    if unknown := sorted(given.keys() - known - set(spelled_out(VezaQueryDecoratedOperator))):
        raise ArgumentError(f"@task.veza_query takes no {' and no '.join(unknown)}: check the spelling.")


def veza_query_task(
    python_callable: Callable[..., Any] | None = None, multiple_outputs: bool | None = None, **kwargs: Any
) -> TaskDecorator:
    """Wrap a function that returns a query spec into a :class:`VezaQueryDecoratedOperator`.

    What the function returns is sent as it is: templates in it are not rendered. The task returns what ``VezaQueryOperator``
    returns, and takes its arguments, but for those that say what to ask. Literal values are checked at once, also where the task
    is mapped.

    :raises ArgumentError: naming the task, or else the function.

    .. code-block:: python

        @task.veza_query(output_path="s3://aws_default@lake/access/{{ run_id }}", deferrable=True)
        def access_to(bucket: str) -> dict:
            return {
                "source_node_types": {"nodes": [{"node_type": "OktaUser"}]},
                "relates_to_exp": {"specs": [{"node_types": {"nodes": [{"node_type": "S3Bucket", "node_id": bucket}]}}]},
            }


        access_to("payroll")
    """

    def wrapped(function: Callable[..., Any]) -> TaskDecorator:
        with naming(str(kwargs.get("task_id", function.__name__))):
            _refuse_queries(kwargs)
            _refuse_unknown(kwargs)
            check_one_by_one(VezaQueryDecoratedOperator, kwargs)
        return task_decorator_factory(
            python_callable=function,
            multiple_outputs=multiple_outputs,
            decorated_operator_class=VezaQueryDecoratedOperator,
            **kwargs,
        )

    return cast("TaskDecorator", wrapped) if python_callable is None else wrapped(python_callable)
