"""One process for all tests here that hides whose tenant answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from doctor.forwarder import Forwarder


@pytest.fixture(scope="session")
def forwarder() -> Iterator[Forwarder]:
    with Forwarder() as process:
        yield process
