"""Conditions of Google Cloud Storage, through gcsfs's access to the JSON API; whether they are kept is the probe's."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from airflow_provider_veza.ownership.records.file_storage import StoredFile

_API = "storage/v1/"
_OBJECT = "b/{}/o/{}"
_ABSENT_GENERATION = "0"
_REFUSALS = {400, 501}


class GoogleStorage:
    """The objects of a bucket; the version is the generation, which changes with each write.

    :param fs: gcsfs's file system.
    """

    no_version = "1"

    def __init__(self, fs: Any) -> None:
        self._fs = fs

    def read(self, name: str) -> StoredFile | None:
        """Return the object, its generation asked first; None where it is absent (or its bucket: gcsfs tells no difference)."""
        try:
            generation = str(self._call("GET", _OBJECT, name, json_out=True)["generation"])
            _, data = self._call("GET", _OBJECT, name, alt="media")
        except FileNotFoundError:
            return None
        return StoredFile(data, generation)

    def put(self, name: str, data: bytes) -> str:
        """Write the object, whatever is there, and return its generation."""
        return self._put(name, data)

    def delete(self, name: str) -> None:
        """Remove the object, whatever it holds; an absent one is fine."""
        with suppress(FileNotFoundError):
            self._call("DELETE", _OBJECT, name)

    def put_if(self, name: str, data: bytes, expected: str | None) -> str | None:
        """Write only over the expected generation (None: only if absent); return the new one, or None on a mismatch."""
        try:
            return self._put(name, data, ifGenerationMatch=expected or _ABSENT_GENERATION)
        except FileExistsError:
            return None

    def delete_if(self, name: str, expected: str) -> bool:
        """Remove only the expected generation, and tell whether it was that."""
        try:
            self._call("DELETE", _OBJECT, name, ifGenerationMatch=expected)
        except (FileExistsError, FileNotFoundError):
            return False
        return True

    def is_refusal_of_conditions(self, error: Exception) -> bool:
        """Tell whether the service calls the request one that it does not know."""
        return getattr(error, "code", None) in _REFUSALS

    def _put(self, name: str, data: bytes, **condition: str) -> str:
        bucket, key = _split(name)
        answer = self._fs.call(
            "POST",
            f"{self._fs.base.removesuffix(_API)}upload/{_API}b/{{}}/o",
            bucket,
            uploadType="media",
            name=key,
            headers={"Content-Type": "application/octet-stream"},
            data=data,
            json_out=True,
            **condition,
        )
        self._fs.invalidate_cache(name.rpartition("/")[0])
        return str(answer["generation"])

    def _call(self, method: str, url: str, name: str, **parameters: Any) -> Any:
        """Send one request (gcsfs's ``call``, 2026.10.1); gcsfs raises FileExistsError on 412, FileNotFoundError on 404."""
        answer = self._fs.call(method, url, *_split(name), **parameters)
        if method != "GET":
            self._fs.invalidate_cache(name.rpartition("/")[0])
        return answer


def _split(name: str) -> tuple[str, str]:
    bucket, _, key = name.lstrip("/").partition("/")
    return bucket, key
