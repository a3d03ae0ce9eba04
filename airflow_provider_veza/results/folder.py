"""The folder of one landed result on any object storage: whole files in, whole files out; it knows no format.

What a path says is in :mod:`.storage_place`, how each kind of storage is written in :mod:`.files`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import IO, Any

from airflow_provider_veza.async_query.json_value import text_of_value
from airflow_provider_veza.exceptions import (
    ArgumentError,
    AsyncQueryError,
    ConnectionSettingsError,
    ForeignFileError,
    LandingError,
)
from airflow_provider_veza.results.files import DiskFiles, Files, RemoteFiles
from airflow_provider_veza.results.storage_place import PROVIDERS, StoragePlace

_TALKATIVE = ("azure.core.pipeline.policies.http_logging_policy", "azure.identity", "asyncssh")
"""Loggers of storages' libraries; the first writes a dozen lines for each request."""


class Folder:
    """A folder whose files appear whole or not at all; every name is taken literally.

    :param path: any path that Airflow's ``ObjectStoragePath`` takes, such as ``s3://conn_id@bucket/access/2026-01-31``.
    :raises ArgumentError: when Airflow does not know the storage.
    :raises LandingError: when the storage cannot be had.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.url = str(path).rstrip("/")
        with self._naming("use"):
            self._files = _files(StoragePlace.of(self.url))

    def __truediv__(self, name: str) -> Folder:
        return Folder(f"{self.url}/{name}")

    def __str__(self) -> str:
        return self.url

    def names(self) -> list[str]:
        """Return the names of all files and folders here; none where the folder does not exist."""
        with self._naming("list"):
            return sorted(self._files.names())

    def siblings(self) -> list[Folder]:
        """Return the other folders beside this one."""
        above, _, own = self.url.rpartition("/")
        parent = Folder(above)
        return [parent / name for name in parent.names() if name != own]

    def read(self, name: str) -> bytes | None:
        """Return what a file holds, or None where there is no such file.

        :raises ForeignFileError: when a folder has that name.
        """
        place = f"{self.url}/{name}"
        with self._naming("read", name):
            try:
                return self._files.read(name)
            except NotADirectoryError:
                return None
            except IsADirectoryError as e:
                raise ForeignFileError(place) from e

    def write_json(self, name: str, data: Any) -> None:
        """Replace a JSON file; readers see the old or the new one."""
        from msgspec import json

        with self._naming("write", name):
            self._files.write(name, json.format(text_of_value(data), indent=1))

    def publish(self, source: Path, name: str) -> None:
        """Bring a finished local file here under that name; when this returns, it is durable."""
        with self._naming("write", name):
            self._files.publish(source, name)

    def open(self, name: str) -> IO[bytes]:
        """Open a file for reading."""
        with self._naming("read", name):
            return self._files.open(name)

    @contextmanager
    def reading(self, name: str) -> Iterator[IO[bytes]]:
        """Open a file for reading, and tell what goes wrong until it is read by its name."""
        with self._naming("read", name), self._files.open(name) as file:
            yield file

    def size(self, name: str) -> int | None:
        """Return the size of a file, or None where there is none."""
        with self._naming("read", name):
            return self._files.size(name)

    def remove(self, name: str) -> None:
        """Remove one file of this very folder; an absent one is fine. Nothing else of this package removes what was landed."""
        with self._naming("remove", name):
            if "/" in name or name in ("", ".", ".."):
                raise ValueError("this is no name of a file in the folder")
            self._files.remove(name)

    def _naming(self, doing: str, name: str = "") -> AbstractContextManager[None]:
        return _telling_of(f"{self.url}/{name}" if name else self.url, doing)


def require_storage(path: str) -> None:
    """Refuse a folder on a storage that Airflow does not know, or by a connection that it does not have.

    :raises ArgumentError: naming the scheme, and what to install for it.
    :raises ConnectionSettingsError: naming the connection.
    :raises LandingError: when Airflow or the storage does not answer.
    """
    conn_id = StoragePlace.of(path).conn_id
    if conn_id is not None:
        with _telling_of(path, "use"):
            _require_connection(conn_id, path)
    Folder(path)


def tell_airflow_of_reading(path: str) -> None:
    """Let Airflow know that this process reads a landed result: where lineage is collected, it is an input of the task."""
    place = StoragePlace.of(path)
    with suppress(Exception):  # Lineage is nothing that a reader should fail for.
        from airflow.providers.common.compat.lineage.hook import get_hook_lineage_collector

        uri = f"{place.scheme}://{place.host}{place.path}"
        get_hook_lineage_collector().add_input_asset(context=place, uri=uri)


@contextmanager
def _telling_of(place: str, doing: str) -> Iterator[None]:
    try:
        yield
    except AsyncQueryError:
        raise
    except Exception as e:
        raise LandingError(
            f"Cannot {doing} what lands ({type(e).__name__}: {e}). What was landed before stays; a retry goes on there.",
            about=place,
        ) from e


def _require_connection(conn_id: str, path: str) -> None:
    from airflow.providers.common.compat.sdk import AirflowNotFoundException, BaseHook

    try:
        BaseHook.get_connection(conn_id)
    except AirflowNotFoundException as e:
        raise ConnectionSettingsError(
            f"Airflow has no connection {conn_id!r}, which the path names. Nothing was submitted or written. Add the "
            "connection, or correct the path.",
            about=path,
        ) from e


def quieten_storage_libraries() -> None:
    """Let libraries that write each request to the log at INFO write their warnings only, unless somebody has chosen a level."""
    for name in _TALKATIVE:
        if logging.getLogger(name).level == logging.NOTSET:
            logging.getLogger(name).setLevel(logging.WARNING)


def _files(place: StoragePlace) -> Files:
    if place.is_local:
        return DiskFiles(Path(place.path or "/"))
    quieten_storage_libraries()
    fs, root = _file_system(place)
    return RemoteFiles(fs, f"{root}{place.path}", has_real_folders=not place.has_buckets)


def _file_system(place: StoragePlace) -> tuple[Any, str]:
    """Return the file system, and how it calls what stands before the path: only that is left to it to read."""
    from airflow.providers.common.compat.sdk import ObjectStoragePath

    connection = f"{place.conn_id}@" if place.conn_id else ""
    try:
        root = ObjectStoragePath(f"{place.scheme}://{connection}{place.host}/")
        return root.fs, _above(place, root)
    except (ImportError, ValueError) as e:
        if isinstance(e, ValueError) and _is_registered(place.scheme):
            raise
        provider = PROVIDERS.get(place.scheme)
        advice = f"pip install '{provider}'." if provider else "none that is known here does."
        raise ArgumentError(
            f"Airflow has no storage for {place.scheme}:// here ({e}). Nothing was submitted or written. Install the provider "
            f"that brings it: {advice}"
        ) from e


def _above(place: StoragePlace, root: Any) -> str:
    if place.has_buckets or not place.host:
        return place.host
    return str(root.path).rstrip("/")


def _is_registered(scheme: str) -> bool:
    for module in ("airflow.sdk.io", "airflow.io"):
        with suppress(ImportError):
            return bool(import_module(module).has_fs(scheme))
    return True
