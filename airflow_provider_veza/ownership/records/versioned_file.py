"""One small file, replaced and removed only if it still is what was read; how a storage does that may not enter.

What it holds is in :mod:`.record_path`, how storages work in :mod:`.file_storage`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from airflow_provider_veza.ownership.records.any_storage import AnyStorage
from airflow_provider_veza.ownership.records.conditional_azure import AzureStorage
from airflow_provider_veza.ownership.records.conditional_google import GoogleStorage
from airflow_provider_veza.ownership.records.conditional_s3 import S3Storage
from airflow_provider_veza.ownership.records.file_storage import ConditionalStorage, StoredFile
from airflow_provider_veza.ownership.records.locked_disk import LockedFile
from airflow_provider_veza.ownership.records.probe import StorageName
from airflow_provider_veza.ownership.records.probed import ProbedFile, UnconditionalFile
from airflow_provider_veza.results.storage_place import BUCKET_SCHEMES

_DISK = "fsspec.implementations.local.LocalFileSystem"
_CONDITIONAL: dict[str, Callable[[Any], ConditionalStorage]] = {
    "s3fs.core.S3FileSystem": S3Storage,
    "adlfs.spec.AzureBlobFileSystem": AzureStorage,
    "gcsfs.core.GCSFileSystem": GoogleStorage,
}

__all__ = ["StoredFile", "VersionedFile", "versioned_file"]


class VersionedFile(Protocol):
    """One small file on one storage, replaced and removed only if it still is what was read.

    Each write must hold something that no other write holds, such as a nonce: on S3 and on disks the version is a hash of
    the content, so the same bytes written twice would be one version. Whatever goes wrong besides a mismatch passes as the
    storage's library raises it.
    """

    @property
    def place(self) -> str:
        """Where the file is, for messages."""

    @property
    def is_conditional(self) -> bool:
        """False: the storage ignores conditions, and a re-read stands in for it. May ask the storage."""

    def read(self) -> StoredFile | None:
        """Return the file as it is now, never from a cached listing; None only if it is absent."""

    def write(self, data: bytes, expected: str | None) -> str:
        """Replace the expected version (None: write only if absent), and return the new one.

        :raises FileChangedError: when the file is not what was expected.
        """

    def remove(self, expected: str) -> None:
        """Remove the expected version; an absent file is fine.

        :raises FileChangedError: when the file is not what was expected.
        """


def versioned_file(path: Any) -> VersionedFile:
    """Return the file at a path, by the means that its storage has.

    :param path: Airflow's ``ObjectStoragePath``.
    """
    fs, name, place = path.fs, path.path, str(path)
    classes = {f"{cls.__module__}.{cls.__qualname__}" for cls in type(fs).__mro__}
    if _DISK in classes:
        return LockedFile(name, place)
    storage_name = _storage_name(path)
    for of_library in classes & _CONDITIONAL.keys():
        return ProbedFile(_CONDITIONAL[of_library](fs), storage_name, name, place)
    storage = AnyStorage(fs, has_real_folders=storage_name.protocol not in BUCKET_SCHEMES)
    return UnconditionalFile(storage, storage_name, name, place)


def _storage_name(path: Any) -> StorageName:
    # Airflow 2 keeps the connection among the options, and in the bucket's name as well.
    conn_id = getattr(path, "conn_id", None) or path.storage_options.get("conn_id")
    return StorageName(path.protocol, conn_id, path.bucket.rpartition("@")[2])
