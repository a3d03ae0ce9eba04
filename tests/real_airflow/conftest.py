"""What drives a real Airflow is tested here, once and without one; ``tests/airflow`` tests the provider with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tools.real_airflow.processes import Processes, processes


@pytest.fixture
def children() -> Iterator[Processes]:
    with processes() as started:
        yield started
