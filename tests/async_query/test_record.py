"""A record survives the trip through JSON, whichever version of this package wrote it."""

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
from airflow_provider_veza.async_query.record import Owner, QueryRecord, RecordState
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
LIVES = st.builds(
    RunLife,
    max_tries=st.integers(min_value=0, max_value=3),
    clear_number=st.none() | st.integers(min_value=0, max_value=2),
    run_started=st.none() | st.sampled_from([START.isoformat(), (START + timedelta(days=1)).isoformat()]),
    retries=st.none() | st.integers(min_value=0, max_value=2),
)
FINGERPRINTS = st.integers(min_value=0, max_value=2).map(lambda query_type: Fingerprint.of(spec=query_type))
TENANTS = st.sampled_from([TENANT, "https://other.vezacloud.com"])
RECORDS = st.builds(
    QueryRecord,
    identity=st.builds(TaskIdentity, st.text(), st.text(), st.text(), st.integers(min_value=-1)),
    life=LIVES,
    try_number=st.integers(min_value=1),
    owner=st.sampled_from(Owner),
    fingerprint=FINGERPRINTS,
    intent_at=st.integers(min_value=0, max_value=10**9).map(lambda seconds: START + timedelta(seconds=seconds)),
    handle=st.none() | TENANTS.map(lambda tenant: replace(HANDLE, tenant=tenant)),
    cancel_on_kill=st.booleans(),
    state=st.sampled_from(RecordState),
    deferred=st.booleans(),
    cleared=st.booleans(),
    cancelled_by=st.sampled_from(["", "attempt 1 of this task"]),
    keep_results=st.booleans(),
)


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


def test_a_record_of_version_1_is_read_and_its_note_of_a_cancel_says_nothing() -> None:
    written = {
        name: value
        for name, value in RECORD.to_json().items()
        if name not in ("state", "deferred", "cleared", "cancelled_by", "keep_results")
    }
    old = QueryRecord.from_json({**written, "v": 1, "cancel_sent_by": 1})

    assert (old.state, old.cancelled_by, old.deferred) == (RecordState.SUBMITTED, "", False)


@given(RECORDS)
def test_a_query_is_an_intent_exactly_while_it_has_no_name(record: QueryRecord) -> None:
    assert (record.state is RecordState.INTENT) == (record.handle is None)
