"""What a DAG file pays for a task of ours: counted in calls, since these are the same on a busy machine."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import DAG, BaseOperator, BaseSensorOperator

from airflow_provider_veza.operators.query import VezaQueryOperator
from operators.public_classes import SPEC, own_parameters, public_classes, sample_arguments

TASKS = [cls for cls in public_classes() if issubclass(cls, BaseOperator)]
of_every_task = pytest.mark.parametrize("cls", TASKS, ids=lambda cls: cls.__name__)

Make = Callable[[str], Any]
MOST_CALLS = 400
"""Of a task beyond one of Airflow's without arguments, which takes 260 to 600. A look for a library takes thousands."""


class Bare(BaseOperator):
    """An operator as Airflow has it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)


class BareSensor(BaseSensorOperator):
    """A sensor as Airflow has it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)


def needed_by(cls: Any) -> dict[str, Any]:
    samples = sample_arguments(cls)
    needed = {p.name: samples[p.name] for p in own_parameters(cls) if p.default is inspect.Parameter.empty}
    if "query_spec" in samples:
        needed["query_spec"] = SPEC
    if "handle" in needed:
        needed["handle"] = "{{ ti.xcom_pull('submit') }}"
    return needed


def with_what_it_needs(cls: Any) -> Make:
    needed = needed_by(cls)
    return lambda name: cls(task_id=name, **needed)


def landing(output_path: str, **arguments: Any) -> Make:
    return lambda name: VezaQueryOperator(
        task_id=name, query_spec=SPEC, output_path=output_path.replace("NAME", name), **arguments
    )


MADE: dict[str, Make] = {
    **{cls.__name__: with_what_it_needs(cls) for cls in TASKS},
    "landing on S3": landing("s3://lake/NAME/by_day"),
    "landing on S3, by day": landing("s3://aws_default@lake/NAME/{{ ds }}"),
    "landing on Google's": landing("gs://lake/NAME"),
    "landing on Azure": landing("abfs://lake/NAME"),
    "landing on disk": landing("/lake/NAME"),
    "landing Parquet": landing("s3://lake/NAME", output_format="parquet"),
    "landing CSV with zstd": landing("s3://lake/NAME", output_format="csv", compression="zstd", columns=["id"]),
}


def calls_of(make: Make) -> int:
    """Return how many functions are called to make a task, when there was one like it before."""
    counted = 0

    def count(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    with DAG("parsed", schedule=None):
        make("first")
        make("second")
        before = sys.getprofile()
        sys.setprofile(count)
        try:
            make("third")
        finally:
            sys.setprofile(before)
    return counted


def calls_beyond_airflows(make: Make) -> int:
    bare = BareSensor if isinstance(make("none"), BaseSensorOperator) else Bare
    return calls_of(make) - calls_of(lambda name: bare(task_id=name))


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_one_more_task_takes_few_calls_more_than_one_of_airflows(make: Make) -> None:
    assert calls_beyond_airflows(make) < MOST_CALLS


SHAPES: dict[str, Callable[[Any], Any]] = {
    "itself": lambda output: output,
    "an item": lambda output: output["key"],
    "in a list": lambda output: [output],
    "in a mapping": lambda output: {"a": {"b": (output,)}},
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@of_every_task
def test_a_task_stands_behind_every_task_whose_output_it_is_given(cls: Any, shape: Callable[[Any], Any]) -> None:
    refused = {"handle"} if shape is SHAPES["in a list"] else set()
    for field in set(cls.template_fields) - refused:
        with DAG("dependencies", schedule=None):
            before = Bare(task_id="before")
            given = {field: shape(before.output)}
            made = cls(task_id="made", **({} if field == "saved_query_id" else needed_by(cls)) | given)
        assert made.upstream_task_ids == {"before"}, field
        later = Bare(task_id="later", dag=made.dag)
        setattr(made, field, shape(later.output))
        assert made.upstream_task_ids == {"before", "later"}, field
