"""Conditions of S3 and what speaks its language, through s3fs; no other storage's words may enter.

When which is asked is in :mod:`.conditional`, whether it is kept in :mod:`.probe`.
"""

from __future__ import annotations

from contextlib import closing
from typing import Any

from airflow_provider_veza.ownership.records.file_storage import StoredFile

_ABSENT = {"NoSuchKey", "NoSuchVersion", "404"}
_MISMATCH = {"PreconditionFailed", "412"}
_CONFLICT = {"ConditionalRequestConflict", "409"}
_REFUSALS = {"NotImplemented", "501", "InvalidArgument", "InvalidRequest", "MethodNotAllowed", "400", "405"}
_TRIES = 3


class S3Storage:
    """The files of S3; the version is the ETag.

    An ETag may be the hash of the content, so the same bytes written twice are one version: each write must hold a nonce.

    :param fs: s3fs's file system.
    """

    no_version = '"00000000000000000000000000000000"'

    def __init__(self, fs: Any) -> None:
        self._fs = fs

    def read(self, name: str) -> StoredFile | None:
        """Return the file with the ETag of the same answer, or None where it is absent."""
        bucket, key = self._split(name)
        try:
            answer = _call(self._fs, "get_object", Bucket=bucket, Key=key)
        except FileNotFoundError as e:
            if _code(e) in _ABSENT:
                return None
            raise
        return StoredFile(answer["Body"], answer["ETag"])

    def put(self, name: str, data: bytes) -> str:
        """Write the file, whatever is there, and return its ETag."""
        return str(self._request("put_object", name, Body=data)["ETag"])

    def delete(self, name: str) -> None:
        """Remove the file, whatever it holds; S3 takes an absent one for removed."""
        self._request("delete_object", name)

    def put_if(self, name: str, data: bytes, expected: str | None) -> str | None:
        """Write only over the expected ETag (None: only if absent); return the new one, or None on a mismatch."""
        condition = {"IfNoneMatch": "*"} if expected is None else {"IfMatch": expected}
        answer = self._conditional("put_object", name, Body=data, **condition)
        return None if answer is None else str(answer["ETag"])

    def delete_if(self, name: str, expected: str) -> bool:
        """Remove only the file of the expected ETag, and tell whether it was that."""
        return self._conditional("delete_object", name, IfMatch=expected) is not None

    def is_refusal_of_conditions(self, error: Exception) -> bool:
        """Tell whether the service calls the request one that it does not know."""
        return _code(error) in _REFUSALS

    def _conditional(self, method: str, name: str, **arguments: Any) -> dict[str, Any] | None:
        """Return the answer, or None where the condition did not hold.

        S3 answers a conflict where another request for the same key is under way: then the same is asked again.
        """
        tries_left = _TRIES
        while True:
            tries_left -= 1
            try:
                return self._request(method, name, **arguments)
            except OSError as e:
                code = _code(e)
                if code in _MISMATCH | _ABSENT:
                    return None
                if code not in _CONFLICT or not tries_left:
                    raise

    def _request(self, method: str, name: str, **arguments: Any) -> dict[str, Any]:
        bucket, key = self._split(name)
        answer = _call(self._fs, method, Bucket=bucket, Key=key, **arguments)
        self._fs.invalidate_cache(name)
        return answer

    def _split(self, name: str) -> tuple[str, str]:
        """Return bucket and key. s3fs knows what a bucket is (it may be an ARN), but reads ``?versionId=`` out of keys."""
        name = name.lstrip("/")
        bucket: str = self._fs.split_path(name)[0]
        return bucket, name[len(bucket) + 1 :]


def _code(error: Exception) -> str:
    """Return the service's own code: s3fs keeps its answer as the cause of the OSError that it raises."""
    answer = getattr(error.__cause__, "response", None) or {}
    return str(answer.get("Error", {}).get("Code", ""))


def _call(fs: Any, method: str, **arguments: Any) -> dict[str, Any]:
    """Send one request by the name that boto3 gives it, and return the whole answer (s3fs's ``call_s3``, 2026.9.0)."""
    from fsspec.asyn import sync

    answer: dict[str, Any] = fs.call_s3(method, **arguments)
    if "Body" in answer:
        with closing(answer["Body"]) as body:
            answer["Body"] = sync(fs.loop, body.read)
    return answer
