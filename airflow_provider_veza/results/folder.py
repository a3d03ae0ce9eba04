"""The folder of one landed result on any object storage: whole files in, whole files out; it knows no format."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from uuid import uuid4

from airflow_provider_veza.exceptions import LandingError, ManifestError

if TYPE_CHECKING:
    from airflow.sdk import ObjectStoragePath

_LOCAL = ("file", "local", "")
_HIDDEN = re.compile(r"\.(part-.+|manifest\.json|_checkpoint\.json)\.[0-9a-f]{32}")


class Folder:
    """A folder whose files appear whole or not at all.

    :param path: any path that Airflow's ``ObjectStoragePath`` takes, such as ``s3://conn_id@bucket/access/2026-01-31``.
    :raises LandingError: when Airflow does not know the storage.
    """

    def __init__(self, path: str | ObjectStoragePath) -> None:
        from airflow.providers.common.compat.sdk import ObjectStoragePath

        self.url = str(path).rstrip("/")
        with self._naming("use"):
            self._path = ObjectStoragePath(self.url)
            self._is_local = self._path.protocol in _LOCAL
            self._path.fs.invalidate_cache()

    def __truediv__(self, name: str) -> Folder:
        return Folder(f"{self.url}/{name}")

    def __str__(self) -> str:
        return self.url

    def names(self) -> list[str]:
        """Return the names of all files and folders here; none where the folder does not exist."""
        with self._naming_and_looking_afresh("list"):
            try:  # not exists(): some storages answer it with no when they cannot be reached
                self._path.fs.info(self._path.path)
            except FileNotFoundError:
                return []
            return sorted(entry.name for entry in self._path.iterdir())

    def half_written(self) -> list[str]:
        """Return the hidden files that processes left which were killed while they wrote."""
        return [name for name in self.names() if _HIDDEN.fullmatch(name)]

    def siblings(self) -> list[Folder]:
        """Return the other folders beside this one."""
        parent = Folder(self.url.rpartition("/")[0])
        own = self.url.rpartition("/")[2]
        return [parent / name for name in parent.names() if name != own]

    def read_json(self, name: str) -> Any | None:
        """Return what a JSON file says, or None where there is no such file.

        :raises ManifestError: when it is not JSON.
        """
        with self._naming_and_looking_afresh("read", name):
            try:
                text = (self._path / name).read_text(encoding="utf-8")
            except (FileNotFoundError, NotADirectoryError):
                return None
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as e:
            raise ManifestError(
                f"The file is not JSON ({e}): it was edited or damaged.", about=f"{self.url}/{name}"
            ) from e

    def write_json(self, name: str, data: Any) -> None:
        """Replace a JSON file; readers see the old or the new one."""
        text = json.dumps(data, indent=1, ensure_ascii=False)
        with self._naming("write", name):
            if not self._is_local:
                (self._path / name).write_text(text, encoding="utf-8")
                return
            with self._appearing_whole(name) as written:
                written.write_text(text, encoding="utf-8")

    def publish(self, source: Path, name: str) -> None:
        """Bring a finished local file here under that name; when this returns, it is durable."""
        with self._naming("write", name):
            if not self._is_local:
                self._path.fs.put_file(str(source), (self._path / name).path)
                return
            with self._appearing_whole(name) as written:
                shutil.move(source, written)

    def open(self, name: str) -> IO[bytes]:
        """Open a file for reading."""
        with self._naming("read", name):
            file: IO[bytes] = (self._path / name).open("rb")
            return file

    def size(self, name: str) -> int | None:
        """Return the size of a file, or None where there is none."""
        with self._naming_and_looking_afresh("read", name):
            try:
                return int((self._path / name).stat().st_size)
            except FileNotFoundError:
                return None

    def remove(self, name: str) -> None:
        """Remove a file; an absent one is fine."""
        with self._naming("remove", name):
            (self._path / name).unlink(missing_ok=True)

    @contextmanager
    def _appearing_whole(self, name: str) -> Iterator[Path]:
        """Give a hidden file beside the one to be replaced; on a local disk only a rename is whole."""
        folder = Path(self._path.path)
        folder.mkdir(parents=True, exist_ok=True)
        written = folder / f".{name}.{uuid4().hex}"
        try:
            yield written
            with written.open("rb") as file:
                os.fsync(file.fileno())
            written.replace(folder / name)
        finally:
            written.unlink(missing_ok=True)

    @contextmanager
    def _naming_and_looking_afresh(self, doing: str, name: str = "") -> Iterator[None]:
        """Forget what the file system remembers first, since other processes write here too."""
        with self._naming(doing, name):
            self._path.fs.invalidate_cache()
            yield

    @contextmanager
    def _naming(self, doing: str, name: str = "") -> Iterator[None]:
        try:
            yield
        except LandingError:
            raise
        except Exception as e:
            place = f"{self.url}/{name}" if name else self.url
            raise LandingError(
                f"Cannot {doing} in the folder ({type(e).__name__}: {e}). What was landed before stays; a retry goes on there.",
                about=place,
            ) from e
