"""What the path of a folder says: scheme, connection, host, and names that are taken literally; pure, nothing is asked.

The storage behind it is opened in :mod:`.folder`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from airflow_provider_veza.exceptions import ArgumentError

LOCAL_SCHEMES = frozenset({"file", "local"})
AZURE_SCHEMES = frozenset({"abfs", "abfss", "az", "adl", "wasb", "wasbs"})
BUCKET_SCHEMES = frozenset({"s3", "s3a", "s3n", "gs", "gcs"}) | AZURE_SCHEMES
"""Storages of objects in buckets or containers: any name is one name, a put is seen whole, and there are no real folders."""
PROVIDERS = {
    **dict.fromkeys(("s3", "s3a", "s3n"), "apache-airflow-providers-amazon[s3fs]"),
    **dict.fromkeys(("gs", "gcs"), "apache-airflow-providers-google"),
    **dict.fromkeys(("abfs", "abfss", "az", "adl"), "apache-airflow-providers-microsoft-azure"),
    **dict.fromkeys(("sftp", "ssh"), "apache-airflow-providers-sftp[sshfs]"),
}
"""What brings the storage of a scheme to Airflow."""

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/]*)(.*)", re.DOTALL)
_MOVED_ON_AZURE = re.compile(r"\?[^#]*#|\?(?:/|$)")
"""adlfs reads a ``?`` as the beginning of a query, and puts it behind what follows a ``#``, or drops it."""
_VERSION = {
    **dict.fromkeys(("s3", "s3a", "s3n"), "?versionId="),
    **dict.fromkeys(AZURE_SCHEMES, "?versionid="),
}
"""Where s3fs and adlfs end a name, of versioned buckets or not: all files below would be one object with the shorter name."""
_NAMES_OF_MANIFESTS = frozenset({"_manifest.json", "manifest.json"})
_BRACES = re.compile(
    r"(?<!\{)\{ ?(?:run_id|ds|ts|ds_nodash|ts_nodash|logical_date|data_interval_(?:start|end)"
    r"|(?:ti|task_instance|task|dag|dag_run|params|var|macros)\.[\w.]+) ?\}(?!\})"
)
"""A template of Airflow's that an f-string, or a slip, has left one pair of braces."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class StoragePlace:
    """A folder, by its names.

    :param scheme: in lower case; ``file`` where the path has none.
    :param conn_id: of the Airflow connection; None where the path names none.
    :param host: bucket or container; on other storages a host, mostly empty.
    :param path: what follows, with the slash before it and none behind.
    """

    scheme: str
    conn_id: str | None
    host: str
    path: str

    @classmethod
    @lru_cache(maxsize=32)  # An operator's path is read several times while its DAG file is parsed.
    def of(cls, text: str) -> StoragePlace:
        """Read a path; nothing in it is an escape, a query or a pattern.

        >>> StoragePlace.of("s3://aws_default@lake/access/a?b/")
        StoragePlace(scheme='s3', conn_id='aws_default', host='lake', path='/access/a?b')
        """
        url = _URL.fullmatch(text)
        if url is None:
            return cls("file", None, "", text.rstrip("/"))
        scheme, authority, path = url.groups()
        conn_id, _, host = authority.rpartition("@")
        return cls(scheme.lower(), conn_id or None, host, path.rstrip("/"))

    @property
    def is_local(self) -> bool:
        """Whether it is on a disk, or what looks like one, of this machine."""
        return self.scheme in LOCAL_SCHEMES

    @property
    def has_buckets(self) -> bool:
        """Whether it is in a bucket or container."""
        return self.scheme in BUCKET_SCHEMES


def folder_path(text: str, name: str) -> str:
    """Return the path of a folder without the slash at its end.

    :param name: of the argument that it is the value of.
    :raises ArgumentError: where it names none, or one that depends on where a worker happens to run.
    """
    for problem in _problems(text):
        raise ArgumentError(f"{name}={text!r} {problem}")
    return text.rstrip("/")


def _problems(text: str) -> Iterator[str]:
    if text.strip() in ("", "None"):
        yield "names no folder once rendered: a template gave nothing. Nothing was submitted or written."
    if text != text.strip() or _CONTROL.search(text):
        yield "has blanks around it or control characters in it, which would be part of a name."
    place = StoragePlace.of(text)
    segments = place.path.split("/")
    if "." in segments or ".." in segments:
        yield "has '.' or '..' among its folders; names are literal. Write the folder that is meant."
    yield from _problems_of_braces(text)
    if any(map(str.isspace, segments)):
        yield "has a folder whose name is blank: a template gave nothing."
    yield from _problems_of_libraries(place)
    if segments[-1] in _NAMES_OF_MANIFESTS:
        yield "ends in the name of a manifest. Write the folder that it is, or is to be, in."
    if place.is_local:
        yield from _problems_on_disk(place)
    elif not (place.host if place.has_buckets else place.host or place.path):
        yield f"names no {'bucket' if place.has_buckets else 'folder'}."


def _problems_of_braces(text: str) -> Iterator[str]:
    if single := _BRACES.search(text):
        found = single[0]
        yield (
            f"has {found!r} in it, which is no template: write '{{{found}}}', and '{{{{{{{found}}}}}}}' in an f-string. All runs "
            "would land into one folder."
        )


def _problems_of_libraries(place: StoragePlace) -> Iterator[str]:
    if place.scheme in AZURE_SCHEMES and _MOVED_ON_AZURE.search(place.path):
        yield "has a '?' before a '#' or at the end of a name, which Azure's library would store under another name."
    version = _VERSION.get(place.scheme)
    if version is not None and version in place.path:
        yield f"has {version!r} in it, behind which the storage's library reads no name but an object's version."


def _problems_on_disk(place: StoragePlace) -> Iterator[str]:
    if place.host:
        yield f"names a host, which {place.scheme}:// has none of. Write {place.scheme}:///{place.host}{place.path}."
    elif place.path and not place.path.startswith("/"):
        yield (
            "is relative to wherever a worker happens to run. Write a whole path, such as /data/lake or "
            "s3://aws_default@bucket/lake."
        )
    elif not place.path:
        yield "names no folder, but the root of the disk."
