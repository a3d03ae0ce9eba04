"""Which landed results are old enough to go; it removes what a manifest names, and nothing else.

A folder is landed into in :mod:`.landing`; a later landing into the same folder replaces its result by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress

from airflow_provider_veza.exceptions import ArgumentError, ForeignFileError, ManifestError
from airflow_provider_veza.results.checkpoint import CHECKPOINT_FILE
from airflow_provider_veza.results.folder import Folder
from airflow_provider_veza.results.manifest_file import MANIFEST_FILE, OLD_MANIFEST_FILE, find_manifest
from airflow_provider_veza.results.own_files import FileKind, read_own
from airflow_provider_veza.results.reading import LandedResult
from airflow_provider_veza.results.storage_place import folder_path

FEWEST = 2
"""The newest result, and the one that it is compared with."""


def remove_older_landings(beside: str, *, keep_last: int) -> list[str]:
    """Remove what was landed in the folders below a path, but for the newest results of each query.

    Results count as of one query where drift would compare them: same query, tenant and connection. Partial ones, which drift
    passes over, are kept as long as an older whole one is. Folders without a manifest of this provider, or with one that cannot
    be read, and those in which a landing is going on or was finished meanwhile, are left as they are; so are all files that a
    manifest does not name.

    :param beside: path of the folder that holds the folders, such as ``s3://aws_default@lake/access``.
    :param keep_last: how many whole results of each query stay; at least 2, so that the newest still has its baseline.
    :returns: the folders of the results that are gone.
    :raises ArgumentError: when fewer than 2 are to be kept, or the path names no folder of its own.
    :raises LandingError: when the storage does not answer; what is gone by then is gone, and a next call goes on.
    """
    if keep_last < FEWEST:
        raise ArgumentError(
            f"keep_last must be at least {FEWEST}, the newest result and its baseline, not {keep_last!r}."
        )
    parent = Folder(folder_path(str(beside), "beside"))
    landed = [found for name in parent.names() if (found := _landed_in(parent / name)) is not None]
    old = [result for of_query in _by_query(landed) for result in older_than_last(of_query, keep_last)]
    return [str(result.folder) for result in old if _remove(result)]


def older_than_last(results: Iterable[LandedResult], keep_last: int) -> list[LandedResult]:
    """Return the results of one query that are older than its newest whole ones."""
    newest_first = sorted(results, key=lambda result: result.manifest.when, reverse=True)
    whole = [result for result in newest_first if not result.manifest.partial]
    if len(whole) <= keep_last:
        return []
    oldest_kept = whole[keep_last - 1].manifest.when
    return [result for result in newest_first if result.manifest.when < oldest_kept]


def _landed_in(folder: Folder) -> LandedResult | None:
    try:
        found = find_manifest(folder)
        is_landed_into = read_own(folder, CHECKPOINT_FILE) is not None
        return None if found is None or is_landed_into else LandedResult(folder, found.read())
    except (ForeignFileError, ManifestError):
        return None


def _by_query(results: Iterable[LandedResult]) -> Iterable[list[LandedResult]]:
    of_query = defaultdict(list)
    for result in results:
        handle = result.manifest.handle
        of_query[handle.service, handle.tenant, handle.conn_id, handle.fingerprint].append(result)
    return of_query.values()


def _remove(result: LandedResult) -> bool:
    """Remove a result, its manifest last: a call that was stopped in between is taken up by the next one.

    Folders are read long before they are removed: what another task lands there meanwhile, or has landed, stays.

    :returns: whether it is gone.
    """
    if not _is_there(result):
        return False
    for part in result.manifest.parts:
        result.folder.remove(part.name)
    if not _is_there(result):
        return False
    for kind in (MANIFEST_FILE, OLD_MANIFEST_FILE):
        _remove_manifest(result, kind)
    return True


def _is_there(result: LandedResult) -> bool:
    """Whether the folder still holds this very result, and nobody lands there."""
    found = _landed_in(result.folder)
    return found is not None and found.manifest == result.manifest


def _remove_manifest(result: LandedResult, kind: FileKind) -> None:
    with suppress(ForeignFileError):
        if read_own(result.folder, kind) is not None:
            result.folder.remove(kind.name)
