"""Files on S3: the server compares, one request each; what look-alikes do instead is found out by the probe."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import ObjectStoragePath

from airflow_provider_veza.exceptions import FileChangedError
from airflow_provider_veza.ownership.records import probe
from airflow_provider_veza.ownership.records.versioned_file import StoredFile, VersionedFile, versioned_file
from ownership.records.altered_s3 import Door, Refusal, door, folder
from ownership.records.contract import ConditionalContract, VersionedFileContract, at, fresh_data, names_in

__all__ = ["door", "folder"]

NOT_IMPLEMENTED = Refusal("501 Not Implemented", "NotImplemented")
INVALID_ARGUMENT = Refusal("400 Bad Request", "InvalidArgument")


@pytest.fixture
def file(folder: Any) -> VersionedFile:
    return at(folder, "record.json")


class TestOnS3(ConditionalContract):
    pass


class TestOnALookAlikeThatIgnoresConditions(VersionedFileContract):
    @pytest.fixture(autouse=True)
    def _ignoring(self, door: Door) -> None:
        door.ignores = {"PUT", "DELETE"}

    def test_it_says_that_nothing_is_compared(self, file: VersionedFile) -> None:
        assert not file.is_conditional


@pytest.mark.parametrize("refusal", [NOT_IMPLEMENTED, INVALID_ARGUMENT], ids=lambda refusal: refusal.code)
class TestOnALookAlikeThatRefusesConditions(VersionedFileContract):
    @pytest.fixture(autouse=True)
    def _refusing(self, door: Door, refusal: Refusal) -> None:
        door.refuses = {"PUT": refusal, "DELETE": refusal}

    def test_it_says_that_nothing_is_compared(self, file: VersionedFile) -> None:
        assert not file.is_conditional


class TestOnALookAlikeThatIgnoresConditionsOfRemovalsOnly(VersionedFileContract):
    @pytest.fixture(autouse=True)
    def _ignoring(self, door: Door) -> None:
        door.ignores = {"DELETE"}

    def test_it_says_that_not_everything_is_compared(
        self, file: VersionedFile, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.WARNING, probe.__name__):
            assert not file.is_conditional
        assert caplog.messages[0].startswith("The storage knows no conditional removals")

    test_of_eight_racing_writers_one_wins = ConditionalContract.test_of_eight_racing_writers_one_wins


# Requests


def test_a_read_is_one_request_and_needs_no_right_to_write(door: Door, file: VersionedFile) -> None:
    door.forbids = {"PUT", "DELETE"}

    assert file.read() is None
    assert door.requests == ["GET"]


def test_a_storage_is_probed_once(door: Door, folder: Any, file: VersionedFile) -> None:
    assert file.is_conditional
    probing = len(door.requests)
    door.requests.clear()
    version = file.write(fresh_data(), None)
    other = at(folder)
    other.remove(other.write(fresh_data(), None))
    file.remove(file.write(fresh_data(), version))

    assert probing == 5
    assert door.requests == ["PUT", "PUT", "DELETE", "PUT", "DELETE"]


def test_a_probe_leaves_nothing_behind(folder: Any, file: VersionedFile) -> None:
    assert file.is_conditional
    assert names_in(folder) == []


# What goes wrong besides


@pytest.mark.parametrize("forbidden", ["PUT", "DELETE"])
def test_a_missing_right_is_no_storage_that_ignores_conditions(door: Door, file: VersionedFile, forbidden: str) -> None:
    door.forbids = {forbidden}
    with pytest.raises(PermissionError):
        file.write(fresh_data(), None)

    door.forbids = set()
    file.write(fresh_data(), None)
    assert file.is_conditional


def test_a_missing_bucket_is_an_error_and_no_missing_file(folder: Any) -> None:
    conn_id = folder.path.partition("/")[0].replace("-", "_")
    file = versioned_file(ObjectStoragePath(f"s3://{conn_id}@no-such-bucket/record.json"))

    with pytest.raises(FileNotFoundError, match="bucket"):
        file.read()
    with pytest.raises(FileNotFoundError, match="bucket"):
        file.write(fresh_data(), None)


@pytest.mark.parametrize("replacing", [False, True], ids=["new file", "replaced file"])
def test_a_write_whose_answer_was_lost_is_known_again(door: Door, file: VersionedFile, replacing: bool) -> None:
    assert file.is_conditional
    expected = file.write(fresh_data(), None) if replacing else None
    door.answers_to_lose = 1
    data = fresh_data()
    version = file.write(data, expected)

    assert door.answers_to_lose == 0
    assert file.read() == StoredFile(data, version)


def test_a_removal_whose_answer_was_lost_is_done(door: Door, file: VersionedFile) -> None:
    version = file.write(fresh_data(), None)
    door.answers_to_lose = 1
    file.remove(version)

    assert door.answers_to_lose == 0
    assert file.read() is None


def test_a_probe_whose_answer_was_lost_finds_the_same(door: Door, file: VersionedFile) -> None:
    door.answers_to_lose = 1

    assert file.is_conditional


def test_a_conflict_with_a_request_under_way_is_asked_again(door: Door, file: VersionedFile) -> None:
    version = file.write(fresh_data(), None)
    door.conflicts = 2
    later = file.write(fresh_data(), version)
    door.conflicts = 2
    with pytest.raises(FileChangedError):
        file.remove(version)
    door.conflicts = 1
    file.remove(later)

    assert file.read() is None


def test_a_conflict_that_does_not_end_is_an_error_and_no_changed_file(door: Door, file: VersionedFile) -> None:
    version = file.write(fresh_data(), None)
    door.conflicts = 100

    with pytest.raises(OSError, match="the door says no"):
        file.write(fresh_data(), version)
