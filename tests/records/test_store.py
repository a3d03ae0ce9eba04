"""The stores over a task's attempts: which one an Airflow has, what each keeps, and that no failure reads as "no record"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_veza.async_query.record import QueryRecord
from airflow_provider_veza.exceptions import RecordError
from airflow_provider_veza.records.record_path import RecordPathStore, configured_record_path
from airflow_provider_veza.records.store import (
    STATE_STORE_KEY,
    MirroredStore,
    NoStore,
    RecordStore,
    TaskStateStore,
    note_cancel,
    record_store,
)
from records.remembered import IDENTITY, INTENT, RECORD, InMemoryStateStore


@pytest.fixture
def airflow() -> InMemoryStateStore:
    return InMemoryStateStore()


@pytest.fixture
def record_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AIRFLOW__VEZA__RECORD_PATH", f" {tmp_path} ")
    return tmp_path


def mirrored(airflow: InMemoryStateStore, folder: Path) -> MirroredStore:
    return MirroredStore(TaskStateStore(airflow), RecordPathStore(str(folder), IDENTITY))


@pytest.fixture(params=["task state store", "record path", "mirrored"])
def store(request: pytest.FixtureRequest, airflow: InMemoryStateStore, tmp_path: Path) -> RecordStore:
    stores: dict[str, Callable[[], RecordStore]] = {
        "task state store": lambda: TaskStateStore(airflow),
        "record path": lambda: RecordPathStore(str(tmp_path), IDENTITY),
        "mirrored": lambda: mirrored(airflow, tmp_path),
    }
    return stores[request.param]()


# What every store does


def test_at_first_there_is_no_record(store: RecordStore) -> None:
    assert store.remembers
    assert store.read() is None


@pytest.mark.parametrize("record", [INTENT, RECORD], ids=["intent", "with its handle"])
def test_what_was_written_is_read(store: RecordStore, record: QueryRecord) -> None:
    store.write(record)

    assert store.read() == record


def test_a_later_record_takes_the_place_of_the_earlier(store: RecordStore) -> None:
    store.write(INTENT)
    store.write(RECORD)

    assert store.read() == RECORD


def test_a_settled_query_is_forgotten_and_may_be_forgotten_again(store: RecordStore) -> None:
    store.write(RECORD)
    store.delete()
    store.delete()

    assert store.read() is None


# Airflow's task state store


@pytest.mark.parametrize(
    ("access", "name"),
    [(lambda s: s.read(), "read"), (lambda s: s.write(RECORD), "write"), (lambda s: s.delete(), "delete")],
    ids=["read", "write", "delete"],
)
def test_an_outage_of_the_task_state_store_is_an_error_that_names_it(
    airflow: InMemoryStateStore, access: Callable[[RecordStore], Any], name: str
) -> None:
    airflow.outage = ConnectionError("API server returned 503")

    with pytest.raises(RecordError) as failed:
        access(TaskStateStore(airflow))

    assert str(failed.value).startswith(
        f"Cannot {name} the record of the live query in Airflow's task state store (ConnectionError: API server"
    )
    assert failed.value.heals


@pytest.mark.parametrize("kept", ['"text"', "[]", "{}", '{"v": 1, "identity": null}', "7", "false"])
def test_a_record_of_another_shape_is_an_error_and_not_no_record(airflow: InMemoryStateStore, kept: str) -> None:
    airflow.kept[STATE_STORE_KEY] = kept

    with pytest.raises(RecordError, match=r"in Airflow's task state store \(RecordError: Not a record of a live query"):
        TaskStateStore(airflow).read()


# The mirror


def test_a_record_is_in_both_places_and_read_from_airflows(airflow: InMemoryStateStore, tmp_path: Path) -> None:
    store = mirrored(airflow, tmp_path)
    store.write(INTENT)
    store.mirror.write(RECORD)

    assert store.read() == INTENT


def test_the_registry_has_a_query_before_airflow_does(airflow: InMemoryStateStore, tmp_path: Path) -> None:
    store = mirrored(airflow, tmp_path)
    airflow.outage = ConnectionError("no answer")

    with pytest.raises(RecordError):
        store.write(RECORD)
    assert store.mirror.read() == RECORD


def test_the_registry_keeps_a_query_that_airflow_could_not_forget(airflow: InMemoryStateStore, tmp_path: Path) -> None:
    store = mirrored(airflow, tmp_path)
    store.write(RECORD)
    airflow.outage = ConnectionError("no answer")

    with pytest.raises(RecordError):
        store.delete()
    assert store.mirror.read() == RECORD


# No store


def test_no_store_remembers_nothing_and_says_so() -> None:
    store = NoStore()
    store.write(RECORD)
    store.delete()

    assert store.read() is None
    assert not store.remembers


# A cancel that is about to be sent


def test_a_cancel_is_noted_in_the_record_of_its_query(store: RecordStore) -> None:
    store.write(RECORD)
    note_cancel(store, RECORD.handle.id, 2)

    assert store.read() == replace(RECORD, cancel_sent_by=2)


@pytest.mark.parametrize("record", [INTENT, RECORD], ids=["intent", "another query"])
def test_a_cancel_of_another_query_is_not_noted(store: RecordStore, record: QueryRecord) -> None:
    store.write(record)
    note_cancel(store, "another-query", 2)

    assert store.read() == record


def test_where_nothing_is_remembered_no_cancel_is_noted(store: RecordStore) -> None:
    note_cancel(store, RECORD.handle.id, 2)

    assert store.read() is None


# Which one


def test_an_airflow_without_a_store_and_without_a_path_remembers_nothing() -> None:
    assert configured_record_path() == ""
    assert isinstance(record_store({}, IDENTITY), NoStore)


def test_a_path_is_the_record_where_airflow_has_no_store(record_path: Path) -> None:
    record_store({"task_state_store": None}, IDENTITY).write(RECORD)

    assert RecordPathStore(str(record_path), IDENTITY).read() == RECORD


def test_airflows_own_store_is_taken_where_there_is_one(airflow: InMemoryStateStore) -> None:
    record_store({"task_state_store": airflow}, IDENTITY).write(RECORD)

    assert list(airflow.kept) == [STATE_STORE_KEY]


def test_both_are_used_where_both_are_there(airflow: InMemoryStateStore, record_path: Path) -> None:
    record_store({"task_state_store": airflow}, IDENTITY).write(RECORD)

    assert list(airflow.kept) == [STATE_STORE_KEY]
    assert RecordPathStore(str(record_path), IDENTITY).read() == RECORD
