"""One part in the making: a local file, counted and digested as it grows, and published when it is whole."""

from __future__ import annotations

import hashlib
import io
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from airflow_provider_veza.exceptions import ScratchError
from airflow_provider_veza.results.checkpoint import LandedPart
from airflow_provider_veza.results.folder import Folder
from airflow_provider_veza.results.formats.format import Group, PartWriter
from airflow_provider_veza.results.landing_plan import LandingPlan
from airflow_provider_veza.results.manifest import Columns, Part
from airflow_provider_veza.results.scratch import telling_of_scratch

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_CHUNK_BYTES = 1 << 20


class PartFile(io.RawIOBase):
    """A local file that knows the size and the digest of what was written to it.

    :raises ScratchError: from whatever writes, when the local disk has no room.
    """

    def __init__(self, path: Path) -> None:
        self._folder = path.parent
        with telling_of_scratch(self._folder):
            self._file = path.open("wb")
        self._sha256 = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        """Return True: formats ask."""
        return True

    def write(self, data: ReadableBuffer) -> int:
        """Write all of the data."""
        with telling_of_scratch(self._folder):
            written = self._file.write(data)
        self._sha256.update(data)
        self.size += written
        return written

    def tell(self) -> int:
        """Return how much was written."""
        return self.size

    def flush(self) -> None:
        """Hand what was written to the system."""
        if not self._file.closed:
            with telling_of_scratch(self._folder):
                self._file.flush()

    def close(self) -> None:
        """Close the file."""
        with telling_of_scratch(self._folder):
            self._file.close()
        super().close()

    @property
    def sha256(self) -> str:
        """Digest of what was written."""
        return self._sha256.hexdigest()


class OpenPart:
    """A part that takes groups of rows until it is published or discarded."""

    def __init__(self, plan: LandingPlan, name: str, columns: Columns) -> None:
        self.name = name
        self.columns = columns
        self.rows = 0
        self._plan = plan
        self._path = plan.scratch / name
        self._file = PartFile(self._path)
        self._writer: PartWriter = plan.format.open(self._file, columns)

    def takes(self, group: Group) -> bool:
        """Whether a group of rows can still go into this part."""
        return self._writer.takes(group.columns)

    def write(self, group: Group) -> None:
        """Append a group of rows that the part takes.

        :raises ScratchError: when the local disk has no room.
        """
        self._writer.write(group)
        self.columns = group.columns
        self.rows += group.rows

    def publish(self, folder: Folder) -> Part:
        """Finish the file and bring it to the folder; when this returns, it is durable.

        :raises ColumnError: when a value does not fit its column, which later rows have widened.
        """
        self._writer.close()
        self._file.close()
        if not self._plan.format.fits(self._writer.columns, self.columns):
            self._write_anew()
        folder.publish(self._path, self.name)
        self._path.unlink(missing_ok=True)
        return Part(self.name, self.rows, self._file.size, self._file.sha256)

    def discard(self) -> None:
        """Remove the local file, as well as possible."""
        with suppress(ScratchError):
            self._file.close()
        self._path.unlink(missing_ok=True)

    def _write_anew(self) -> None:
        """Give the rows that came first the columns that came later."""
        before = self._path.with_name(f"{self.name}.before")
        with telling_of_scratch(before.parent):
            self._path.replace(before)
            with before.open("rb") as source, PartFile(self._path) as self._file:
                self._plan.format.widen(source, self._file, self._writer.columns, self.columns)
            before.unlink()


def widened(landed: LandedPart, name: str, plan: LandingPlan, to: Columns) -> Part:
    """Publish a part's rows once more, with more or wider columns; the part itself stays.

    :raises ColumnError: when a value does not fit its wider column.
    """
    path = plan.scratch / name
    with plan.folder.reading(landed.part.name) as source, PartFile(path) as file:
        plan.format.widen(source, file, landed.columns, to)
    plan.folder.publish(path, name)
    path.unlink(missing_ok=True)
    return Part(name, landed.part.rows, file.size, file.sha256)


def is_intact(folder: Folder, part: Part) -> bool:
    """Whether a part in a folder is, byte for byte, what it was when it was published."""
    if folder.size(part.name) != part.bytes:
        return False
    with folder.reading(part.name) as file:
        return digest_of(file) == part.sha256


def digest_of(file: IO[bytes]) -> str:
    """Return the digest of what is left of a file, in hexadecimal and in bounded memory."""
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()
