"""Local folders for what is in the making; those that killed processes leave are removed by later ones of the same user."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from airflow_provider_veza.exceptions import ScratchError

_PREFIX = "veza-landing-"
_LOCK = "lock"
_HELD = b"held"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give a folder that only this user can use, and that is removed afterwards.

    The folder of a killed process is removed by the next process of the same user that wants one: the owner holds a lock on a
    file in it, which the system releases when the owner dies. What other users put beside it is neither read nor waited for.

    :raises ScratchError: when there is no room for one.
    """
    _remove_abandoned()
    with telling_of_scratch(Path(tempfile.gettempdir())):
        folder = tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True)
    with folder as name, _locked(Path(name)):
        yield Path(name)


@contextmanager
def telling_of_scratch(folder: Path) -> Iterator[None]:
    """Let a local disk that is full, or cannot be written, name the folder and how much room there is.

    :raises ScratchError: instead of the system's own error.
    """
    try:
        yield
    except OSError as e:
        raise ScratchError(_problem(folder, e)) from e


def _problem(folder: Path, error: OSError) -> str:
    what = "is full" if error.errno in _FULL else f"cannot be used ({type(error).__name__}: {error})"
    return (
        f"The worker's local disk {what}: {folder} holds {_mib(_held_in(folder))} of this task's, and {_room(folder)}. What is "
        "durable in output_path stays; a retry goes on there. Free some room, let TMPDIR name a larger disk, or lower part_bytes."
    )


def _room(folder: Path) -> str:
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return "how much is free cannot be told"
    return f"{_mib(usage.free)} of {_mib(usage.total)} are free"


def _held_in(folder: Path) -> int:
    with suppress(OSError):
        return sum(entry.stat(follow_symlinks=False).st_size for entry in os.scandir(folder) if entry.is_file())
    return 0


def _mib(size: int) -> str:
    return f"{size / 2**20:,.1f} MiB"


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with telling_of_scratch(folder):
        lock = (folder / _LOCK).open("wb", buffering=0)
    with lock:
        with telling_of_scratch(folder):
            fcntl.flock(lock, fcntl.LOCK_EX)
            lock.write(_HELD)
        yield


def _remove_abandoned() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if _is_own_folder(folder) and _is_abandoned(folder / _LOCK):
                shutil.rmtree(folder, ignore_errors=True)


def _is_own_folder(folder: Path) -> bool:
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()


def _is_abandoned(lock: Path) -> bool:
    """Whether nobody holds the lock any more; without its content, the owner has made the file and is about to lock it."""
    descriptor = os.open(lock, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.read(descriptor, len(_HELD)) == _HELD
    finally:
        os.close(descriptor)
