"""Files on Azure's storage, as its own emulator plays it: the server compares, one request each."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from adlfs import AzureBlobFileSystem
from airflow.providers.common.compat.sdk import ObjectStoragePath
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobServiceClient

from ownership.records.airflow_storages import attach
from ownership.records.contract import ConditionalContract, at, fresh_data
from storages.conftest import free_port, wait_for

AZURITE = Path(__file__).parents[2] / ".venv/azurite/node_modules/.bin/azurite-blob"
# The account that every Azurite has.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a storage account, and return how to connect to it."""
    if not AZURITE.exists() or not shutil.which("node"):
        pytest.skip("Azurite is not here: it comes from npm, by make test-storages")
    folder = tmp_path_factory.mktemp("azurite")
    port = free_port()
    command = [AZURITE, "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry"]
    command += ["--blobHost", "127.0.0.1", "--blobPort", str(port)]
    with (folder / "log").open("wb") as output:
        server = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder)
    wait_for(port, server)
    endpoint = f"http://127.0.0.1:{port}/{ACCOUNT}"
    yield f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};BlobEndpoint={endpoint};"
    server.terminate()
    server.wait(10)


@pytest.fixture(params=["abfs", "abfss", "az"])
def azure_folder(request: pytest.FixtureRequest, account: str) -> Any:
    return folder_in(account, request.param, with_container=True)


def folder_in(account: str, scheme: str, *, with_container: bool) -> Any:
    """Return a folder in a container of its own, by a connection of its own: Airflow keeps one client per connection."""
    container, conn_id = f"lake-{uuid4().hex[:8]}", f"azure_{uuid4().hex}"
    if with_container:
        with BlobServiceClient.from_connection_string(account) as client:
            client.create_container(container)
    attach(scheme, conn_id, fs=AzureBlobFileSystem(connection_string=account, skip_instance_cache=True))
    return ObjectStoragePath(f"{scheme}://{conn_id}@{container}/records of/veza")


class TestOnAzure(ConditionalContract):
    @pytest.fixture
    def folder(self, azure_folder: Any) -> Any:
        return azure_folder


def test_a_missing_container_is_an_error_and_no_missing_file(account: str) -> None:
    file = at(folder_in(account, "abfs", with_container=False))

    with pytest.raises(ResourceNotFoundError, match="container"):
        file.read()
    with pytest.raises(ResourceNotFoundError, match="container"):
        file.write(fresh_data(), None)
