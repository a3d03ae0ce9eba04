"""Whose a JSON file in a landed folder is: this provider's own, damaged or not, or somebody else's; nothing is written here."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from airflow_provider_veza.async_query.json_value import value_of
from airflow_provider_veza.exceptions import ForeignFileError
from airflow_provider_veza.results.folder import Folder
from airflow_provider_veza.results.part_names import marks_in

_NOTHING = re.compile(r"[\s\0]*")
"""What a disk leaves of a file that a lost machine had not written yet."""
_HALF_WRITTEN = re.compile(r"\.(.+)\.[0-9a-f]{32}")


@dataclass(frozen=True)
class FileKind:
    """One of the files that have a name of their own.

    :param first: the field that it begins with.
    :param also: another one that is always there.
    """

    name: str
    first: str
    also: str

    def owns(self, data: Any) -> bool:
        """Whether something that was read as JSON is a file of this kind, of whatever version."""
        return isinstance(data, Mapping) and {self.first, self.also} <= data.keys()

    def owns_damaged(self, text: str) -> bool:
        """Whether a text that is no JSON was a file of this kind, as far as its beginning shows."""
        begins = re.match(rf'\s*{{\s*"{self.first}"\s*:', text)
        return begins is not None or _NOTHING.fullmatch(text) is not None


@dataclass(frozen=True)
class OwnFile:
    """A file that is this provider's own.

    :param data: what it says; None where it cannot be read as JSON any more.
    :param problem: why it cannot.
    """

    place: str
    text: str
    data: Mapping[str, Any] | None
    problem: str = ""

    @property
    def marks(self) -> tuple[str, ...]:
        """The marks of all attempts that it names."""
        return marks_in(self.text)


def read_own(folder: Folder, kind: FileKind) -> OwnFile | None:
    """Return a file of the folder, or None where there is none of that name.

    :raises ForeignFileError: when it is somebody else's.
    :raises LandingError: when the storage does not answer.
    """
    raw = folder.read(kind.name)
    return None if raw is None else own_file(raw, f"{folder}/{kind.name}", kind)


def own_file(raw: bytes, place: str, kind: FileKind) -> OwnFile:
    """Return what a file of such a name holds.

    :raises ForeignFileError: when it is somebody else's.
    """
    text = raw.decode("utf-8-sig", errors="replace")
    try:
        data = value_of(raw.decode("utf-8-sig"))
    except ValueError as e:
        if not kind.owns_damaged(text):
            raise ForeignFileError(place) from e
        return OwnFile(place, text, None, f"{type(e).__name__}: {e}")
    if not kind.owns(data):
        raise ForeignFileError(place)
    return OwnFile(place, text, data)


def is_half_written(name: str, kinds: Collection[FileKind]) -> bool:
    """Whether a file is what a process left that was killed while it wrote one of these."""
    found = _HALF_WRITTEN.fullmatch(name)
    return found is not None and found[1] in {kind.name for kind in kinds}
