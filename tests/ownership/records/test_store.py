"""The stores over a task's attempts: which one an Airflow has, what each keeps, and that no failure reads as "no record"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from airflow_provider_veza.async_query.record import QueryRecord, RecordState
from airflow_provider_veza.exceptions import FileChangedError, RecordError, SupersededError
from airflow_provider_veza.ownership.records.airflow_store import (
    STATE_STORE_KEY,
    MirroredStore,
    TaskStateStore,
    record_store,
)
from airflow_provider_veza.ownership.records.record_path import RecordPathStore, configured_record_path
from airflow_provider_veza.ownership.records.store import NoStore, RecordStore
from ownership.records.remembered import IDENTITY, INTENT, RECORD, InMemoryStateStore, drop, keep, kept


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


def refusal() -> Exception:
    """What Airflow's SDK raises where the Execution API answers 404 to an attempt that counts no more."""
    error = Exception("not_found: Task Instance not found")
    error.error = SimpleNamespace(detail={"status_code": 404})  # type: ignore[attr-defined]
    return error


# What every store does


def test_at_first_there_is_no_record(store: RecordStore) -> None:
    assert store.remembers
    assert kept(store) is None


@pytest.mark.parametrize("record", [INTENT, RECORD], ids=["intent", "with its handle"])
def test_what_was_written_is_read(store: RecordStore, record: QueryRecord) -> None:
    keep(store, record)

    assert kept(store) == record


def test_a_later_record_takes_the_place_of_the_earlier(store: RecordStore) -> None:
    keep(store, INTENT)
    keep(store, RECORD)

    assert kept(store) == RECORD


def test_a_settled_query_is_forgotten_and_may_be_forgotten_again(store: RecordStore) -> None:
    keep(store, RECORD)
    drop(store)
    drop(store)

    assert kept(store) is None


# Airflow's task state store


@pytest.mark.parametrize(
    ("access", "name"),
    [(lambda s: s.read(), "read"), (lambda s: s.write(RECORD, None), "write"), (lambda s: s.remove(None), "delete")],
    ids=["read", "write", "delete"],
)
def test_an_outage_of_the_task_state_store_is_an_error_that_names_it(
    airflow: InMemoryStateStore, access: Callable[[RecordStore], Any], name: str
) -> None:
    airflow.outage = ConnectionError("API server returned 503")

    with pytest.raises(RecordError) as failed:
        access(TaskStateStore(airflow))

    assert str(failed.value).startswith(f"Cannot {name} the record of the live query (ConnectionError: API server")
    assert str(failed.value).endswith("(in Airflow's task state store)")
    assert failed.value.heals


@pytest.mark.parametrize("kept", ['"text"', "[]", "{}", '{"v": 1, "identity": null}', "7", "false"])
def test_a_record_of_another_shape_is_an_error_and_not_no_record(airflow: InMemoryStateStore, kept: str) -> None:
    airflow.kept[STATE_STORE_KEY] = kept

    with pytest.raises(RecordError, match=r"Not a record of a live query .*in Airflow's task state store"):
        TaskStateStore(airflow).read()


# The mirror


def test_a_record_is_in_both_places_and_read_from_airflows(airflow: InMemoryStateStore, tmp_path: Path) -> None:
    store = mirrored(airflow, tmp_path)
    keep(store, INTENT)
    keep(store.mirror, RECORD)

    assert kept(store) == INTENT


@pytest.mark.parametrize(
    ("act", "left"),
    [(lambda s, v: s.write(RECORD, v), INTENT), (lambda s, v: s.remove(v), INTENT)],
    ids=["write", "remove"],
)
def test_where_airflow_refuses_an_attempt_the_file_is_left_alone(
    airflow: InMemoryStateStore, tmp_path: Path, act: Callable[[RecordStore, Any], Any], left: QueryRecord
) -> None:
    store = mirrored(airflow, tmp_path)
    keep(store, INTENT)
    version = store.read().version
    airflow.outage = refusal()

    with pytest.raises(SupersededError, match="takes nothing from this attempt"):
        act(store, version)
    assert kept(store.mirror) == left


def test_an_attempt_that_airflow_refuses_may_still_note_something_in_the_file(
    airflow: InMemoryStateStore, tmp_path: Path
) -> None:
    store = mirrored(airflow, tmp_path)
    keep(store, RECORD)
    version = store.read().version
    airflow.outage = refusal()

    store.note(replace(RECORD, cleared=True), version)

    assert kept(store.mirror) == replace(RECORD, cleared=True)


def test_what_somebody_else_has_noted_in_the_file_is_not_overwritten(
    airflow: InMemoryStateStore, tmp_path: Path
) -> None:
    store = mirrored(airflow, tmp_path)
    keep(store, RECORD)
    version = store.read().version
    keep(store.mirror, replace(RECORD, state=RecordState.CANCELLED, cancelled_by="the listener"))

    with pytest.raises(FileChangedError):
        store.write(RECORD, version)
    assert kept(store) == replace(RECORD, state=RecordState.CANCELLED, cancelled_by="the listener")


def test_the_registry_keeps_a_query_that_airflow_could_not_forget(airflow: InMemoryStateStore, tmp_path: Path) -> None:
    store = mirrored(airflow, tmp_path)
    keep(store, RECORD)
    airflow.outage = ConnectionError("no answer")

    with pytest.raises(RecordError):
        drop(store)
    assert kept(store.mirror) == RECORD


# No store


def test_no_store_remembers_nothing_and_says_so() -> None:
    store = NoStore()
    keep(store, RECORD)
    drop(store)

    assert kept(store) is None
    assert not store.remembers


# Which one


def test_an_airflow_without_a_store_and_without_a_path_remembers_nothing() -> None:
    assert configured_record_path() == ""
    assert isinstance(record_store({}, IDENTITY), NoStore)


def test_a_path_is_the_record_where_airflow_has_no_store(record_path: Path) -> None:
    keep(record_store({"task_state_store": None}, IDENTITY), RECORD)

    assert RecordPathStore(str(record_path), IDENTITY).read().record == RECORD


def test_airflows_own_store_is_taken_where_there_is_one(airflow: InMemoryStateStore) -> None:
    keep(record_store({"task_state_store": airflow}, IDENTITY), RECORD)

    assert list(airflow.kept) == [STATE_STORE_KEY]


def test_both_are_used_where_both_are_there(airflow: InMemoryStateStore, record_path: Path) -> None:
    keep(record_store({"task_state_store": airflow}, IDENTITY), RECORD)

    assert list(airflow.kept) == [STATE_STORE_KEY]
    assert RecordPathStore(str(record_path), IDENTITY).read().record == RECORD
