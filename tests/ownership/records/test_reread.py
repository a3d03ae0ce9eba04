"""A storage without conditions: a look right before stands in, and the log says once what that means."""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import Any
from uuid import uuid4

import pytest
from airflow.providers.common.compat.sdk import ObjectStoragePath

from airflow_provider_veza.ownership.records import probe
from airflow_provider_veza.ownership.records.versioned_file import VersionedFile
from ownership.records.contract import VersionedFileContract, at, fresh_data


@pytest.fixture
def folder() -> Any:
    return ObjectStoragePath(f"memory://lake-{uuid4().hex}/records")


class TestOnAStorageWithoutConditions(VersionedFileContract):
    def test_it_says_that_nothing_is_compared(self, file: VersionedFile) -> None:
        assert not file.is_conditional


def test_no_library_of_a_storage_is_loaded_before_a_path_asks_for_it() -> None:
    module = "airflow_provider_veza.ownership.records.versioned_file"
    libraries = "{'airflow', 'fsspec', 's3fs', 'adlfs', 'gcsfs', 'azure', 'botocore'}"
    script = f"import sys, {module}; print({libraries} & set(sys.modules))"

    assert subprocess.check_output([sys.executable, "-c", script], text=True) == "set()\n"


def test_the_log_says_once_per_storage_what_is_weaker(folder: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, probe.__name__):
        assert at(folder).read() is None
        assert caplog.records == []
        for file in (at(folder), at(folder)):
            file.remove(file.write(fresh_data(), None))

    [said] = caplog.messages
    assert said.startswith(
        "The storage knows no conditional writes, so the file of a record is read again right before."
    )
    assert said.endswith(f"memory://{folder.bucket}")
