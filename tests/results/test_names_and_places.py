"""Names are literal, places are those that were meant, and what is somebody else's stays."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from airflow_provider_veza.exceptions import ArgumentError, ForeignFileError, LandingError
from airflow_provider_veza.results.folder import Folder
from airflow_provider_veza.results.found_landing import require_no_foreign_file
from airflow_provider_veza.results.manifest import PartName
from airflow_provider_veza.results.part_names import is_marked, marks_in, number_of
from airflow_provider_veza.results.reading import read_manifest
from airflow_provider_veza.results.storage_place import StoragePlace, folder_path
from results.landed import Lander, pages_of, users

REFUSED = {
    "": "names no folder once rendered",
    " ": "names no folder once rendered",
    "None": "a template gave nothing",
    "/": "names no folder",
    "file:///": "names no folder",
    "file://lake/x": "Write file:///lake/x",
    "lake/x": "relative to wherever a worker happens to run",
    "./lake": "has '.' or '..'",
    "~/lake": "relative",
    "file:/lake": "relative",
    "/data/../lake": "has '.' or '..'",
    "s3://lake/a/../b": "has '.' or '..'",
    "s3://lake/ /b": "a folder whose name is blank",
    "s3://lake/a\n": "blanks around it or control characters",
    " s3://lake/a": "blanks around it",
    "s3://lake/a\x00b": "control characters",
    "s3://": "names no bucket",
    "s3://aws_default@": "names no bucket",
    "s3:///a": "names no bucket",
    "sftp://sftp_default@": "names no folder",
    "abfs:///a": "names no bucket",
    "abfs://azure@lake/a?b#c": "would store under another name",
    "az://lake/a?/b": "would store under another name",
    "abfss://lake/a?": "would store under another name",
    "s3://aws_default@lake/a?versionId=b/c": "no name but an object's version",
    "S3A://lake/a?versionId=": "no name but an object's version",
    "wasbs://azure@lake/a?versionid=b": "no name but an object's version",
    "s3://lake/a/_manifest.json": "ends in the name of a manifest",
    "/data/lake/manifest.json/": "ends in the name of a manifest",
}
TAKEN = {
    "/data/lake/": "/data/lake",
    "file:///data/lake": "file:///data/lake",
    "s3://lake": "s3://lake",
    "s3://aws_default@lake/a?": "s3://aws_default@lake/a?",
    "s3://lake/..a/b..": "s3://lake/..a/b..",
    "sftp://sftp_default@/data": "sftp://sftp_default@/data",
    "s3://lake/access/None": "s3://lake/access/None",
    "abfs://lake/a#b?c": "abfs://lake/a#b?c",
    "s3://lake/a?versionid=b": "s3://lake/a?versionid=b",
    "gs://lake/a?versionId=b#3": "gs://lake/a?versionId=b#3",
    "/data/a?versionId=b": "/data/a?versionId=b",
    "s3://lake/manifest.json/a": "s3://lake/manifest.json/a",
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_path_that_names_no_place_of_its_own_is_refused(text: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        folder_path(text, "output_path")

    assert str(refused.value).startswith(f"output_path={text!r} ")
    assert REFUSED[text] in str(refused.value)


@pytest.mark.parametrize("text", TAKEN)
def test_a_path_that_names_a_place_is_taken_as_it_is(text: str) -> None:
    assert folder_path(text, "output_path") == TAKEN[text]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("/data/a?b", StoragePlace("file", None, "", "/data/a?b")),
        ("file:///data/a%20b", StoragePlace("file", None, "", "/data/a%20b")),
        ("S3://conn@lake/a?b#c/", StoragePlace("s3", "conn", "lake", "/a?b#c")),
        ("s3://a@b@lake/c@d", StoragePlace("s3", "a@b", "lake", "/c@d")),
        ("sftp://conn@/data", StoragePlace("sftp", "conn", "", "/data")),
    ],
)
def test_nothing_in_a_path_is_an_escape_or_a_query(text: str, place: StoragePlace) -> None:
    assert StoragePlace.of(text) == place


@pytest.mark.parametrize("below", ["", "/below"])
def test_a_folder_that_is_a_file_is_refused_before_a_query_runs_for_it(tmp_path: Path, below: str) -> None:
    (tmp_path / "users.jsonl").write_text("")

    with pytest.raises(LandingError, match="NotADirectoryError"):
        require_no_foreign_file(Folder(f"{tmp_path}/users.jsonl{below}"))


@pytest.mark.parametrize("name", ["", ".", "..", "../a", "a/b", "/a"])
def test_only_files_of_the_folder_itself_are_removed(tmp_path: Path, name: str) -> None:
    with pytest.raises(LandingError, match="no name of a file in the folder"):
        Folder(str(tmp_path)).remove(name)


@pytest.mark.parametrize(
    "name",
    [
        "../part-00000-1f0c9a3e.jsonl",
        "part-00000-1f0c9a3e.jsonl\n",
        "part-00000-1f0c9a3e/x.jsonl",
        "part-0-1f0c9a3e.jsonl",
        "part-00000-users.csv",
        f"part-{chr(0x0660) * 5}-1f0c9a3e.jsonl",
        "part-00000-1f0c9a3e",
        "part-00000-1f0c9a3e..",
        "_manifest.json",
    ],
)
def test_what_is_no_name_of_a_part(name: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(name, PartName)
    with pytest.raises(ValueError, match="is no name of a part"):
        number_of(name)


def test_a_file_is_known_by_the_mark_of_an_attempt_and_not_by_its_looks() -> None:
    marks = marks_in('{"name": "part-00000-1f0c9a3e.jsonl", "marks": ["0123abcd.jsonl"]}')

    assert marks == ("1f0c9a3e.jsonl", "0123abcd.jsonl")
    assert is_marked("part-00007-0123abcd.jsonl", marks)
    assert is_marked(f".part-00007-0123abcd.jsonl.{'0' * 32}", marks)
    assert not is_marked("part-00007-0123abcd.csv", marks)
    assert not is_marked("part-00007-deadbeef.jsonl", marks)


@pytest.fixture
def lander(tmp_path: Path) -> Lander:
    return Lander(tmp_path)


def as_earlier_versions_did(lander: Lander, **marks: object) -> Path:
    """Give a landed folder the names and fields that it had once."""
    folder = lander.place / "landed"
    manifest = json.loads((folder / "_manifest.json").read_text())
    del manifest["marks"]
    (folder / "_manifest.json").unlink()
    (folder / "manifest.json").write_text(json.dumps(manifest | marks))
    return folder


def test_a_folder_of_an_earlier_version_is_read_by_the_name_that_it_has(lander: Lander) -> None:
    lander.land(pages_of(users(25)))
    folder = as_earlier_versions_did(lander)

    for path in (folder, folder / "manifest.json"):
        assert list(read_manifest(str(path))) == users(25)


def test_a_result_that_an_earlier_version_landed_gets_the_name_of_today(lander: Lander) -> None:
    manifest = lander.land(pages_of(users(25)))
    as_earlier_versions_did(lander)
    lander.land([])

    assert lander.files() == {"_manifest.json", *(part.name for part in manifest.parts)}
    assert lander.rows() == users(25)


def test_a_new_landing_replaces_the_result_of_an_earlier_version(lander: Lander) -> None:
    lander.land(pages_of(users(25)))
    as_earlier_versions_did(lander)
    manifest = lander.as_query("q2").land(pages_of(users(3)))

    assert lander.files() == {"_manifest.json", *(part.name for part in manifest.parts)}


USERS_FILES = {
    "part-00000-1f0c9a3e.jsonl": "a part of somebody else, by its looks",
    "part-00001-users.csv": "id\n1\n",
    ".part-00000-1f0c9a3e.jsonl.0123": "hidden",
    "manifest.json": '{"manifest_version": 3}',
    "drift.json": "{}",
    "_SUCCESS": "",
    "_schema.json": "{}",
}


def test_files_of_somebody_else_stay_whatever_is_landed_crashes_or_is_abandoned(lander: Lander) -> None:
    folder = lander.place / "landed"
    folder.mkdir()
    for name, content in USERS_FILES.items():
        (folder / name).write_text(content)
    lander.land(pages_of(users(25)))
    lander.as_query("q2").crash(pages_of(users(25)), after=9)
    lander.as_query("q3").land(pages_of(users(4)))
    abandoned = lander.as_query("q4").landing()
    abandoned.begin()
    for page in pages_of(users(25)):
        abandoned.take(page)
    abandoned.abandon()

    assert {name: (folder / name).read_text() for name in USERS_FILES} == USERS_FILES
    assert lander.rows() == users(4)


def test_a_copy_of_a_part_in_another_format_stays(lander: Lander) -> None:
    [part, *_] = lander.land(pages_of(users(25))).parts
    copy = lander.place / "landed" / part.name.replace(".jsonl", ".csv")
    copy.write_text("id\n1\n")
    lander.as_query("q2").land(pages_of(users(25)))

    assert copy.exists()


def test_a_part_that_an_attempt_left_before_it_noted_it_is_removed(lander: Lander) -> None:
    lander.crash(pages_of(users(25)), after=9)
    checkpoint = json.loads((lander.place / "landed" / "_checkpoint.json").read_text())
    unnoted = f"part-00004-{checkpoint['session']}.jsonl"
    half = f".{unnoted}.{'0' * 32}"
    for name in (unnoted, half, f"._checkpoint.json.{'0' * 32}"):
        (lander.place / "landed" / name).write_text("half")
    manifest = lander.land(pages_of(users(25)))

    assert lander.files() == {"_manifest.json", *(part.name for part in manifest.parts)}


def test_what_a_killed_attempt_left_goes_when_the_next_one_must_not_land_and_the_result_before_stays(
    lander: Lander,
) -> None:
    before = lander.land(pages_of(users(25)))
    other = lander.as_query("q2")
    other.crash(pages_of(users(25)), after=9)
    session = json.loads((lander.place / "landed" / "_checkpoint.json").read_text())["session"]
    for name in (
        f"part-00004-{session}.jsonl",
        f".part-00005-{session}.jsonl.{'0' * 32}",
        f"._manifest.json.{'0' * 32}",
    ):
        (lander.place / "landed" / name).write_text("half")
    landing = other.landing()
    landing.begin()
    landing.abandon()

    assert lander.files() == {"_manifest.json", *(part.name for part in before.parts)}
    assert lander.rows() == users(25)


def test_what_a_damaged_manifest_names_stays_when_a_result_must_not_be_landed(lander: Lander) -> None:
    before = lander.land(pages_of(users(25)))
    manifest = lander.place / "landed" / "_manifest.json"
    manifest.write_text(manifest.read_text()[:-9])
    landing = lander.as_query("q2").landing()
    landing.begin()
    for page in pages_of(users(25)):
        landing.take(page)
    landing.abandon()

    assert lander.files() == {"_manifest.json", *(part.name for part in before.parts)}


@pytest.mark.parametrize("name", ["_manifest.json", "_checkpoint.json"])
def test_a_folder_with_a_file_of_somebody_elses_is_refused_before_a_query_runs_for_it(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text("[]")

    with pytest.raises(ForeignFileError, match=name):
        require_no_foreign_file(Folder(str(tmp_path)))


def test_what_a_zombie_leaves_after_its_successor_is_done_is_removed_by_the_next_landing(lander: Lander) -> None:
    zombie = lander.landing()
    zombie.begin()
    lander.land(pages_of(users(25)))
    left = f"part-00000-{zombie._durable.session}.jsonl"
    (lander.place / "landed" / left).write_text("half")
    lander.as_query("q2").land(pages_of(users(25)))

    assert left not in lander.files()
