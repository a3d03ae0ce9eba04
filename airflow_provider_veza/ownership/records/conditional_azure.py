"""Conditions of Azure's blobs, through adlfs and the Azure SDK beneath it; whether they are kept is the probe's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from airflow_provider_veza.ownership.records.file_storage import StoredFile

Answer = TypeVar("Answer")

_ABSENT = "BlobNotFound"
# A blob that is there although none was expected, another tag, and none although one was expected.
_MISMATCH = {"BlobAlreadyExists", "ConditionNotMet", "TargetConditionNotMet", _ABSENT}
_REFUSALS = {400, 501}


class AzureStorage:
    """The blobs of a storage account; the version is the ETag, which changes with each write.

    :param fs: adlfs's file system.
    """

    no_version = '"0x1"'

    def __init__(self, fs: Any) -> None:
        self._fs = fs

    def read(self, name: str) -> StoredFile | None:
        """Return the blob with the ETag of the same answer, or None where it is absent."""

        async def ask(blob: Any) -> StoredFile:
            answer = await blob.download_blob()
            return StoredFile(await answer.readall(), str(answer.properties.etag))

        try:
            return self._ask(name, ask)
        except Exception as e:
            if _code(e) == _ABSENT:
                return None
            raise

    def put(self, name: str, data: bytes) -> str:
        """Write the blob, whatever is there, and return its ETag."""
        return self._put(name, data, overwrite=True)

    def delete(self, name: str) -> None:
        """Remove the blob, whatever it holds; an absent one is fine."""
        self._unless_mismatch(lambda: self._ask(name, lambda blob: blob.delete_blob()))

    def put_if(self, name: str, data: bytes, expected: str | None) -> str | None:
        """Write only over the expected ETag (None: only if absent); return the new one, or None on a mismatch."""
        condition = {"overwrite": False} if expected is None else {"overwrite": True} | _only(expected)
        return self._unless_mismatch(lambda: self._put(name, data, **condition))

    def delete_if(self, name: str, expected: str) -> bool:
        """Remove only the blob of the expected ETag, and tell whether it was that."""

        async def ask(blob: Any) -> bool:
            await blob.delete_blob(**_only(expected))
            return True

        return self._unless_mismatch(lambda: self._ask(name, ask)) is True

    def is_refusal_of_conditions(self, error: Exception) -> bool:
        """Tell whether the service calls the request one that it does not know."""
        return getattr(error, "status_code", None) in _REFUSALS

    def _put(self, name: str, data: bytes, **condition: Any) -> str:
        async def ask(blob: Any) -> str:
            return str((await blob.upload_blob(data, **condition))["etag"])

        return self._ask(name, ask)

    def _ask(self, name: str, ask: Callable[[Any], Awaitable[Answer]]) -> Answer:
        """Let the SDK's client of one blob ask (adlfs's own ``rm_file`` ignores conditions, seen with 2026.8.0)."""
        from fsspec.asyn import sync

        container, _, key = name.lstrip("/").partition("/")

        async def with_client() -> Answer:
            async with self._fs.service_client.get_blob_client(container, key) as blob:
                return await ask(blob)

        answer: Answer = sync(self._fs.loop, with_client)
        self._fs.invalidate_cache(name.rpartition("/")[0])
        return answer

    @staticmethod
    def _unless_mismatch(ask: Callable[[], Answer]) -> Answer | None:
        try:
            return ask()
        except Exception as e:
            if _code(e) in _MISMATCH:
                return None
            raise


def _only(expected: str) -> dict[str, Any]:
    from azure.core import MatchConditions

    return {"etag": expected, "match_condition": MatchConditions.IfNotModified}


def _code(error: Exception) -> str:
    """Return the service's own code, which the SDK's errors carry as an enum's member or as text."""
    code = getattr(error, "error_code", "")
    return str(getattr(code, "value", code))
