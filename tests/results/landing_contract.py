"""What landing does on every storage; a storage's tests inherit it and say where an empty folder is."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from airflow_provider_veza.exceptions import ForeignFileError
from airflow_provider_veza.results.drift.baseline import candidates_beside
from airflow_provider_veza.results.files import DiskFiles, Files, RemoteFiles
from airflow_provider_veza.results.folder import Folder
from airflow_provider_veza.results.keeping import remove_older_landings
from airflow_provider_veza.results.reading import read_manifest
from results.landed import Lander, pages_of, users

Say = Callable[[str, str], None]
"""Notes a behaviour of the storage under test, for the table in the docs."""

STRANGE_NAMES = ("run a*?[b]c{d} #1%20+:ü='x' ~,@!$&()", "a?b", "a*b", "a[X]b", "ends with ?")
NEIGHBOURS = ("aXb", "a", "run aXb", "aXXb")


def seen_by_another_client(folder: Folder) -> Files:
    """Return the folder's files as another process has them: with a client, and memories, of its own."""
    files = folder._files
    if isinstance(files, DiskFiles):
        return files
    assert isinstance(files, RemoteFiles)
    fs = files._fs
    options = {**fs.storage_options, "skip_instance_cache": True}
    other = type(fs)(*fs.storage_args, **options)
    return RemoteFiles(other, files._folder, has_real_folders=files._has_real_folders)


def has_real_folders(folder: Folder) -> bool:
    """Whether a folder cannot have the name of a file beside it."""
    files = folder._files
    return isinstance(files, DiskFiles) or (isinstance(files, RemoteFiles) and files._has_real_folders)


class LandingContract:
    """Tests over the fixture ``place``, the URL of a folder that does not exist yet, on a storage of its own."""

    strange_names: Sequence[str] = STRANGE_NAMES
    names_are = "literal"

    @pytest.fixture
    def say(self) -> Say:
        """Note nothing; tests/storages does."""
        return lambda _behaviour, _outcome: None

    @pytest.fixture
    def lander(self, place: str, tmp_path: Path) -> Lander:
        return Lander(tmp_path, url=f"{place}/new/folder")

    def test_rows_are_landed_into_new_folders_and_read_back(self, lander: Lander, say: Say) -> None:
        lander.land(pages_of(users(9)))

        assert lander.rows() == users(9)
        assert read_manifest(f"{lander.url}/_manifest.json", verify=True).manifest.rows == 9
        say("lands into new folders", "yes")

    def test_an_attempt_after_a_crash_goes_on_and_leaves_nothing(self, lander: Lander, say: Say) -> None:
        lander.crash(pages_of(users(12)), after=5)
        manifest = lander.land(pages_of(users(12)))

        assert manifest.resumed == 1
        assert list((lander.place / "scratch").iterdir()) == []
        assert lander.rows() == users(12)
        assert lander.files() == {"_manifest.json", *(part.name for part in manifest.parts)}
        say("goes on after a crash", "yes")

    def test_names_are_literal(self, place: str, lander: Lander, say: Say) -> None:
        neighbours = [Folder(f"{place}/{name}") for name in NEIGHBOURS]
        for neighbour in neighbours:
            for name in ("_checkpoint.json", "_manifest.json"):
                neighbour.write_json(name, {"of": str(neighbour)})
        for name in self.strange_names:
            lander.url = f"{place}/{name}"
            lander.land(pages_of(users(3)))
            lander.as_query("q2").land(pages_of(users(4)))
            assert lander.rows() == users(4)
            assert len(lander.files()) == 2
            assert name in Folder(place).names()

        for neighbour in neighbours:
            for name in ("_checkpoint.json", "_manifest.json"):
                assert json.loads(neighbour.read(name) or b"{}") == {"of": str(neighbour)}
        say("names with `? * [ ] # %` and blanks", self.names_are)

    def test_files_of_somebody_else_stay_and_one_with_our_name_refuses_the_folder(
        self, lander: Lander, say: Say
    ) -> None:
        lander.folder.write_json("part-00000-1f0c9a3e.jsonl", ["look-alike"])
        lander.folder.write_json("manifest.json", ["foreign"])
        lander.land(pages_of(users(3)))
        lander.as_query("q2").land(pages_of(users(4)))
        assert json.loads(lander.folder.read("part-00000-1f0c9a3e.jsonl") or b"") == ["look-alike"]
        assert json.loads(lander.folder.read("manifest.json") or b"") == ["foreign"]

        lander.folder.write_json("_manifest.json", ["foreign"])
        with pytest.raises(ForeignFileError):
            lander.as_query("q3").landing().begin()
        say("files of somebody else", "stay")

    def test_a_folder_of_somebody_else_with_our_name_refuses_the_folder_and_no_other(
        self, place: str, lander: Lander
    ) -> None:
        Folder(f"{place}/beside/_manifest.json").write_json("a.json", {})
        lander.url = f"{place}/beside"
        if has_real_folders(lander.folder):
            with pytest.raises(ForeignFileError, match="beside/_manifest.json"):
                lander.landing().begin()
        else:
            lander.land(pages_of(users(3)))
        lander.url = f"{place}/other"
        lander.land(pages_of(users(4)))

        assert lander.rows() == users(4)
        assert remove_older_landings(place, keep_last=2) == []
        assert len(candidates_beside(Folder(f"{place}/new"))) == 2

    def test_what_another_process_wrote_is_seen_at_once(self, lander: Lander, say: Say) -> None:
        here, elsewhere = lander.folder, seen_by_another_client(lander.folder)
        here.write_json("a.json", {})
        assert here.names() == ["a.json"]
        elsewhere.write("b.json", b"{}")
        elsewhere.write("a.json", b"[1]")

        assert here.names() == ["a.json", "b.json"]
        assert (here.size("a.json"), here.read("a.json")) == (3, b"[1]")
        elsewhere.remove("a.json")
        assert here.names() == ["b.json"]
        assert (here.size("a.json"), here.read("a.json")) == (None, None)
        say("listings and sizes", "fresh")

    def test_a_write_that_fails_half_way_shows_no_half(self, lander: Lander, tmp_path: Path, say: Say) -> None:
        lander.land(pages_of(users(3)))
        before = lander.files()
        with pytest.raises(Exception, match=r"no_such_part"):
            lander.folder.publish(tmp_path / "no_such_part", "part-00001-1f0c9a3e.jsonl")

        assert lander.files() == before
        say("a write that failed", "leaves nothing")

    def test_a_landing_is_quiet(self, lander: Lander, caplog: pytest.LogCaptureFixture, say: Say) -> None:
        with caplog.at_level(logging.INFO):
            lander.land(pages_of(users(10)))
        # The servers of some storages are in this process too.
        said = [record.name for record in caplog.records if record.name != "werkzeug"]

        assert len(said) <= 10, said
        say("log lines for 10 rows", str(len(said)))
