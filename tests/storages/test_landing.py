"""Landing on each storage, on a real server of its kind; what is seen becomes the table in docs/storages.md."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_veza.operators.query import VezaQueryOperator
from ownership.records.contract import at, fresh_data, names_in
from results.landing_contract import LandingContract, Say
from storages.conftest import Seen
from storages.sftp_server import serving_sftp
from storages.test_azure import account, folder_in
from storages.test_google import bucket_on, emulator
from support.object_store import Bucket, bucket, s3_endpoint

__all__ = ["account", "bucket", "emulator", "s3_endpoint"]


def test_a_dag_that_lands_over_sftp_parses_though_no_asset_can_be_of_its_folder() -> None:
    users = {"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}
    task = VezaQueryOperator(task_id="land", query_spec=users, output_path="sftp://sftp_default@/lake/{{ ds }}")

    assert task.outlets == []


class OnAStorage(LandingContract):
    """Landing, and records, on a storage of that name in the table."""

    storage = ""

    @pytest.fixture
    def say(self, seen: Seen) -> Say:
        return lambda behaviour, outcome: seen.note(self.storage, behaviour, outcome)

    def test_a_record_is_replaced_only_if_it_is_what_was_read(self, place: str, say: Say) -> None:
        from airflow.providers.common.compat.sdk import ObjectStoragePath

        folder, newer = ObjectStoragePath(f"{place}/records"), fresh_data()
        file = at(folder, "record.json")
        version = file.write(newer, file.write(fresh_data(), None))
        found = file.read()
        assert found is not None
        assert found.data == newer
        assert {name for name in names_in(folder) if not name.endswith(".lock")} == {"record.json"}
        file.remove(version)

        say("records", "compared by the storage" if file.is_conditional else "read again before they are replaced")


class TestOnADisk(OnAStorage):
    storage = "disk (`file://`)"

    @pytest.fixture
    def place(self, tmp_path: Path) -> str:
        return f"file://{tmp_path}/lake"


class TestOnS3(OnAStorage):
    storage = "Amazon S3 (`s3://`), as moto plays it"

    @pytest.fixture
    def place(self, bucket: Bucket) -> str:
        return f"{bucket.url}/lake"


class TestOnAzure(OnAStorage):
    storage = "Azure Blob Storage (`abfs://`), as Azurite plays it"
    # Azure's library reads a question mark as the beginning of a query.
    strange_names = ("run a*[b]c{d} #1%20+:ü='x' ~,@!$&()?x", "a?b", "a*b", "a[X]b")
    names_are = "literal; `?` before `#`, or at the end of a name, is refused"

    @pytest.fixture
    def place(self, account: str) -> str:
        return str(folder_in(account, "abfs", with_container=True)).rpartition("/")[0]


class TestOnGoogle(OnAStorage):
    storage = "Google Cloud Storage (`gs://`), as gcp-storage-emulator plays it"

    @pytest.fixture
    def place(self, emulator: str) -> str:
        return str(bucket_on(emulator)).rpartition("/")[0]


class TestOnSftp(OnAStorage):
    storage = "SFTP (`sftp://`), served by asyncssh"

    @pytest.fixture
    def place(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
        root = tmp_path / "served"
        root.mkdir()
        with serving_sftp(root) as port:
            conn_id = f"sftp_{port}"
            connection: dict[str, Any] = {"conn_type": "sftp", "host": "127.0.0.1", "port": port, "login": "lake"}
            monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(connection))
            yield f"sftp://{conn_id}@/lake"
