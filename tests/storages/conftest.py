"""What the tests on emulated clouds share: a memory of probes that starts empty, and servers that are waited for."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from airflow_provider_veza.ownership.records import probe
from tools.storages_table import LEFT_BEHIND


@pytest.fixture(autouse=True)
def _no_storage_is_known_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "_found", {})


@dataclass
class Seen:
    """What each storage was seen to do, by behaviour, for the table in the docs."""

    outcomes: dict[str, dict[str, str]] = field(default_factory=dict)

    def note(self, storage: str, behaviour: str, outcome: str) -> None:
        self.outcomes.setdefault(storage, {})[behaviour] = outcome


@pytest.fixture(scope="session")
def seen() -> Iterator[Seen]:
    """Give the notes of the session, which leaves them behind for tools.storages_table."""
    seen = Seen()
    yield seen
    LEFT_BEHIND.parent.mkdir(parents=True, exist_ok=True)
    LEFT_BEHIND.write_text(json.dumps(seen.outcomes, indent=1, ensure_ascii=False), encoding="utf-8")


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
