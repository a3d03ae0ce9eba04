"""A recorded query is cancelled only when nobody answers for it; whatever is doubtful is left alone."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_veza.async_query.record import Owner, QueryRecord, RecordState
from airflow_provider_veza.async_query.standing import (
    Answer,
    Cancel,
    Forget,
    Judgement,
    Keep,
    Standing,
    answerable,
    judge,
    run_standing,
    standing_of,
    task_standing,
)
from support.recorded import HANDLE, INTENT, NOON, OF_RUN, OF_TASK

GRACE = timedelta(minutes=5)
SOON = NOON + GRACE
AFTER_THE_DEADLINE = HANDLE.deadline.at
ATTACHED = replace(OF_TASK, handle=replace(HANDLE, owned=False))

CANCELLED = replace(OF_TASK, state=RecordState.CANCELLED, cancelled_by="attempt 1 of this task")
DELIVERED = replace(OF_TASK, state=RecordState.DELIVERED)

RECORDS = st.sampled_from(
    [OF_TASK, OF_RUN, INTENT, ATTACHED, CANCELLED, DELIVERED, replace(INTENT, owner=Owner.DAG_RUN)]
)
AGES = st.timedeltas(min_value=-timedelta(hours=1), max_value=timedelta(days=3))


def verdict(record: QueryRecord, standing: Standing, now=SOON) -> Judgement:
    return judge(record, standing, now=now, grace=GRACE)


@pytest.mark.parametrize("record", [OF_TASK, OF_RUN], ids=["of a task", "of a run"])
@pytest.mark.parametrize("standing", [Standing.CLEARED, Standing.ENDED, Standing.GONE])
def test_a_query_whose_owner_is_no_more_is_cancelled(record: QueryRecord, standing: Standing) -> None:
    decided = verdict(record, standing)

    assert isinstance(decided, Cancel)
    assert decided.handle == HANDLE
    assert standing in decided.line.text


def test_a_query_of_a_run_is_cancelled_past_its_deadline_though_the_run_goes_on() -> None:
    assert isinstance(verdict(OF_RUN, Standing.AT_WORK), Keep)
    assert isinstance(verdict(OF_RUN, Standing.AT_WORK, AFTER_THE_DEADLINE), Cancel)


def test_a_task_at_work_keeps_its_query_even_past_the_deadline() -> None:
    assert isinstance(verdict(OF_TASK, Standing.AT_WORK, AFTER_THE_DEADLINE), Keep)


def test_a_cached_result_that_was_attached_to_is_forgotten_and_not_cancelled() -> None:
    assert isinstance(verdict(ATTACHED, Standing.ENDED), Forget)
    assert isinstance(verdict(ATTACHED, Standing.AT_WORK), Keep)


def test_a_query_that_may_outlive_its_killed_task_is_not_cancelled() -> None:
    outliving = replace(OF_TASK, cancel_on_kill=False)
    assert isinstance(verdict(outliving, Standing.ENDED), Forget)
    assert isinstance(verdict(outliving, Standing.CLEARED), Keep)


@pytest.mark.parametrize("standing", [Standing.ENDED, Standing.GONE])
def test_an_intent_is_forgotten_with_a_warning_once_no_attempt_follows(standing: Standing) -> None:
    decided = verdict(INTENT, standing)

    assert isinstance(decided, Forget)
    assert decided.line.level == logging.WARNING
    assert "One query may run that nobody can name" in decided.line.text


@pytest.mark.parametrize("standing", [Standing.CLEARED, Standing.AT_WORK])
def test_an_intent_is_kept_with_a_warning_for_the_attempt_that_settles_it(standing: Standing) -> None:
    decided = verdict(INTENT, standing)

    assert isinstance(decided, Keep)
    assert decided.line.level == logging.WARNING


@given(record=RECORDS, standing=st.sampled_from(Standing), age=AGES)
def test_nothing_is_touched_within_the_grace(record: QueryRecord, standing: Standing, age: timedelta) -> None:
    grace = age + timedelta(microseconds=1)

    assert isinstance(judge(record, standing, now=NOON + age, grace=grace), Keep)


@given(record=RECORDS, age=AGES, grace=AGES)
def test_nothing_is_touched_that_airflow_gives_no_answer_about(
    record: QueryRecord, age: timedelta, grace: timedelta
) -> None:
    assert isinstance(judge(record, Standing.UNKNOWN, now=NOON + age, grace=grace), Keep)


@given(record=RECORDS, standing=st.sampled_from(Standing), age=AGES)
def test_only_an_owned_query_with_a_name_is_ever_cancelled(
    record: QueryRecord, standing: Standing, age: timedelta
) -> None:
    decided = verdict(record, standing, NOON + age)

    assert not isinstance(decided, Cancel) or (record.handle is not None and record.handle.owned)


@pytest.mark.parametrize(
    ("record", "owner"),
    [(OF_TASK, Owner.TASK), (OF_RUN, Owner.DAG_RUN), (INTENT, Owner.TASK), (replace(OF_RUN, handle=None), Owner.TASK)],
    ids=["of a task", "of a run", "intent of a task", "intent of a submit task"],
)
def test_the_task_answers_until_its_submit_is_answered(record: QueryRecord, owner: Owner) -> None:
    assert answerable(record) is owner


@pytest.mark.parametrize("standing", [Standing.ENDED, Standing.GONE])
def test_the_record_of_a_cancelled_query_goes_when_no_attempt_follows(standing: Standing) -> None:
    assert isinstance(verdict(CANCELLED, standing), Forget)


def test_the_record_of_a_cancelled_query_stays_for_the_next_attempt() -> None:
    assert isinstance(verdict(CANCELLED, Standing.CLEARED), Keep)


def test_a_delivered_query_whose_task_has_ended_is_looked_at_so_that_its_result_is_released() -> None:
    assert isinstance(verdict(DELIVERED, Standing.ENDED), Cancel)
    assert isinstance(verdict(replace(DELIVERED, cancel_on_kill=False), Standing.ENDED), Cancel)
    assert isinstance(verdict(replace(DELIVERED, keep_results=True), Standing.ENDED), Forget)


@pytest.mark.parametrize("state", ["success", "failed", "skipped", "upstream_failed", "removed"])
@pytest.mark.parametrize("is_deferred", [True, False])
def test_a_task_that_has_ended_waits_for_nothing(state: str, is_deferred: bool) -> None:
    assert task_standing(Answer(state), is_deferred=is_deferred) is Standing.ENDED


@pytest.mark.parametrize("is_deferred", [True, False])
def test_a_task_that_was_deleted_or_is_restarting_waits_for_nothing(is_deferred: bool) -> None:
    assert task_standing(Answer(exists=False), is_deferred=is_deferred).nobody_waits
    assert task_standing(Answer("restarting"), is_deferred=is_deferred).nobody_waits


def test_no_state_means_cleared_only_where_the_record_says_deferred() -> None:
    assert task_standing(Answer(None), is_deferred=True) is Standing.CLEARED
    assert task_standing(Answer(None), is_deferred=False) is Standing.UNKNOWN
    assert standing_of(replace(OF_TASK, deferred=True), Answer(None)) is Standing.CLEARED
    assert standing_of(OF_TASK, Answer(None)) is Standing.UNKNOWN


@pytest.mark.parametrize(
    ("max_tries", "standing"),
    [(OF_TASK.life.max_tries, Standing.UNKNOWN), (OF_TASK.life.max_tries + 1, Standing.CLEARED)],
    ids=["a reset between the record and the deferral", "a clear"],
)
def test_where_airflow_tells_max_tries_a_reset_is_no_clear(max_tries: int, standing: Standing) -> None:
    assert standing_of(replace(OF_TASK, deferred=True), Answer(None, max_tries=max_tries)) is standing


def test_a_task_deferred_on_another_query_does_not_wait_for_this_one() -> None:
    assert task_standing(Answer("deferred", query_id="q2"), is_deferred=True, query_id="q1").nobody_waits


@pytest.mark.parametrize("query_id", ["q1", None])
def test_a_task_still_deferred_on_this_query_waits(query_id: str | None) -> None:
    assert not task_standing(Answer("deferred", query_id=query_id), is_deferred=True, query_id="q1").nobody_waits


@pytest.mark.parametrize(
    "state", ["scheduled", "queued", "running", "up_for_retry", "up_for_reschedule", "awaiting_input"]
)
@pytest.mark.parametrize("query_id", ["q1", "q2", None])
def test_an_attempt_at_work_settles_the_query_itself(state: str, query_id: str | None) -> None:
    answer = Answer(state, query_id=query_id)

    assert task_standing(answer, is_deferred=True, query_id="q1") is Standing.AT_WORK


def test_an_attempt_at_work_that_cannot_know_of_the_query_does_not_settle_it() -> None:
    assert task_standing(Answer("running", cannot_know=True), is_deferred=True).nobody_waits


def test_no_answer_is_no_permission() -> None:
    assert not task_standing(None, is_deferred=True).nobody_waits
    assert not run_standing(None).nobody_waits
    assert not standing_of(OF_RUN, None).nobody_waits


@pytest.mark.parametrize(
    ("states", "standing"),
    [(("success", "failed"), Standing.ENDED), (("queued", "running", "a state nobody knows"), Standing.AT_WORK)],
)
def test_every_state_of_a_run_is_read(states: tuple[str, ...], standing: Standing) -> None:
    assert {run_standing(Answer(state)) for state in states} == {standing}
