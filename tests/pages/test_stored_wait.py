"""What the page reads of a trigger's row: the wait as the trigger itself stored it, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from airflow_provider_veza.async_query.polling import PollSchedule
from airflow_provider_veza.pages.stored_wait import TRIGGER, stored_wait
from pages.waits import HANDLE, WAIT, stored_by


@pytest.mark.parametrize(
    "wait",
    [
        WAIT,
        replace(WAIT, is_taken_up=False),
        replace(WAIT, schedule=PollSchedule(fixed_interval=5.0)),
        replace(WAIT, schedule=PollSchedule(2.0, 600.0, doubles_from=3.0)),
    ],
)
def test_a_wait_is_read_as_its_trigger_stored_it(wait: Any) -> None:
    classpath, arguments = stored_by(wait)
    assert stored_wait(classpath, arguments, is_taken_up=wait.is_taken_up) == wait


def test_arguments_of_later_releases_are_no_hindrance() -> None:
    classpath, arguments = stored_by(WAIT)
    later = json.dumps(json.loads(arguments) | {"v": 9, "unheard_of": [1]})
    assert stored_wait(classpath, later, is_taken_up=True) == WAIT


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"handle": null}',
        '{"handle": {"id": 1}}',
        '{"__classname__": "os.system", "__data__": "x"}',
    ]
    + [json.dumps({"handle": HANDLE.to_json(), name: [1]}) for name in ("conn_id", "deadline", "min_interval")],
)
def test_what_cannot_be_read_is_no_wait_and_no_error(arguments: str) -> None:
    assert stored_wait(TRIGGER, arguments, is_taken_up=True) is None


def test_the_trigger_of_another_provider_is_not_read() -> None:
    another = "airflow.providers.standard.triggers.temporal.DateTimeTrigger"
    assert stored_wait(another, stored_by(WAIT)[1], is_taken_up=True) is None
