"""Local folders for parts in the making; those that killed processes leave are removed by later ones."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = "veza-landing-"
_LOCK = "lock"
_HELD = "held"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give a folder that is removed afterwards; the folder of a killed process is removed by the next process that wants one.

    The owner holds a lock on a file in it, which the system releases when the owner dies.
    """
    _remove_abandoned()
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as name, (Path(name) / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(_HELD)
        lock.flush()
        yield Path(name)


def _remove_abandoned() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError), (folder / _LOCK).open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if lock.read() == _HELD:  # Else its owner has made the file and is about to lock it.
                shutil.rmtree(folder, ignore_errors=True)
