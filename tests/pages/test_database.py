"""The record that a page shows: from Airflow's store, and from ``[veza] record_path``, where alone some cancels are noted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from airflow.models import crypto
from airflow.models.crypto import get_fernet
from cryptography.fernet import Fernet

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.identity import Fingerprint, RunLife, TaskIdentity
from airflow_provider_veza.async_query.record import Owner, QueryRecord, RecordState
from airflow_provider_veza.ownership.records.record_path import RecordPathStore
from airflow_provider_veza.pages.database import _decrypted, _filed_record, latest_record

START = datetime(2026, 11, 22, 6, tzinfo=UTC)
IDENTITY = TaskIdentity("review", "ask", "r1")
SUBMITTED = QueryRecord(
    identity=IDENTITY,
    life=RunLife(max_tries=1, clear_number=0, run_started=None, retries=1),
    try_number=1,
    owner=Owner.TASK,
    fingerprint=Fingerprint({}),
    intent_at=START,
    handle=QueryHandle("veza_nodes", "q-77", "https://t", "veza_default", START, Deadline(START + timedelta(hours=1))),
)
BY_THE_SWEEP = replace(SUBMITTED, state=RecordState.CANCELLED, cancelled_by="the sweep")


def test_a_cancel_that_the_file_alone_knows_is_shown() -> None:
    shown = latest_record(SUBMITTED.to_json(), BY_THE_SWEEP)
    assert (shown["state"], shown["cancelled_by"]) == ("cancelled", "the sweep")


def test_where_airflow_keeps_no_record_the_file_is_shown_and_else_nothing() -> None:
    assert latest_record(None, BY_THE_SWEEP)["cancelled_by"] == "the sweep"
    assert latest_record(None, None) is None


def test_a_record_that_cannot_be_read_is_shown_as_it_is() -> None:
    assert latest_record({"state": "of a later version"}, BY_THE_SWEEP) == {"state": "of a later version"}


def test_the_file_is_read_below_record_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _filed_record(IDENTITY) is None
    monkeypatch.setenv("AIRFLOW__VEZA__RECORD_PATH", tmp_path.as_uri())
    assert _filed_record(IDENTITY) is None

    RecordPathStore(tmp_path.as_uri(), IDENTITY).write(BY_THE_SWEEP, None)
    assert _filed_record(IDENTITY) == BY_THE_SWEEP


@pytest.mark.parametrize("base", ["nowhere://lake", "file:///proc/version/no"])
def test_a_place_of_records_that_cannot_be_read_costs_no_page(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__VEZA__RECORD_PATH", base)
    assert _filed_record(IDENTITY) is None


def test_arguments_of_a_trigger_are_read_plain_as_workers_leave_them_and_encrypted() -> None:
    plain = '{"handle": {}}'
    assert _decrypted(plain) == plain
    assert _decrypted(get_fernet().encrypt(plain.encode()).decode()) == plain


def test_arguments_that_no_key_of_this_airflow_opens_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    foreign = Fernet(Fernet.generate_key()).encrypt(b"{}").decode()
    monkeypatch.setattr(crypto, "get_fernet", lambda: Fernet(Fernet.generate_key()))
    assert _decrypted(foreign) == ""
