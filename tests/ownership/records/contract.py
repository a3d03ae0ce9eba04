"""What every versioned file does, whatever storage it is on; a storage's tests inherit it and say where its folder is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_veza.exceptions import FileChangedError
from airflow_provider_veza.ownership.records.versioned_file import StoredFile, VersionedFile, versioned_file

STRANGE_FOLDER = "run a*?[b]c{d} #1%20+:ü='x' ~;,@!$&()"
NEIGHBOURS = ["run aXb", "run aXXbc{d} #1%20+:ü='x' ~;,@!$&()"]

_numbers = count()


def fresh_data() -> bytes:
    """Return a body that no other write has: its nonce."""
    return f'{{"nonce": "{next(_numbers)}-{uuid4().hex}"}}'.encode()


def at(folder: Any, name: str | None = None) -> VersionedFile:
    return versioned_file(folder / (name or f"{uuid4().hex}.json"))


def names_in(folder: Any) -> list[str]:
    folder.fs.invalidate_cache()
    try:
        return sorted(path.rstrip("/").rpartition("/")[2] for path in folder.fs.ls(folder.path, detail=False))
    except FileNotFoundError:
        return []


def seen_by_another_client(path: Any) -> Any:
    """Return the path as another process has it: with a client, and caches, of its own."""
    fs = type(path.fs)(*path.fs.storage_args, **path.fs.storage_options | {"skip_instance_cache": True})
    return OtherClient(fs, path.path, path.protocol, path.bucket, path.storage_options)


@dataclass(frozen=True)
class OtherClient:
    fs: Any
    path: str
    protocol: str
    bucket: str
    storage_options: dict[str, Any]


@dataclass
class Writer:
    """One of two processes: it knows the file as it last saw it."""

    file: VersionedFile
    seen: str | None = None


class VersionedFileContract:
    """Tests over the fixture ``folder``, an ``ObjectStoragePath`` of a folder that does not exist yet."""

    strange_folder = STRANGE_FOLDER

    @pytest.fixture
    def file(self, folder: Any) -> VersionedFile:
        return at(folder, "record.json")

    def test_an_absent_file_reads_as_none_and_makes_nothing(self, folder: Any, file: VersionedFile) -> None:
        assert file.read() is None
        assert names_in(folder) == []

    def test_what_was_written_is_read_with_the_version_that_the_write_returned(self, file: VersionedFile) -> None:
        data = fresh_data()
        version = file.write(data, None)

        assert file.read() == StoredFile(data, version)

    def test_the_version_of_a_write_is_enough_for_the_next_one(self, file: VersionedFile) -> None:
        version = file.write(fresh_data(), None)
        data = fresh_data()
        later = file.write(data, version)

        assert later != version
        assert file.read() == StoredFile(data, later)

    def test_the_version_of_a_read_is_enough_for_a_write(self, folder: Any, file: VersionedFile) -> None:
        file.write(fresh_data(), None)
        other = at(folder, "record.json")
        found, data = other.read(), fresh_data()
        assert found is not None
        other.write(data, found.version)

        assert (file.read() or found).data == data

    @pytest.mark.parametrize("there", [b"", b"something"], ids=["empty", "filled"])
    def test_a_file_that_is_there_is_not_made_anew(self, folder: Any, file: VersionedFile, there: bytes) -> None:
        version = file.write(there, None)

        with pytest.raises(FileChangedError, match="Somebody else has replaced or removed"):
            at(folder, "record.json").write(fresh_data(), None)
        assert file.read() == StoredFile(there, version)

    def test_a_replaced_file_is_not_replaced_by_who_has_not_seen_it(self, file: VersionedFile) -> None:
        version, data = file.write(fresh_data(), None), fresh_data()
        later = file.write(data, version)

        with pytest.raises(FileChangedError) as failed:
            file.write(fresh_data(), version)
        assert file.place in str(failed.value)
        assert file.read() == StoredFile(data, later)

    def test_a_removed_file_is_not_brought_back(self, file: VersionedFile) -> None:
        version = file.write(fresh_data(), None)
        file.remove(version)

        with pytest.raises(FileChangedError):
            file.write(fresh_data(), version)
        assert file.read() is None

    def test_a_replaced_file_is_not_removed_by_who_has_not_seen_it(self, file: VersionedFile) -> None:
        version, data = file.write(fresh_data(), None), fresh_data()
        later = file.write(data, version)

        with pytest.raises(FileChangedError):
            file.remove(version)
        assert file.read() == StoredFile(data, later)

    def test_a_removed_file_leaves_nothing_behind_and_may_be_removed_again(
        self, folder: Any, file: VersionedFile
    ) -> None:
        version = file.write(fresh_data(), None)
        file.remove(version)
        file.remove(version)

        assert file.read() is None
        assert names_in(folder) == []

    def test_to_remove_what_was_never_there_makes_nothing(self, folder: Any, file: VersionedFile) -> None:
        other = at(folder, "other.json")
        version = other.write(fresh_data(), None)
        other.remove(version)
        file.remove(version)

        assert names_in(folder) == []

    def test_a_refused_write_leaves_nothing_behind(self, folder: Any, file: VersionedFile) -> None:
        version = file.write(fresh_data(), None)
        file.remove(version)
        with pytest.raises(FileChangedError):
            file.write(fresh_data(), version)

        assert names_in(folder) == []

    def test_names_are_literal(self, folder: Any) -> None:
        neighbours = [at(folder / name, "record.json") for name in [*NEIGHBOURS, "record"]]
        before = [(neighbour.write(fresh_data(), None), neighbour.read()) for neighbour in neighbours]
        path = folder / self.strange_folder / "record.json"
        strange = versioned_file(path)
        assert strange.read() is None
        version = strange.write(fresh_data(), None)
        with pytest.raises(FileChangedError):
            strange.write(fresh_data(), None)
        version = strange.write(fresh_data(), version)
        folder.fs.invalidate_cache()
        assert path.path in folder.fs.find(folder.path)
        strange.remove(version)

        assert strange.read() is None
        assert [
            (version, neighbour.read()) for (version, _), neighbour in zip(before, neighbours, strict=True)
        ] == before

    def test_a_read_sees_what_another_client_has_just_written(self, folder: Any, file: VersionedFile) -> None:
        version = file.write(fresh_data(), None)
        folder.fs.ls(folder.path)
        elsewhere, data = versioned_file(seen_by_another_client(folder / "record.json")), fresh_data()
        later = elsewhere.write(data, version)

        assert file.read() == StoredFile(data, later)
        elsewhere.remove(later)
        assert file.read() is None

    def test_two_writers_never_undo_what_they_have_not_seen(self, folder: Any) -> None:
        @settings(max_examples=40)
        @given(steps=st.lists(st.tuples(st.booleans(), st.sampled_from(["read", "write", "remove"])), max_size=12))
        def interleave(steps: list[tuple[bool, str]]) -> None:
            path = folder / f"{uuid4().hex}.json"
            writers = (Writer(versioned_file(path)), Writer(versioned_file(path)))
            there: StoredFile | None = None
            for second, step in steps:
                there = play(step, writers[second], there)
                assert writers[0].file.read() == there

        interleave()


def play(step: str, writer: Writer, there: StoredFile | None) -> StoredFile | None:
    """Let a writer take a step, check that it goes as what is there demands, and return what is there then."""
    version = there and there.version
    if step == "read":
        found = writer.file.read()
        writer.seen = found and found.version
        return there
    if step == "write":
        data = fresh_data()
        if writer.seen != version:
            with pytest.raises(FileChangedError):
                writer.file.write(data, writer.seen)
            return there
        writer.seen = writer.file.write(data, writer.seen)
        return StoredFile(data, writer.seen)
    if writer.seen is None:
        return there
    if version not in (None, writer.seen):
        with pytest.raises(FileChangedError):
            writer.file.remove(writer.seen)
        return there
    writer.file.remove(writer.seen)
    return None


class ConditionalContract(VersionedFileContract):
    """What a storage with conditions or locks promises besides."""

    def test_the_storage_compares(self, file: VersionedFile) -> None:
        assert file.is_conditional

    @pytest.mark.parametrize("replacing", [False, True], ids=["new file", "replaced file"])
    def test_of_eight_racing_writers_one_wins(self, folder: Any, replacing: bool) -> None:
        path = folder / "record.json"
        version = versioned_file(path).write(fresh_data(), None) if replacing else None
        start = Barrier(8)

        def race(data: bytes) -> bytes | None:
            file = versioned_file(path)
            start.wait()
            try:
                file.write(data, version)
            except FileChangedError:
                return None
            return data

        with ThreadPoolExecutor(8) as racers:
            winners = [data for data in racers.map(race, [fresh_data() for _ in range(8)]) if data]

        found = versioned_file(path).read()
        assert found is not None
        assert winners == [found.data]

    def test_a_writer_and_a_remover_cannot_both_win(self, folder: Any) -> None:
        path = folder / "record.json"
        for _ in range(5):
            version = versioned_file(path).write(fresh_data(), None)
            outcomes = list(race_to_write_and_remove(path, version))
            found = versioned_file(path).read()

            assert sum(outcomes) == 1
            assert (found is not None) == outcomes[0]
            if found is not None:
                versioned_file(path).remove(found.version)


def race_to_write_and_remove(path: Any, version: str) -> Iterator[bool]:
    start = Barrier(2)

    def won(act: Callable[[VersionedFile], Any]) -> bool:
        file = versioned_file(path)
        start.wait()
        try:
            act(file)
        except FileChangedError:
            return False
        return True

    with ThreadPoolExecutor(2) as racers:
        yield from racers.map(won, [lambda f: f.write(fresh_data(), version), lambda f: f.remove(version)])
