"""When a trigger may cancel: only on Airflow's clear answer that nobody waits."""

from __future__ import annotations

import pytest

from airflow_provider_veza.triggers.task_fate import Fate, nobody_waits


@pytest.mark.parametrize("state", ["success", "failed", "skipped", "upstream_failed", "removed", None])
def test_a_task_that_has_ended_or_was_cleared_waits_for_nothing(state: str | None) -> None:
    assert nobody_waits(Fate(state=state), "q1")


def test_a_task_that_was_deleted_waits_for_nothing() -> None:
    assert nobody_waits(Fate(exists=False), "q1")


def test_a_task_deferred_on_another_query_does_not_wait_for_this_one() -> None:
    assert nobody_waits(Fate(state="deferred", query_id="q2"), "q1")


@pytest.mark.parametrize("query_id", ["q1", None])
def test_a_task_still_deferred_on_this_query_waits(query_id: str | None) -> None:
    assert not nobody_waits(Fate(state="deferred", query_id=query_id), "q1")


@pytest.mark.parametrize("state", ["scheduled", "queued", "running", "restarting", "up_for_retry", "up_for_reschedule"])
@pytest.mark.parametrize("query_id", ["q1", "q2", None])
def test_an_attempt_at_work_settles_the_query_itself(state: str, query_id: str | None) -> None:
    assert not nobody_waits(Fate(state=state, query_id=query_id), "q1")


def test_a_state_of_a_later_airflow_is_no_permission() -> None:
    assert not nobody_waits(Fate(state="awaiting_input"), "q1")


def test_no_answer_is_no_permission() -> None:
    assert not nobody_waits(Fate(known=False), "q1")
