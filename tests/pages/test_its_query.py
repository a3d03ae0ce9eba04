"""Which queries the page looks at: those that may run and that somebody waits for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from airflow_provider_veza.async_query.record import RecordState
from airflow_provider_veza.async_query.watch import Outcome
from airflow_provider_veza.pages.its_query import Subject, subject_of
from pages.waits import HANDLE, OF_ANOTHER, START, WAIT, facts

PLAIN = HANDLE.to_json()
ITS_OWN = {"veza_query": PLAIN}
SUBMITTED_ONLY = {"xcoms": {**ITS_OWN, "return_value": PLAIN}, "state": "success"}
SOON, LATER = START + timedelta(minutes=1), START + timedelta(days=1)
WAITING_STATES = ("queued", "running", "deferred", "up_for_retry", "up_for_reschedule", "restarting")
OVER = ("success", "failed", "skipped", "upstream_failed", "removed")


@pytest.mark.parametrize("state", WAITING_STATES)
def test_a_query_that_a_task_waits_for_is_looked_at_in_every_state_of_the_wait(state: str) -> None:
    assert subject_of(facts(state=state, xcoms=ITS_OWN), LATER) == Subject(HANDLE, "veza_default")


@pytest.mark.parametrize("state", OVER)
def test_that_of_a_task_that_is_over_is_not(state: str) -> None:
    assert subject_of(facts(state=state, xcoms=ITS_OWN), SOON) is None


@pytest.mark.parametrize(
    ("known", "subject"),
    [
        ({"wait": WAIT}, Subject(HANDLE, "veza_reader")),
        ({"record": {"state": "submitted", "handle": PLAIN}}, Subject(HANDLE, "veza_default")),
        ({"fields": {"handle": OF_ANOTHER.to_json()}}, Subject(OF_ANOTHER, "veza_default")),
        ({"fields": {"handle": str(OF_ANOTHER.to_json())}}, Subject(OF_ANOTHER, "veza_default")),
        ({"fields": {"handle": OF_ANOTHER.to_json()}, "xcoms": ITS_OWN}, Subject(HANDLE, "veza_default")),
        ({}, None),
        ({"xcoms": {"veza_query": {"id": "q"}}}, None),
        ({"xcoms": {"veza_query": {**PLAIN, "deadline": "soon"}}}, None),
        ({"fields": {"handle": [PLAIN, PLAIN]}}, None),
    ],
)
def test_the_wait_of_the_triggerer_names_the_query_else_what_the_task_left(known: dict[str, Any], subject: Any) -> None:
    assert subject_of(facts(**known), SOON) == subject


@pytest.mark.parametrize("state", [RecordState.CANCELLED, RecordState.DELIVERED, RecordState.INTENT])
def test_what_is_over_or_was_never_begun_for_sure_is_not_looked_at(state: RecordState) -> None:
    assert subject_of(facts(record={"state": state.value, "handle": PLAIN}, wait=WAIT), SOON) is None


@pytest.mark.parametrize("outcome", [*Outcome, "", None, [1], {}])
def test_a_query_whose_end_was_reported_is_not_looked_at_one_whose_wait_ended_is(outcome: Any) -> None:
    known = facts(state="up_for_retry", xcoms={**ITS_OWN, "veza_report": {"outcome": outcome}})
    has_ended = outcome in [one for one in Outcome if not one.may_still_run]
    assert (subject_of(known, SOON) is None) is has_ended


def test_a_query_that_was_only_submitted_is_looked_at_until_its_deadline() -> None:
    assert subject_of(facts(**SUBMITTED_ONLY), SOON) == Subject(HANDLE, "veza_default")
    assert subject_of(facts(**SUBMITTED_ONLY), LATER) is None
