"""Files on a disk: one writer wins, killed ones leave nothing that blocks, and a lock goes with its record."""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import ObjectStoragePath

from airflow_provider_veza.exceptions import RecordError
from airflow_provider_veza.ownership.records import locked_disk
from airflow_provider_veza.ownership.records.versioned_file import VersionedFile, versioned_file
from ownership.records.airflow_storages import has_fs
from ownership.records.contract import ConditionalContract, at, fresh_data, names_in

RACE = """
import json, sys
from airflow_provider_veza.exceptions import FileChangedError
from airflow_provider_veza.ownership.records import locked_disk
from airflow_provider_veza.ownership.records.locked_disk import LockedFile

locked_disk.LOCK_SECONDS = 600.0  # However long a busy machine lets a holder wait.
path, racer, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
file = LockedFile(path, path)
print("ready", flush=True)
sys.stdin.readline()
won = []
for number in range(rounds):
    found = file.read()
    try:
        file.write(json.dumps({"by": racer, "number": number, "after": found and json.loads(found.data)}).encode(),
                   found and found.version)
        won.append(number)
    except FileChangedError:
        pass
print(json.dumps(won), flush=True)
"""

HOLD_THE_LOCK = """
import fcntl, os, sys, time
descriptor = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.flock(descriptor, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(600)
"""

WRITE_AND_REMOVE_FOR_EVER = """
import sys, uuid
from airflow_provider_veza.exceptions import FileChangedError
from airflow_provider_veza.ownership.records.locked_disk import LockedFile

file = LockedFile(sys.argv[1], sys.argv[1])
print("writing", flush=True)
while True:
    found = file.read()
    try:
        version = file.write(uuid.uuid4().hex.encode() * 100, found and found.version)
        file.remove(file.write(uuid.uuid4().hex.encode() * 100, version))
    except FileChangedError:
        pass
"""


@pytest.fixture(params=["{}", "file://{}"] + ["local://{}"] * has_fs("local"))
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return ObjectStoragePath(request.param.format(tmp_path / "records of" / "veza"))


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no lock be given up because the machine is busy; the test that waits for that says so."""
    monkeypatch.setattr(locked_disk, "LOCK_SECONDS", 600.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "record.json"


@pytest.fixture
def file(path: Path) -> VersionedFile:
    return versioned_file(ObjectStoragePath(str(path)))


class TestOnADisk(ConditionalContract):
    pass


@contextmanager
def held(lock: Path) -> Iterator[None]:
    """Let another process hold the lock."""
    with started(HOLD_THE_LOCK, str(lock)) as holder:
        try:
            yield
        finally:
            holder.kill()


def started(script: str, *arguments: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", script, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    return process


def test_of_racing_processes_each_write_follows_the_one_it_has_seen(path: Path, file: VersionedFile) -> None:
    racers = [started(RACE, str(path), str(number), "40") for number in range(8)]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    won = {str(number): json.loads(racer.communicate()[0]) for number, racer in enumerate(racers)}

    found = file.read()
    assert found is not None
    chain, last = [], json.loads(found.data)
    while last:
        chain.append((last["by"], last["number"]))
        last = last["after"]
    assert sorted(chain) == sorted((racer, number) for racer, numbers in won.items() for number in numbers)


def test_a_lock_that_is_never_given_back_is_an_error_after_some_seconds(
    path: Path, file: VersionedFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locked_disk, "LOCK_SECONDS", 0.2)
    version = file.write(fresh_data(), None)
    with held(Path(f"{path}.lock")):
        begun = time.monotonic()
        with pytest.raises(RecordError, match=r"held the lock .* 0\.2 seconds.*record\.json\.lock"):
            file.write(fresh_data(), version)
        waited = time.monotonic() - begun
        with pytest.raises(RecordError, match="held the lock"):
            file.remove(version)

    assert waited >= 0.2
    file.remove(version)
    assert list(path.parent.iterdir()) == []


def test_a_writer_that_is_killed_at_any_moment_blocks_nobody_and_leaves_no_half_file(
    path: Path, file: VersionedFile
) -> None:
    for looks in (1, 20, 60):
        with started(WRITE_AND_REMOVE_FOR_EVER, str(path)) as writer:
            seen = [file.read() for _ in range(looks)]
            writer.send_signal(signal.SIGKILL)
        assert all(len(found.data) == 3200 for found in seen if found)
        found = file.read()
        version = file.write(fresh_data(), found and found.version)
        file.remove(version)
        assert not path.exists()
        assert not Path(f"{path}.lock").exists()


def test_the_lock_of_a_lock_file_that_was_removed_meanwhile_is_no_lock(
    path: Path, file: VersionedFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = Path(f"{path}.lock")
    open_it, opened = locked_disk._opened, []
    with ExitStack() as successors:

        def removed_and_made_anew(name: Path) -> int:
            opened.append(open_it(name))
            if len(opened) == 1:
                lock.unlink()
                successors.enter_context(held(lock))
            return opened[-1]

        monkeypatch.setattr(locked_disk, "_opened", removed_and_made_anew)
        monkeypatch.setattr(locked_disk, "LOCK_SECONDS", 0.2)
        with pytest.raises(RecordError, match="held the lock"):
            file.write(fresh_data(), None)

    assert file.read() is None


def test_a_lock_file_that_was_left_behind_is_used_and_goes_with_the_record(path: Path, file: VersionedFile) -> None:
    Path(f"{path}.lock").touch()
    file.remove(file.write(fresh_data(), None))

    assert list(path.parent.iterdir()) == []


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """Make a folder that every user may write, which pytest's own do not allow."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        yield Path(name)


def test_the_lock_of_another_user_serves_too(shared_folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may act as another user")
    file = at(ObjectStoragePath(str(shared_folder)), "record.json")
    version = file.write(fresh_data(), None)
    (shared_folder / "record.json.lock").chmod(0o644)
    os.seteuid(65534)
    try:
        file.remove(file.write(fresh_data(), version))
    finally:
        os.seteuid(0)

    assert list(shared_folder.iterdir()) == []


def test_a_folder_that_must_not_be_written_is_an_error_and_no_changed_file(path: Path, file: VersionedFile) -> None:
    path.parent.rmdir()
    path.parent.write_text("a file where a folder should be")

    with pytest.raises(NotADirectoryError):
        file.read()
    with pytest.raises(FileExistsError):
        file.write(fresh_data(), None)


def test_on_a_disk_without_locks_a_reread_stands_in_and_is_said_once(
    path: Path, file: VersionedFile, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr(locked_disk, "_folders_without_locks", set())
    monkeypatch.setattr(fcntl, "flock", refuse)
    with caplog.at_level(logging.WARNING, locked_disk.__name__):
        version = file.write(fresh_data(), None)
        later = file.write(fresh_data(), version)
        with pytest.raises(RecordError, match="Somebody else"):
            file.write(fresh_data(), version)
        file.remove(later)

    assert not file.is_conditional
    [said] = caplog.messages
    assert said.startswith("The disk knows no locks")
    assert said.endswith(str(path.parent))
    assert list(path.parent.iterdir()) == []


def test_only_records_end_like_records(path: Path, file: VersionedFile) -> None:
    file.write(fresh_data(), None)

    assert [name for name in names_in(ObjectStoragePath(str(path.parent))) if name.endswith(".json")] == ["record.json"]


def test_files_do_not_share_a_lock(tmp_path: Path) -> None:
    folder = ObjectStoragePath(str(tmp_path))
    one = at(folder, "one.json")
    one.write(fresh_data(), None)
    with held(tmp_path / "one.json.lock"):
        at(folder, "two.json").write(fresh_data(), None)


def test_what_killed_writers_left_of_a_record_goes_with_it_and_others_stay(tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    file = versioned_file(ObjectStoragePath(str(record)))
    version = file.write(fresh_data(), None)
    stays = {f"other.json.{'0' * 32}.tmp", "record.json.tmp", f"recordXjson.{'0' * 32}.tmp", "notes.tmp"}
    for name in (*stays, f"record.json.{'0' * 32}.tmp", f"record.json.{'f' * 32}.tmp"):
        (tmp_path / name).write_text("half")
    file.remove(version)

    assert {path.name for path in tmp_path.iterdir()} == stays
