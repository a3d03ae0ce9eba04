"""One part in the making: a local file, counted and digested as it grows, and published when it is whole."""

from __future__ import annotations

import hashlib
import io
import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_veza.results.checkpoint import LandedPart
from airflow_provider_veza.results.folder import Folder
from airflow_provider_veza.results.formats.format import Group, PartWriter
from airflow_provider_veza.results.landing_plan import LandingPlan
from airflow_provider_veza.results.manifest import Columns, Part

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_PART_NAME = re.compile(r"part-\d{5,}-[0-9a-f]{8}\.[a-z.]+")


def new_part_name(number: int, suffix: str) -> str:
    """Return a name that sorts by number and that no other attempt uses."""
    return f"part-{number:05d}-{secrets.token_hex(4)}{suffix}"


def is_part_name(name: str) -> bool:
    """Whether a file is a part of some landing."""
    return _PART_NAME.fullmatch(name) is not None


class PartFile(io.RawIOBase):
    """A local file that knows the size and the digest of what was written to it."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._sha256 = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        """Return True: formats ask."""
        return True

    def write(self, data: ReadableBuffer) -> int:
        """Write all of the data."""
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
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
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
        self._path = plan.scratch / name
        self._file = PartFile(self._path)
        self._writer: PartWriter = plan.format.open(self._file, columns)

    def write(self, group: Group) -> None:
        """Append a group of rows."""
        self._writer.write(group)
        self.columns = group.columns
        self.rows += group.rows

    def publish(self, folder: Folder) -> Part:
        """Finish the file and bring it to the folder; when this returns, it is durable."""
        self._writer.close()
        self._file.close()
        folder.publish(self._path, self.name)
        self._path.unlink(missing_ok=True)
        return Part(self.name, self.rows, self._file.size, self._file.sha256)

    def discard(self) -> None:
        """Remove the local file."""
        self._file.close()
        self._path.unlink(missing_ok=True)


def widened(landed: LandedPart, name: str, plan: LandingPlan, to: Columns) -> Part:
    """Publish a part's rows once more, with more or wider columns; the part itself stays.

    :raises ColumnError: when a value does not fit its wider column.
    """
    path = plan.scratch / name
    file = PartFile(path)
    with plan.folder.open(landed.part.name) as source, file:
        plan.format.widen(source, file, landed.columns, to)
    plan.folder.publish(path, name)
    path.unlink(missing_ok=True)
    return Part(name, landed.part.rows, file.size, file.sha256)
