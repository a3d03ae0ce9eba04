"""The registry lists every live query once, tells what it cannot read, and forgets only what it has listed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from airflow_provider_veza.async_query.identity import TaskIdentity
from airflow_provider_veza.async_query.record import QueryRecord, RecordState
from airflow_provider_veza.exceptions import RecordError
from airflow_provider_veza.ownership.records.record_path import RecordPathStore
from airflow_provider_veza.ownership.records.registry import (
    FiledRecord,
    RecordRegistry,
    UnreachedFile,
    UnreadableFile,
)
from ownership.records.remembered import keep
from support.recorded import HANDLE, INTENT, OF_TASK

OTHER = replace(INTENT, identity=TaskIdentity("access", "ask", "manual__1", map_index=3))


@pytest.fixture
def registry(tmp_path: Path) -> RecordRegistry:
    return RecordRegistry(str(tmp_path))


def file(folder: Path, *records: QueryRecord) -> None:
    for record in records:
        keep(RecordPathStore(str(folder), record.identity), record)


def listed(registry: RecordRegistry) -> set[TaskIdentity]:
    return {entry.record.identity for entry in registry.entries() if isinstance(entry, FiledRecord)}


def test_every_record_is_listed_with_its_file(tmp_path: Path, registry: RecordRegistry) -> None:
    file(tmp_path, OF_TASK, OTHER)

    entries = {Path(entry.path): entry.record for entry in registry.entries() if isinstance(entry, FiledRecord)}

    assert all(path.is_file() for path in entries)
    assert sorted(entries.values(), key=str) == sorted([OF_TASK, OTHER], key=str)


def test_a_folder_that_does_not_exist_yet_holds_no_record(tmp_path: Path) -> None:
    assert list(RecordRegistry(str(tmp_path / "later")).entries()) == []


def test_an_object_storage_without_any_record_holds_none() -> None:
    base = "memory://records-of-nobody/below"
    assert list(RecordRegistry(base).entries()) == []

    keep(RecordPathStore(base, OF_TASK.identity), OF_TASK)
    RecordRegistry(base).forget(OF_TASK)

    assert list(RecordRegistry(base).entries()) == []


def test_object_storage_is_listed_too() -> None:
    base = "memory://records-of-this-test"
    keep(RecordPathStore(base, OF_TASK.identity), OF_TASK)

    assert listed(RecordRegistry(base)) == {OF_TASK.identity}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"identity": {}}'], ids=["empty", "half", "a list", "no record"])
def test_a_file_that_holds_no_record_is_named_and_kept(tmp_path: Path, registry: RecordRegistry, text: str) -> None:
    file(tmp_path, OF_TASK)
    damaged = tmp_path / "damaged.json"
    damaged.write_text(text)

    [unreadable] = [entry for entry in registry.entries() if isinstance(entry, UnreadableFile)]

    assert (Path(unreadable.path), listed(registry)) == (damaged, {OF_TASK.identity})
    assert damaged.read_text() == text


def test_a_record_that_is_just_being_written_is_left_out(tmp_path: Path, registry: RecordRegistry) -> None:
    (tmp_path / "key.json.0a1b.tmp").write_text("{")

    assert list(registry.entries()) == []


def test_no_file_is_read_any_more_once_the_time_is_over_and_each_is_named(
    tmp_path: Path, registry: RecordRegistry
) -> None:
    file(tmp_path, OF_TASK, OTHER)
    is_over = iter([False, True]).__next__

    first, second = registry.entries(is_over)

    assert isinstance(first, FiledRecord)
    assert isinstance(second, UnreachedFile)
    assert {first.path, second.path} == set(map(str, tmp_path.glob("*.json")))


def test_a_listing_may_begin_anywhere_and_holds_the_same(tmp_path: Path, registry: RecordRegistry) -> None:
    file(tmp_path, OF_TASK, OTHER)
    from_start, from_middle = list(registry.entries()), list(registry.entries(begin_at=0.5))

    assert from_middle == from_start[::-1]


def test_a_record_that_is_removed_during_the_listing_is_left_out(tmp_path: Path, registry: RecordRegistry) -> None:
    file(tmp_path, OF_TASK, OTHER)
    entries = registry.entries()
    next(entries)
    for path in tmp_path.iterdir():
        path.unlink()

    assert list(entries) == []


def test_a_place_that_cannot_be_listed_is_an_error_that_names_it(tmp_path: Path) -> None:
    not_a_folder = tmp_path / "file"
    not_a_folder.touch()

    with pytest.raises(RecordError, match=str(not_a_folder)):
        list(RecordRegistry(str(not_a_folder)).entries())


def test_the_record_of_one_task_instance_is_found(tmp_path: Path, registry: RecordRegistry) -> None:
    file(tmp_path, OF_TASK)

    assert registry.of_task(OF_TASK.identity).read().record == OF_TASK
    assert registry.of_task(OTHER.identity).read().record is None


def test_a_settled_record_is_forgotten_and_no_other(tmp_path: Path, registry: RecordRegistry) -> None:
    file(tmp_path, OF_TASK, OTHER)

    registry.forget(OF_TASK)
    registry.forget(OF_TASK)

    assert listed(registry) == {OTHER.identity}


def test_the_record_of_a_new_attempt_is_not_forgotten_with_the_old_one(
    tmp_path: Path, registry: RecordRegistry
) -> None:
    file(tmp_path, OF_TASK)
    resubmitted = replace(OF_TASK, handle=replace(HANDLE, id="q2"))
    file(tmp_path, resubmitted)

    registry.forget(OF_TASK)

    assert registry.of_task(OF_TASK.identity).read().record == resubmitted


def test_a_confirmed_cancel_is_noted_once_and_only_in_the_record_of_its_query(
    tmp_path: Path, registry: RecordRegistry
) -> None:
    file(tmp_path, OF_TASK)
    registry.note_cancel(OF_TASK, "the listener")
    noted = registry.of_task(OF_TASK.identity).read().record
    registry.note_cancel(OF_TASK, "somebody later")

    assert noted == replace(OF_TASK, state=RecordState.CANCELLED, cancelled_by="the listener")
    assert registry.of_task(OF_TASK.identity).read().record == noted


def test_a_record_that_a_new_attempt_has_written_meanwhile_is_not_called_cancelled(
    tmp_path: Path, registry: RecordRegistry
) -> None:
    adopted = replace(OF_TASK, try_number=2)
    file(tmp_path, adopted)
    registry.note_cancel(OF_TASK, "the sweep")
    registry.forget(OF_TASK)

    assert registry.of_task(OF_TASK.identity).read().record == adopted
