"""Scratch folders: nobody else's stop a landing, a full disk is told with sizes, and nothing stays behind."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from airflow_provider_veza.exceptions import ScratchError
from airflow_provider_veza.results import parts
from airflow_provider_veza.results.drift.index import drift_index
from airflow_provider_veza.results.parts import PartFile
from airflow_provider_veza.results.scratch import scratch_folder, telling_of_scratch
from results.landed import Lander, pages_of, users

LEAVES_A_FOLDER = """
import os
from airflow_provider_veza.results.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "part").write_text("half")
    print(folder, flush=True)
    os._exit(0)
"""


@pytest.fixture(autouse=True)
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "temp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield folder
    tempfile.tempdir = None


def test_a_folder_is_its_users_alone_and_gone_afterwards(temp: Path) -> None:
    with scratch_folder() as folder:
        assert folder.parent == temp
        assert folder.stat().st_mode & 0o077 == 0

    assert list(temp.iterdir()) == []


def test_the_folder_of_a_process_that_died_is_removed_by_the_next_one(temp: Path) -> None:
    left = subprocess.run([sys.executable, "-c", LEAVES_A_FOLDER], capture_output=True, text=True, check=True)
    assert Path(left.stdout.strip()).exists()
    with scratch_folder() as folder:
        assert list(temp.iterdir()) == [folder]


def test_the_folder_of_a_process_that_lives_stays(temp: Path) -> None:
    with scratch_folder() as first, scratch_folder() as second:
        assert set(temp.iterdir()) == {first, second}


def in_the_way(temp: Path, kind: str) -> Path:
    """Put something under a name that a scratch folder could have, as another user may."""
    place = temp / "veza-landing-0123"
    outside = temp / "outside"
    outside.mkdir()
    (outside / "lock").write_text("held")
    if kind == "link":
        place.symlink_to(outside)
        return outside / "lock"
    if kind == "file":
        place.write_text("held")
        return place
    place.mkdir()
    if kind == "pipe":
        os.mkfifo(place / "lock")
    elif kind == "link to a lock":
        (place / "lock").symlink_to(outside / "lock")
    return place


@pytest.mark.parametrize("kind", ["link", "file", "pipe", "link to a lock", "no lock"])
def test_what_others_put_in_the_way_is_neither_waited_for_nor_removed(temp: Path, kind: str) -> None:
    stays = in_the_way(temp, kind)
    with scratch_folder():
        pass

    assert stays.exists()


def test_the_folder_of_another_user_is_left_to_that_user(temp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = in_the_way(temp, "no lock")
    (place / "lock").write_text("held")
    monkeypatch.setattr(os, "geteuid", lambda: place.stat().st_uid + 1)
    with scratch_folder():
        pass

    assert place.exists()


def test_a_lock_that_is_held_is_not_waited_for(temp: Path) -> None:
    place = in_the_way(temp, "no lock")
    with (place / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with scratch_folder():
            assert place.exists()


@pytest.mark.parametrize("full", [errno.ENOSPC, errno.EDQUOT], ids=["the disk", "the user's share of it"])
def test_a_full_disk_is_told_with_the_folder_and_the_sizes(temp: Path, full: int) -> None:
    (temp / "part").write_bytes(b"x" * 3 * 2**20)
    with pytest.raises(ScratchError) as told, telling_of_scratch(temp):
        raise OSError(full, os.strerror(full))

    assert str(told.value).startswith(f"The worker's local disk is full: {temp} holds 3.0 MiB of this task's, and ")
    assert "MiB are free. What is durable in output_path stays; a retry goes on there." in str(told.value)
    assert told.value.heals


class OnAFullDisk(PartFile):
    def __init__(self, _path: Path) -> None:
        super().__init__(Path("/dev/full"))


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_a_landing_that_fills_the_disk_keeps_what_is_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    lander = Lander(tmp_path, format=form)
    lander.crash(pages_of(users(25)), after=9)
    landing = lander.landing()
    landing.begin()
    with monkeypatch.context() as patched, pytest.raises(ScratchError, match="local disk is full"):
        patched.setattr(parts, "PartFile", OnAFullDisk)
        for page in pages_of(users(25))[8:]:
            landing.take(page)
        landing.finish()
    manifest = lander.land(pages_of(users(25)))

    assert manifest.resumed == 2
    assert manifest.rows == 25


def test_a_disk_that_cannot_be_written_is_told_too(temp: Path) -> None:
    with pytest.raises(ScratchError, match=r"cannot be used \(FileNotFoundError"), telling_of_scratch(temp / "gone"):
        (temp / "gone" / "part").open("wb")


def test_no_temporary_folder_at_all_is_told(temp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(temp / "gone"))
    with pytest.raises(ScratchError, match="cannot be used"), scratch_folder():
        pass


def test_what_duckdb_cannot_spill_is_told_as_the_disks_fault(tmp_path: Path) -> None:
    missing = tmp_path / "missing.digests"
    with (
        pytest.raises(ScratchError, match="local disk cannot be used"),
        drift_index(baseline=missing, current=missing, scratch=tmp_path),
    ):
        pass
