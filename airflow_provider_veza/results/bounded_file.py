"""A file of which only so much is read; what is read may not enter."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import IO, TYPE_CHECKING

from airflow_provider_veza.exceptions import LandingError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class BoundedFile(io.RawIOBase):
    """A file on a storage that gives no more than some bytes; it leaves that file open.

    :param most_bytes: all reads together.
    :param go_on: called before each read; raises to end the reading.
    :raises LandingError: from the read that asks for more.
    """

    def __init__(self, file: IO[bytes], most_bytes: int, go_on: Callable[[], object]) -> None:
        self._file = file
        self._most = self._left = most_bytes
        self._go_on = go_on

    def readable(self) -> bool:
        """Return True: readers of formats ask."""
        return True

    def seekable(self) -> bool:
        """Return True: what a file of a table holds is said at its end."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read some bytes."""
        self._go_on()
        view = memoryview(buffer).cast("B")
        data = self._file.read(len(view))
        self._left -= len(data)
        if self._left < 0:
            raise LandingError(
                f"Reading goes beyond {self._most} bytes of a part, so it ends there. Nothing was changed."
            )
        view[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to another place."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the place."""
        return self._file.tell()
