"""Files on a disk or a shared mount: a lock file beside each, whole files only; nothing of object storage may enter."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from airflow_provider_veza.exceptions import RecordError
from airflow_provider_veza.ownership.records.file_storage import StoredFile, content_version, sibling
from airflow_provider_veza.ownership.records.reread import RereadFile

log = logging.getLogger(__name__)

LOCK_SECONDS = 2.0
_HALF_WRITTEN = "tmp"
_LOOK_AGAIN_SECONDS = 0.01
_NO_LOCKS_HERE = {errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.ENOLCK}
_folders_without_locks: set[Path] = set()


class Disk:
    """Whole files: a reader sees the old or the new one, never a half. The version is the content's hash."""

    def read(self, name: str) -> StoredFile | None:
        """Return the file, or None where it is absent."""
        try:
            data = Path(name).read_bytes()
        except FileNotFoundError:
            return None
        return StoredFile(data, content_version(data))

    def put(self, name: str, data: bytes) -> str:
        """Write beside the file, bring that to the disk, then put it in the file's place."""
        written = Path(sibling(name, _HALF_WRITTEN))
        try:
            with written.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            written.replace(name)
        except BaseException:
            with suppress(OSError):
                written.unlink(missing_ok=True)
            raise
        return content_version(data)

    def delete(self, name: str) -> None:
        """Remove the file; an absent one is fine."""
        Path(name).unlink(missing_ok=True)


class LockedFile:
    """One file on a disk, replaced and removed under the lock of ``<file>.lock``, which goes with it.

    Folders are made on the first write.
    """

    def __init__(self, name: str, place: str) -> None:
        self.place = place
        self._path = Path(name)
        self._lock = Path(f"{name}.lock")
        self._file = RereadFile(Disk(), name, place)

    @property
    def is_conditional(self) -> bool:
        """Whether locks work here; taken for granted until the first write has tried."""
        return self._path.parent not in _folders_without_locks

    def read(self) -> StoredFile | None:
        """Return the file, or None where it is absent."""
        return self._file.read()

    def write(self, data: bytes, expected: str | None) -> str:
        """Write the file and return its new version.

        :raises FileChangedError: when it is not what was expected.
        :raises RecordError: when the lock stayed taken for 2 seconds.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._exclusively():
            return self._file.write(data, expected)

    def remove(self, expected: str) -> None:
        """Remove the file; an absent one is fine.

        :raises FileChangedError: when it is not what was expected.
        :raises RecordError: when the lock stayed taken for 2 seconds.
        """
        if self._path.exists():
            with self._exclusively():
                self._file.remove(expected)
                self._remove_half_written()

    def _remove_half_written(self) -> None:
        """Remove what processes left that were killed while they wrote this file: under its lock nobody writes it."""
        if not self.is_conditional:
            return
        left = re.compile(rf"{re.escape(self._path.name)}\.[0-9a-f]{{32}}\.{_HALF_WRITTEN}")
        for beside in self._path.parent.iterdir():
            if left.fullmatch(beside.name):
                beside.unlink(missing_ok=True)

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        descriptor = self._locked()
        try:
            yield
        finally:
            # Whoever waits for the lock of a removed lock file sees that it is gone, and makes a new one.
            if not self._path.exists():
                self._lock.unlink(missing_ok=True)
            os.close(descriptor)

    def _locked(self) -> int:
        give_up = time.monotonic() + LOCK_SECONDS
        while True:
            descriptor = _opened(self._lock)
            try:
                if self._is_taken(descriptor) and _is_still(self._lock, descriptor):
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)
            if time.monotonic() > give_up:
                raise RecordError(
                    f"Another process has held the lock of the file for {LOCK_SECONDS:g} seconds. Nothing was written or "
                    "removed. A retry asks for the lock again.",
                    about=self._lock,
                )
            time.sleep(_LOOK_AGAIN_SECONDS)

    def _is_taken(self, descriptor: int) -> bool:
        """Tell whether the lock is ours now; a disk that knows no locks gives it to everybody."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as e:
            if e.errno not in _NO_LOCKS_HERE:
                raise
            self._say_once_that_locks_are_missing()
        return True

    def _say_once_that_locks_are_missing(self) -> None:
        folder = self._path.parent
        if folder not in _folders_without_locks:
            _folders_without_locks.add(folder)
            log.warning(
                "The disk knows no locks, so each record is read again right before it is replaced or removed. Two processes "
                "that write the record of one task in the same moment could both believe to have won. Put [veza] record_path "
                "on a disk or storage with locks or conditional writes: %s",
                folder,
            )


def _opened(lock: Path) -> int:
    try:
        return os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except PermissionError:
        if not lock.exists():
            raise
        # A task that runs as another user (run_as_user) made it; to read is enough for a lock on a local disk.
        return os.open(lock, os.O_RDONLY | os.O_CLOEXEC)


def _is_still(lock: Path, descriptor: int) -> bool:
    ours = os.fstat(descriptor)
    try:
        there = lock.stat()
    except FileNotFoundError:
        return False
    return (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino)
