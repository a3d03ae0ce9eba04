"""What an attempt finds in the folder that it lands into: manifest, checkpoint, and which of their parts are whole.

What it makes of that is decided in :mod:`.checkpoint`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from airflow_provider_veza.async_query.task_log import TaskLog
from airflow_provider_veza.exceptions import ForeignFileError, ManifestError
from airflow_provider_veza.results.checkpoint import (
    CHECKPOINT_FILE,
    AlreadyLanded,
    Checkpoint,
    GoOn,
    LandingKey,
    StartOver,
    first_step,
    key_of,
)
from airflow_provider_veza.results.folder import Folder
from airflow_provider_veza.results.manifest import Manifest, Part
from airflow_provider_veza.results.manifest_file import FoundManifest, find_manifest
from airflow_provider_veza.results.own_files import OwnFile, read_own

IsIntact = Callable[[Folder, Part], bool]


@dataclass(frozen=True)
class FoundLanding:
    """What was landed before, as far as it can be read.

    :param manifest: None where there is none, or a damaged one.
    :param checkpoint: the same.
    :param has_damaged_checkpoint: whether there is one that nobody can go on with.
    :param has_old_name: whether the manifest has the name of earlier versions.
    :param marks: of all attempts whose files may lie in the folder.
    """

    manifest: Manifest | None
    checkpoint: Checkpoint | None
    has_damaged_checkpoint: bool
    has_old_name: bool
    marks: tuple[str, ...]

    def first_step(self, key: LandingKey, folder: Folder, is_intact: IsIntact) -> AlreadyLanded | GoOn | StartOver:
        """Decide what to do; only parts that may be gone on with are looked at."""
        candidates: set[Part] = set()
        if self.manifest is not None and key_of(self.manifest) == key:
            candidates |= set(self.manifest.parts)
        if self.checkpoint is not None and self.checkpoint.key == key:
            candidates |= set(self.checkpoint.own_parts)
        return first_step(key, self.manifest, self.checkpoint, {part for part in candidates if is_intact(folder, part)})


def find_landing(folder: Folder, log: TaskLog) -> FoundLanding:
    """Read what is there; what is damaged is as good as absent, since it is about to be replaced, and said in the log.

    :raises ForeignFileError: when a file with the name of one of ours is somebody else's.
    :raises LandingError: when the storage does not answer.
    """
    found, file = find_manifest(folder), read_own(folder, CHECKPOINT_FILE)
    checkpoint = _checkpoint(file, log)
    return FoundLanding(
        manifest=_manifest(found, log),
        checkpoint=checkpoint,
        has_damaged_checkpoint=file is not None and checkpoint is None,
        has_old_name=found is not None and found.is_old,
        marks=(*(found.file.marks if found else ()), *(file.marks if file else ())),
    )


def _manifest(found: FoundManifest | None, log: TaskLog) -> Manifest | None:
    try:
        return None if found is None else found.read()
    except ManifestError as e:
        log.warning("%s It is replaced.", e)
        return None


def _checkpoint(file: OwnFile | None, log: TaskLog) -> Checkpoint | None:
    if file is None:
        return None
    checkpoint = None if file.data is None else Checkpoint.from_json(file.data)
    if checkpoint is None:
        log.warning(
            "%s does not add up: it was edited or damaged, or is of a later version. It is replaced.", file.place
        )
    return checkpoint


def require_no_foreign_file(folder: Folder) -> None:
    """Refuse a folder before a query runs for it, where a file of somebody else's is in the way.

    :raises ForeignFileError: naming the file.
    :raises LandingError: when the storage does not answer, or the folder is a file.
    """
    folder.names()
    find_manifest(folder)
    read_own(folder, CHECKPOINT_FILE)


def has_size(folder: Folder, part: Part) -> bool:
    """Whether a part is there, as large as it was."""
    return folder.size(part.name) == part.bytes


def taker_of(folder: Folder) -> str:
    """Return the id of the query that lands or was landed here now, or an empty text."""
    try:
        file, found = read_own(folder, CHECKPOINT_FILE), find_manifest(folder)
        checkpoint = None if file is None or file.data is None else Checkpoint.from_json(file.data)
        if checkpoint is not None:
            return checkpoint.key.query_id
        return "" if found is None else found.read().handle.id
    except (ForeignFileError, ManifestError):
        return ""


def marks_of_result(folder: Folder) -> tuple[str, ...]:
    """Return the marks of all attempts that the manifest here knows of, even a damaged one; none where there is none."""
    try:
        found = find_manifest(folder)
    except ForeignFileError:
        return ()
    return () if found is None else found.file.marks


def session_of(folder: Folder) -> str | None:
    """Return the attempt that lands here now; None where there is none that can be read."""
    try:
        file = read_own(folder, CHECKPOINT_FILE)
    except ForeignFileError:
        return None
    return None if file is None or file.data is None else str(file.data["session"])
