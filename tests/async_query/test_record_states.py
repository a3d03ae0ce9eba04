"""The table of a record: which moves there are, what a new attempt concludes, and whose write prevails."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_veza.async_query.identity import Fingerprint, RunLife
from airflow_provider_veza.async_query.record import OnPreviousQuery, QueryRecord, RecordState
from airflow_provider_veza.async_query.record_states import (
    TABLE,
    Actor,
    Adopt,
    Ambiguous,
    Move,
    NextStep,
    Prevails,
    Replace,
    SubmitAnew,
    is_of_later_attempt,
    latest,
    moved,
    next_step,
    prevailing,
)
from airflow_provider_veza.exceptions import RecordError
from async_query.test_record import (
    FINGERPRINT,
    FINGERPRINTS,
    HANDLE,
    LIFE,
    LIVES,
    RECORD,
    RECORDS,
    START,
    TENANT,
    TENANTS,
)

AS_RECORDED: dict[str, Any] = {
    "life": LIFE,
    "fingerprint": FINGERPRINT,
    "tenant": TENANT,
    "policy": OnPreviousQuery.REATTACH,
}
POLICIES = st.sampled_from(OnPreviousQuery)
CANCELLED = replace(RECORD, state=RecordState.CANCELLED, cancelled_by="its trigger")
DELIVERED = replace(RECORD, state=RecordState.DELIVERED)


def step_after(record: QueryRecord | None, **changes: Any) -> NextStep:
    """What an attempt does that is the recorded one's successor in all but ``changes``."""
    return next_step(record, **{**AS_RECORDED, **changes})


@pytest.mark.parametrize(("move", "actor"), [(move, actor) for move in Move for actor in Actor])
@given(record=RECORDS)
def test_a_move_is_made_exactly_where_the_table_has_it(move: Move, actor: Actor, record: QueryRecord) -> None:
    rule = TABLE[move]
    allowed = record.state in rule.sources and actor in rule.actors
    if not allowed:
        with pytest.raises(RecordError):
            moved(record, move, actor)
    elif rule.next_state is not None or rule.keeps_state:
        changes = {"handle": None} if move is Move.INTEND else {"handle": HANDLE} if move is Move.SUBMIT else {}
        after = moved(record, move, actor, **changes)
        assert after.state is (record.state if rule.keeps_state else rule.next_state)


def test_whoever_is_no_attempt_may_only_confirm_a_cancel_or_forget() -> None:
    assert {move for move, rule in TABLE.items() if Actor.OUTSIDER in rule.actors} == {Move.CONFIRM_CANCEL, Move.FORGET}


def test_only_a_query_that_may_run_is_ever_noted_as_cancelled() -> None:
    assert TABLE[Move.CONFIRM_CANCEL].sources == {RecordState.SUBMITTED}


def test_a_first_attempt_submits_and_has_nothing_to_explain() -> None:
    assert step_after(None) == SubmitAnew("")


def test_a_retry_adopts_the_query_of_the_attempt_before() -> None:
    assert step_after(RECORD) == Adopt(HANDLE)


def test_an_intent_without_an_id_is_ambiguous_since_one_query_may_run_that_nobody_can_name() -> None:
    assert step_after(replace(RECORD, handle=None)) == Ambiguous(since=START, try_number=1)


def test_a_clear_after_a_lost_submit_asks_anew_and_says_what_may_run() -> None:
    step = step_after(replace(RECORD, handle=None), life=replace(LIFE, max_tries=5))
    assert isinstance(step, SubmitAnew)
    assert "one query may run that nobody can name" in step.reason
    assert "was cleared" in step.reason


def test_after_a_clear_the_old_query_is_replaced() -> None:
    step = step_after(RECORD, life=replace(LIFE, max_tries=4))

    assert step == Replace(HANDLE, "the task was cleared (max_tries 2 -> 4)")


def test_after_an_edit_of_the_query_the_old_one_is_replaced() -> None:
    step = step_after(RECORD, fingerprint=Fingerprint.of(spec={"query_type": 2}, tenant=TENANT))

    assert step == Replace(HANDLE, "the rendered query differs in: spec")


def test_a_policy_may_ask_for_a_new_query_where_the_old_one_would_do() -> None:
    step = step_after(RECORD, policy=OnPreviousQuery.CANCEL_AND_RESUBMIT)

    assert step == Replace(HANDLE, "on_previous_query=cancel_and_resubmit")


@pytest.mark.parametrize("policy", OnPreviousQuery)
def test_every_difference_is_named_and_a_policy_only_where_it_alone_decides(policy: OnPreviousQuery) -> None:
    other_query = Fingerprint.of(spec={}, tenant=TENANT)

    step = step_after(RECORD, life=RunLife(3, clear_number=1), fingerprint=other_query, policy=policy)

    assert isinstance(step, Replace)
    assert all(part in step.reason for part in ("max_tries", "spec"))
    assert "on_previous_query" not in step.reason


def test_a_query_of_another_tenant_is_left_alone_and_both_tenants_are_named() -> None:
    step = step_after(RECORD, tenant="https://other.vezacloud.com")

    assert isinstance(step, SubmitAnew)
    assert all(part in step.reason for part in (TENANT, "https://other.vezacloud.com", "q1", "not touched"))


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "life": st.builds(RunLife, st.integers(1, 2), st.just(0), st.just(START.isoformat())),
            "fingerprint": st.sampled_from([FINGERPRINT, Fingerprint.of(spec={}, tenant=TENANT)]),
            "tenant": TENANTS,
            "policy": POLICIES,
        },
    )
)
def test_a_query_is_adopted_exactly_where_life_spec_tenant_and_policy_allow_it(changes: dict[str, Any]) -> None:
    same = {**AS_RECORDED, **changes} == AS_RECORDED

    assert isinstance(step_after(RECORD, **changes), Adopt) == same


@given(RECORDS, LIVES, FINGERPRINTS, TENANTS, POLICIES)
def test_nothing_of_another_tenant_is_ever_replaced_and_so_cancelled(
    record: QueryRecord, life: RunLife, fingerprint: Fingerprint, tenant: str, policy: OnPreviousQuery
) -> None:
    step = next_step(record, life=life, fingerprint=fingerprint, tenant=tenant, policy=policy)

    assert not isinstance(step, Replace) or step.handle.tenant == tenant


@given(RECORDS, LIVES, FINGERPRINTS, TENANTS, POLICIES)
def test_a_recorded_query_is_never_passed_over_without_a_reason(
    record: QueryRecord, life: RunLife, fingerprint: Fingerprint, tenant: str, policy: OnPreviousQuery
) -> None:
    step = next_step(record, life=life, fingerprint=fingerprint, tenant=tenant, policy=policy)

    assert not isinstance(step, SubmitAnew | Replace) or step.reason


def test_a_query_that_was_cancelled_is_not_looked_at_again_and_who_did_it_is_named() -> None:
    step = step_after(CANCELLED)

    assert isinstance(step, SubmitAnew)
    assert "its trigger" in step.reason


def test_a_delivered_query_is_adopted_as_delivered() -> None:
    assert step_after(DELIVERED) == Adopt(HANDLE, delivered=True)


def test_a_clear_that_the_attempt_before_saw_replaces_its_query() -> None:
    step = step_after(replace(RECORD, cleared=True))

    assert step == Replace(HANDLE, "the task was cleared while attempt 1 ran")


@given(st.integers(0, 9), st.none() | st.integers(0, 9))
def test_a_clear_of_other_tasks_changes_nothing(clear_number: int, recorded: int | None) -> None:
    record = replace(RECORD, life=replace(LIFE, clear_number=recorded, retries=1))

    assert step_after(record, life=replace(LIFE, clear_number=clear_number, retries=1)) == Adopt(HANDLE)


def test_an_edit_of_retries_alone_changes_nothing_and_with_a_clear_of_anything_it_may_hide_one() -> None:
    record = replace(RECORD, life=replace(LIFE, retries=1))

    assert isinstance(step_after(record, life=replace(LIFE, retries=0)), Adopt)
    assert isinstance(step_after(record, life=replace(LIFE, retries=0, clear_number=1)), Replace)


@given(RECORDS, RECORDS)
def test_a_later_attempts_record_is_never_overwritten(mine: QueryRecord, theirs: QueryRecord) -> None:
    later = replace(
        theirs, try_number=mine.try_number + 1, life=replace(theirs.life, run_started=mine.life.run_started)
    )

    assert prevailing(mine, later) is Prevails.LATER_ATTEMPT


@pytest.mark.parametrize("try_number", [1, 3])
def test_of_two_runs_of_one_id_the_one_that_started_later_prevails_whatever_its_tries(try_number: int) -> None:
    later = replace(RECORD, try_number=try_number, life=replace(LIFE, run_started="2027-01-01T00:00:00+00:00"))
    mine = replace(RECORD, try_number=2)

    assert prevailing(mine, later) is Prevails.LATER_ATTEMPT
    assert prevailing(later, mine) is Prevails.MINE
    assert is_of_later_attempt(later, life=mine.life, try_number=2)
    assert not is_of_later_attempt(mine, life=later.life, try_number=try_number)


@pytest.mark.parametrize(
    ("mine", "theirs", "prevails"),
    [
        (RECORD, None, Prevails.MINE),
        (RECORD, CANCELLED, Prevails.THEIRS),
        (DELIVERED, CANCELLED, Prevails.MINE),
        (replace(RECORD, handle=None), CANCELLED, Prevails.MINE),
        (RECORD, replace(CANCELLED, handle=replace(HANDLE, id="q0")), Prevails.MINE),
        (RECORD, RECORD, Prevails.MINE),
    ],
    ids=["removed", "cancelled", "cancelled, but delivered", "a new intent", "another query", "unchanged"],
)
def test_the_note_of_a_confirmed_cancel_stands_against_an_attempt_that_still_waits(
    mine: QueryRecord, theirs: QueryRecord | None, prevails: Prevails
) -> None:
    assert prevailing(mine, theirs) is prevails


@pytest.mark.parametrize(
    ("primary", "mirrored", "read"),
    [
        (RECORD, None, RECORD),
        (None, RECORD, RECORD),
        (RECORD, CANCELLED, CANCELLED),
        (RECORD, replace(RECORD, cleared=True), replace(RECORD, cleared=True)),
        (DELIVERED, CANCELLED, DELIVERED),
        (replace(RECORD, handle=None, try_number=2), RECORD, replace(RECORD, handle=None, try_number=2)),
        (RECORD, replace(CANCELLED, handle=replace(HANDLE, id="q0")), RECORD),
    ],
    ids=["no mirror", "mirror alone", "cancelled", "cleared", "delivered", "a newer intent", "another query's note"],
)
def test_what_others_noted_in_the_mirror_is_read_with_airflows_own_record(
    primary: QueryRecord | None, mirrored: QueryRecord | None, read: QueryRecord
) -> None:
    assert latest(primary, mirrored) == read
