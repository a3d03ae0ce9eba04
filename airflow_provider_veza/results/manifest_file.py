"""Where the manifest of a folder is, and whether it can be read; what it says is in :mod:`.manifest`."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_provider_veza.exceptions import ForeignFileError, ManifestError
from airflow_provider_veza.results.folder import Folder
from airflow_provider_veza.results.formats.known_formats import COMPRESSIONS, FORMATS
from airflow_provider_veza.results.manifest import MANIFEST_NAME, OLD_MANIFEST_NAME, Manifest
from airflow_provider_veza.results.own_files import FileKind, OwnFile, read_own

MANIFEST_FILE = FileKind(MANIFEST_NAME, "schema_version", "parts")
OLD_MANIFEST_FILE = FileKind(OLD_MANIFEST_NAME, "schema_version", "parts")


@dataclass(frozen=True)
class FoundManifest:
    """A manifest file of this provider's own.

    :param is_old: whether it has the name that engines would read as rows.
    """

    file: OwnFile
    is_old: bool

    def read(self) -> Manifest:
        """Return what it says.

        :raises ManifestError: when it cannot be read, or does not add up.
        """
        if self.file.data is None:
            raise ManifestError(
                f"The manifest cannot be read ({self.file.problem}): it was edited or damaged. Land the result again, which "
                "replaces it.",
                about=self.file.place,
            )
        manifest = Manifest.from_json(self.file.data, self.file.place)
        for what, value, known in (
            ("format", manifest.format, FORMATS),
            ("compression", manifest.compression, COMPRESSIONS),
        ):
            if value not in known:
                raise ManifestError(
                    f"The manifest names a {what} that this version does not read ({value!r}): it was edited, or is of a "
                    "later version of airflow-provider-veza. Read it with that version, or land the result again.",
                    about=self.file.place,
                )
        return manifest


def find_manifest(folder: Folder) -> FoundManifest | None:
    """Return the manifest of a folder; somebody else's ``manifest.json`` is none.

    :raises ForeignFileError: when the name of today is somebody else's file.
    :raises LandingError: when the storage does not answer.
    """
    file = read_own(folder, MANIFEST_FILE)
    if file is not None:
        return FoundManifest(file, is_old=False)
    old = _old_manifest(folder)
    return None if old is None else FoundManifest(old, is_old=True)


def has_old_manifest(folder: Folder) -> bool:
    """Whether there is a ``manifest.json`` of this provider's own, beside one of today's name or not."""
    return _old_manifest(folder) is not None


def _old_manifest(folder: Folder) -> OwnFile | None:
    try:
        return read_own(folder, OLD_MANIFEST_FILE)
    except ForeignFileError:
        return None


def manifest_folder(path: str) -> str:
    """Return the folder of a path that names it or its manifest.

    >>> manifest_folder("s3://lake/access/_manifest.json")
    's3://lake/access'
    """
    folder, _, name = path.rstrip("/").rpartition("/")
    return folder if folder and name in (MANIFEST_NAME, OLD_MANIFEST_NAME) else path.rstrip("/")
