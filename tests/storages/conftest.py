"""What the tests on emulated clouds share: a memory of probes that starts empty, and servers that are waited for."""

from __future__ import annotations

import socket
import subprocess
import time
from contextlib import suppress

import pytest

from airflow_provider_veza.ownership.records import probe


@pytest.fixture(autouse=True)
def _no_storage_is_known_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "_found", {})


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    """Wait until a started server takes connections."""
    give_up = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < give_up:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return
        time.sleep(0.1)
    pytest.fail(f"no server answered at port {port}")
