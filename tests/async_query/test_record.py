"""A record survives the trip through JSON, and a new attempt adopts only what is its own."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.identity import Fingerprint, RunLife, TaskIdentity
from airflow_provider_veza.async_query.record import (
    Adopt,
    Ambiguous,
    NextStep,
    OnPreviousQuery,
    Owner,
    QueryRecord,
    Replace,
    SubmitAnew,
    next_step,
)
from airflow_provider_veza.exceptions import RecordError

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TENANT = "https://acme.vezacloud.com"
LIFE = RunLife(max_tries=2, clear_number=0, run_started=START.isoformat())
FINGERPRINT = Fingerprint.of(spec={"query_type": 1}, tenant=TENANT)
HANDLE = QueryHandle("veza_nodes", "q1", TENANT, "veza_default", START, Deadline.after(START, timedelta(hours=24)))
RECORD = QueryRecord(
    identity=TaskIdentity("access", "ask", "manual__2026-11-22"),
    life=LIFE,
    try_number=1,
    owner=Owner.TASK,
    fingerprint=FINGERPRINT,
    intent_at=START,
    handle=HANDLE,
)
AS_RECORDED: dict[str, Any] = {
    "life": LIFE,
    "fingerprint": FINGERPRINT,
    "tenant": TENANT,
    "policy": OnPreviousQuery.REATTACH,
}

LIVES = st.builds(
    RunLife,
    max_tries=st.integers(min_value=0, max_value=3),
    clear_number=st.none() | st.integers(min_value=0, max_value=2),
    run_started=st.none() | st.sampled_from([START.isoformat(), (START + timedelta(days=1)).isoformat()]),
)
FINGERPRINTS = st.integers(min_value=0, max_value=2).map(lambda query_type: Fingerprint.of(spec=query_type))
TENANTS = st.sampled_from([TENANT, "https://other.vezacloud.com"])
POLICIES = st.sampled_from(OnPreviousQuery)
RECORDS = st.builds(
    QueryRecord,
    identity=st.builds(TaskIdentity, st.text(), st.text(), st.text(), st.integers(min_value=-1)),
    life=LIVES,
    try_number=st.integers(min_value=1),
    owner=st.sampled_from(Owner),
    fingerprint=FINGERPRINTS,
    intent_at=st.integers(min_value=0, max_value=10**9).map(lambda seconds: START + timedelta(seconds=seconds)),
    handle=st.none() | TENANTS.map(lambda tenant: replace(HANDLE, tenant=tenant)),
)


def step_after(record: QueryRecord | None, **changes: Any) -> NextStep:
    """What an attempt does that is the recorded one's successor in all but ``changes``."""
    return next_step(record, **{**AS_RECORDED, **changes})


@given(RECORDS)
def test_a_record_comes_back_from_json_as_it_was(record: QueryRecord) -> None:
    assert QueryRecord.from_json(json.loads(json.dumps(record.to_json()))) == record


def test_keys_of_later_versions_are_ignored_at_every_level() -> None:
    later: dict[str, Any] = {**RECORD.to_json(), "v": 2, "later": 1}
    for part in ("identity", "life", "handle"):
        later[part] = {**later[part], "later": 1}

    assert QueryRecord.from_json(later) == RECORD


@pytest.mark.parametrize("name", ["identity", "life", "try_number", "owner", "fingerprint", "intent_at"])
def test_a_record_without_one_of_its_parts_is_an_error_and_not_no_record(name: str) -> None:
    incomplete = {key: value for key, value in RECORD.to_json().items() if key != name}

    with pytest.raises(RecordError, match=name):
        QueryRecord.from_json(incomplete)


@pytest.mark.parametrize(
    "junk",
    [
        None,
        "",
        [],
        {},
        {**RECORD.to_json(), "owner": "nobody"},
        {**RECORD.to_json(), "handle": {}},
        {**RECORD.to_json(), "handle": "q1"},
        {**RECORD.to_json(), "intent_at": "yesterday"},
        {**RECORD.to_json(), "identity": ["access", "ask"]},
    ],
    ids=["null", "empty text", "list", "empty", "owner", "empty handle", "handle", "time", "identity"],
)
def test_what_is_no_record_is_an_error(junk: Any) -> None:
    with pytest.raises(RecordError):
        QueryRecord.from_json(junk)


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
    other_question = Fingerprint.of(spec={}, tenant=TENANT)

    step = step_after(RECORD, life=RunLife(3, clear_number=1), fingerprint=other_question, policy=policy)

    assert isinstance(step, Replace)
    assert all(part in step.reason for part in ("max_tries", "clear_number", "spec"))
    assert "on_previous_query" not in step.reason


def test_a_query_of_another_tenant_is_left_alone_and_both_tenants_are_named() -> None:
    step = step_after(RECORD, tenant="https://other.vezacloud.com")

    assert isinstance(step, SubmitAnew)
    assert all(part in step.reason for part in (TENANT, "https://other.vezacloud.com", "q1", "not touched"))


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "life": st.builds(RunLife, st.integers(1, 2), st.integers(0, 1), st.just(START.isoformat())),
            "fingerprint": st.sampled_from([FINGERPRINT, Fingerprint.of(spec={}, tenant=TENANT)]),
            "tenant": TENANTS,
            "policy": POLICIES,
        },
    )
)
def test_a_query_is_adopted_exactly_where_life_question_tenant_and_policy_allow_it(changes: dict[str, Any]) -> None:
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
