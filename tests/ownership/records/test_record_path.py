"""Records as files: atomic, one per task instance, and every trouble named with its place."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_veza.exceptions import FileChangedError, RecordError
from airflow_provider_veza.ownership.records.record_path import RecordPathStore
from ownership.records.remembered import IDENTITY, INTENT, RECORD, drop, keep, kept

WRITERS = """
import os, sys
from airflow_provider_veza.ownership.records.record_path import RecordPathStore
from ownership.records.remembered import IDENTITY, INTENT, RECORD

def write_for_ever():
    store = RecordPathStore(sys.argv[1], IDENTITY)
    version = store.write(INTENT, store.read().version)
    print(os.getpid(), flush=True)
    while True:
        version = store.write(RECORD, version)
        version = store.write(INTENT, version)

for _ in sys.stdin:
    writer = os.fork()
    if writer == 0:
        write_for_ever()
    os.waitpid(writer, 0)
    print("killed", flush=True)
"""
"""For each line it is sent, forks a writer that says its pid once it writes, and says when that has been killed."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "records" / "of veza"


@pytest.fixture
def store(folder: Path) -> RecordPathStore:
    return RecordPathStore(str(folder), IDENTITY)


def file_of(folder: Path) -> Path:
    return folder / f"{IDENTITY.key}.json"


def test_the_file_is_named_by_the_identity_and_holds_plain_json(store: RecordPathStore, folder: Path) -> None:
    keep(store, RECORD)

    assert [path.name for path in folder.glob("*.json")] == [f"{IDENTITY.key}.json"]
    content = json.loads(file_of(folder).read_text())
    assert len(content.pop("nonce")) == 16
    assert content == RECORD.to_json()


def test_a_record_is_removed_with_its_file(store: RecordPathStore, folder: Path) -> None:
    keep(store, RECORD)
    drop(store)

    assert list(folder.iterdir()) == []


def test_a_folder_that_is_not_there_yet_holds_no_record(store: RecordPathStore, folder: Path) -> None:
    assert kept(store) is None
    drop(store)
    assert not folder.exists()


@pytest.mark.parametrize("changed", [{"dag_id": "other"}, {"run_id": "r2"}, {"map_index": 4}, {"task_id": "other"}])
def test_task_instances_do_not_meet(store: RecordPathStore, folder: Path, changed: dict[str, Any]) -> None:
    keep(store, RECORD)

    assert RecordPathStore(str(folder), replace(IDENTITY, **changed)).read().record is None


def test_any_object_storage_of_airflow_will_do() -> None:
    store = RecordPathStore("memory://veza/records", IDENTITY)
    assert kept(store) is None
    keep(store, INTENT)
    keep(store, RECORD)

    assert kept(store) == RECORD
    drop(store)
    drop(store)
    assert kept(store) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"v": 1', b"null", b"[]", b'"text"', b"\xff\xfe\x00", json.dumps(RECORD.to_json())[:-40].encode()],
    ids=["empty", "brace", "cut", "null", "list", "text", "not UTF-8", "cut record"],
)
def test_a_file_that_is_no_record_is_an_error_that_names_it(
    store: RecordPathStore, folder: Path, content: bytes
) -> None:
    folder.mkdir(parents=True)
    file_of(folder).write_bytes(content)

    with pytest.raises(RecordError) as failed:
        store.read()

    assert str(failed.value).startswith("Cannot read the record of the live query (")
    assert str(file_of(folder)) in str(failed.value)
    assert "nothing was submitted on this guess" in str(failed.value)


def test_a_place_that_cannot_be_read_is_not_an_absent_record(store: RecordPathStore, folder: Path) -> None:
    file_of(folder).mkdir(parents=True)

    with pytest.raises(RecordError, match="Cannot read .*IsADirectoryError"):
        store.read()


@pytest.mark.parametrize(
    ("access", "name"),
    [(lambda s: s.read(), "read"), (lambda s: s.write(RECORD, None), "write")],
    ids=["read", "write"],
)
def test_a_path_that_leads_through_a_file_is_named(
    tmp_path: Path, access: Callable[[RecordPathStore], Any], name: str
) -> None:
    (tmp_path / "records").write_text("a file where a folder should be")

    with pytest.raises(RecordError, match=f"Cannot {name} the record of the live query .*records") as failed:
        access(RecordPathStore(str(tmp_path / "records"), IDENTITY))
    assert failed.value.heals


def test_a_storage_that_airflow_does_not_know_is_an_error_and_no_missing_record() -> None:
    with pytest.raises(RecordError, match="nosuch:/+bucket/records"):
        RecordPathStore("nosuch://bucket/records", IDENTITY).read()


def test_a_reader_never_sees_half_a_record_even_if_its_writer_is_killed_at_any_moment(
    store: RecordPathStore, folder: Path
) -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    command, pipe = [sys.executable, "-c", WRITERS, str(folder)], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, bufsize=1, env=environment) as writers:
        assert writers.stdin is not None
        assert writers.stdout is not None
        for reads in (1, 50, 120):
            writers.stdin.write("\n")
            writer = int(writers.stdout.readline())
            try:
                seen = [kept(store) for _ in range(reads)]
            finally:
                os.kill(writer, signal.SIGKILL)
            assert writers.stdout.readline() == "killed\n"
            assert all(record in (INTENT, RECORD) for record in [*seen, kept(store)])


def test_the_same_record_written_twice_makes_two_versions(store: RecordPathStore) -> None:
    first = store.write(RECORD, None)
    assert store.write(RECORD, first) != first


def test_a_record_that_somebody_else_has_replaced_is_neither_overwritten_nor_removed(store: RecordPathStore) -> None:
    stale = store.write(INTENT, None)
    keep(store, RECORD)
    with pytest.raises(FileChangedError):
        store.write(INTENT, stale)
    with pytest.raises(FileChangedError):
        store.remove(stale)
    with pytest.raises(FileChangedError):
        store.write(INTENT, None)
    assert kept(store) == RECORD


@pytest.mark.parametrize(
    "content", [b"", b'{"identity": {', b"[]", b"\xff\xfe\xff", b"[" * 200_000, b'{"v": 99}', b'{"try_number": 1e999}']
)
def test_a_record_that_cannot_be_read_is_an_error_that_names_the_file_and_says_what_to_do(
    store: RecordPathStore, folder: Path, content: bytes
) -> None:
    keep(store, RECORD)
    file_of(folder).write_bytes(content)

    with pytest.raises(RecordError, match=rf"edited or damaged.*remove it.*{file_of(folder).name}") as told:
        store.read()
    assert len(str(told.value)) < 2_000
