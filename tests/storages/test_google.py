"""Files on Google Cloud Storage: its conditions on a server that keeps them, the re-read on an emulator that does not."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
from airflow.providers.common.compat.sdk import ObjectStoragePath
from gcsfs import GCSFileSystem

from airflow_provider_veza.exceptions import FileChangedError
from airflow_provider_veza.ownership.records import probe
from airflow_provider_veza.ownership.records.versioned_file import StoredFile, VersionedFile
from ownership.records.airflow_storages import attach
from ownership.records.contract import (
    STRANGE_FOLDER,
    ConditionalContract,
    VersionedFileContract,
    at,
    fresh_data,
    names_in,
)
from storages.conftest import free_port, wait_for
from storages.generations import GoogleBuckets, serving


def folder_at(endpoint: str, bucket: str) -> Any:
    """Return a folder on a server, by a connection of its own, since Airflow keeps one client per connection."""
    fs = GCSFileSystem(project="lake", token="anon", endpoint_url=endpoint, skip_instance_cache=True)
    conn_id = f"google_{uuid4().hex}"
    attach("gs", conn_id, fs=fs)
    return ObjectStoragePath(f"gs://{conn_id}@{bucket}/records of/veza")


@pytest.fixture
def buckets() -> GoogleBuckets:
    return GoogleBuckets()


@pytest.fixture
def google_folder(buckets: GoogleBuckets) -> Iterator[Any]:
    with serving(buckets) as endpoint:
        yield folder_at(endpoint, "lake")


@pytest.fixture
def file(google_folder: Any) -> VersionedFile:
    return at(google_folder, "record.json")


class TestOnGoogle(ConditionalContract):
    @pytest.fixture
    def folder(self, google_folder: Any) -> Any:
        return google_folder


def test_a_write_between_version_and_body_makes_the_later_condition_fail(
    buckets: GoogleBuckets, google_folder: Any, file: VersionedFile
) -> None:
    version, data = file.write(fresh_data(), None), fresh_data()
    buckets.before_media = lambda: at(google_folder, "record.json").write(data, version)
    found = file.read()

    assert found == StoredFile(data, version)
    with pytest.raises(FileChangedError):
        file.write(fresh_data(), version)
    with pytest.raises(FileChangedError):
        file.remove(version)


def test_a_removal_between_version_and_body_is_an_absent_file(
    buckets: GoogleBuckets, google_folder: Any, file: VersionedFile
) -> None:
    version = file.write(fresh_data(), None)
    buckets.before_media = lambda: at(google_folder, "record.json").remove(version)

    assert file.read() is None


def test_what_one_operation_costs(buckets: GoogleBuckets, file: VersionedFile) -> None:
    assert file.is_conditional
    assert buckets.requests == ["POST", "POST", "POST", "DELETE", "DELETE"]
    buckets.requests.clear()
    version = file.write(fresh_data(), None)
    file.read()
    file.remove(version)

    assert buckets.requests == ["POST", "GET", "GET", "DELETE"]


def test_a_write_or_removal_whose_answer_was_lost_is_known_again(buckets: GoogleBuckets, file: VersionedFile) -> None:
    version, data = file.write(fresh_data(), None), fresh_data()
    buckets.answers_to_lose = 1
    later = file.write(data, version)
    assert file.read() == StoredFile(data, later)
    buckets.answers_to_lose = 1
    file.remove(later)

    assert buckets.answers_to_lose == 0
    assert file.read() is None


# The emulator on PyPI


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "gcp_storage_emulator", "start", "--in-memory", "--port", str(port)]
    command += ["--host", "127.0.0.1"]
    folder = tmp_path_factory.mktemp("emulator")
    with (folder / "log").open("wb") as output:
        server = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder, env=dict(os.environ))
    endpoint = f"http://127.0.0.1:{port}"
    wait_for(port, server)
    yield endpoint
    server.terminate()
    server.wait(10)


def bucket_on(emulator: str) -> Any:
    """Return a folder in a bucket of its own."""
    bucket = f"lake-{uuid4().hex[:8]}"
    body = f'{{"name": "{bucket}"}}'.encode()
    request = Request(f"{emulator}/storage/v1/b?project=lake", data=body, headers={"Content-Type": "application/json"})
    with urlopen(request, timeout=10) as answer:
        assert answer.status == 200
    return folder_at(emulator, bucket)


class TestOnAnEmulatorThatIgnoresConditions(VersionedFileContract):
    # This emulator cuts names at a semicolon, and drops the connection when nothing is uploaded.
    strange_folder = STRANGE_FOLDER.replace(";", "")
    test_a_file_that_is_there_is_not_made_anew = None

    def test_a_filled_file_that_is_there_is_not_made_anew(self, folder: Any, file: VersionedFile) -> None:
        super().test_a_file_that_is_there_is_not_made_anew(folder, file, b"something")

    @pytest.fixture
    def folder(self, emulator: str) -> Any:
        return bucket_on(emulator)

    def test_the_probe_finds_out_and_says_so_once(
        self, folder: Any, file: VersionedFile, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.WARNING, probe.__name__):
            assert not file.is_conditional
            assert not at(folder).is_conditional

        [said] = caplog.messages
        assert said.startswith("The storage knows no conditional writes")
        assert names_in(folder) == []
