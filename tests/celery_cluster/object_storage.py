"""An S3 server on loopback as a process of its own, and how Airflow and a test reach its bucket."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import requests

from tools.real_airflow.configuration import LOOPBACK, clean_environment, free_port
from tools.real_airflow.processes import Processes, ProcessSpec
from tools.real_airflow.run_folder import tail
from tools.real_airflow.waiting import wait_until

START_LIMIT = 60.0
BUCKET = "lake"
CONNECTION = "aws_default"


@dataclass(frozen=True)
class ObjectStorage:
    """A server with one bucket."""

    endpoint: str

    @property
    def root(self) -> str:
        """The bucket as a path of Airflow's object storage."""
        return f"s3://{CONNECTION}@{BUCKET}"

    def environment(self) -> dict[str, str]:
        """Return the environment in which that path can be opened."""
        extra = {"endpoint_url": self.endpoint, "region_name": "us-east-1"}
        connection = {"conn_type": "aws", "login": "test", "password": "test", "extra": extra}
        return {f"AIRFLOW_CONN_{CONNECTION.upper()}": json.dumps(connection)}


def start_object_storage(processes: Processes, folder: Path) -> ObjectStorage:
    """Start the server and make its bucket."""
    endpoint, log = f"http://{LOOPBACK}:{(port := free_port())}", folder / "object-storage.log"
    command = (sys.executable, "-m", "moto.server", "-H", LOOPBACK, "-p", str(port))
    server = processes.start(ProcessSpec("object-storage", command, clean_environment(), folder, log))
    session = requests.Session()
    session.trust_env = False

    def makes_bucket() -> bool:
        server.check_running()
        try:
            return session.put(f"{endpoint}/{BUCKET}", timeout=START_LIMIT).ok
        except requests.ConnectionError:
            return False

    wait_until(makes_bucket, "the object storage to make a bucket", START_LIMIT, lambda: tail(log))
    return ObjectStorage(endpoint)
