"""What a versioned file asks of a storage, by literal names; no compare and swap, and no library of a storage, may enter."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol
from uuid import uuid4


@dataclass(frozen=True)
class StoredFile:
    """What a file held, and the storage's name of that version.

    :param version: opaque; only the storage that gave it can read it.
    """

    data: bytes
    version: str


class Storage(Protocol):
    """Plain access to the files of one storage. Whatever goes wrong passes as the storage's library raises it."""

    def read(self, name: str) -> StoredFile | None:
        """Return the file as it is now, with a version that is not newer than its data; None only if it is absent."""

    def put(self, name: str, data: bytes) -> str:
        """Write the file, whatever is there, and return its version."""

    def delete(self, name: str) -> None:
        """Remove the file, whatever it holds; an absent one is fine."""


class ConditionalStorage(Storage, Protocol):
    """A storage whose service compares the version itself, in the same request that writes or removes."""

    @property
    def no_version(self) -> str:
        """A version that no file has ever had, in the storage's own form."""

    def put_if(self, name: str, data: bytes, expected: str | None) -> str | None:
        """Write only over the expected version (None: only if absent); return the new version, or None on a mismatch."""

    def delete_if(self, name: str, expected: str) -> bool:
        """Remove only the expected version, and tell whether it was that; an absent file may count as either."""

    def is_refusal_of_conditions(self, error: Exception) -> bool:
        """Tell whether the error may mean that the service knows no conditions."""


def content_version(data: bytes) -> str:
    """Return the version of a file on a storage that names none."""
    return sha256(data).hexdigest()


def sibling(name: str, purpose: str) -> str:
    """Return a name beside the file that nobody else has; it ends with the purpose, so it is never taken for a record."""
    return f"{name}.{uuid4().hex}.{purpose}"
