"""The pytest plugin: the fixture `veza_emulator` and its marker; nothing of the emulator is imported until a test asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    # pytest loads this module in every session, also where no test asks for a tenant.
    from veza_emulator.emulator import VezaEmulator

_MARKER = "veza_emulator(**settings): start the tenant of the fixture veza_emulator with these fields of TenantSettings"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture
def veza_emulator(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[VezaEmulator]:
    """Serve a Veza tenant on loopback for one test, and make it Airflow's connection `veza_default`."""
    from veza_emulator.emulator import emulator_of

    marker = request.node.get_closest_marker("veza_emulator")
    with emulator_of(**(marker.kwargs if marker else {})) as emulator:
        monkeypatch.setenv("AIRFLOW_CONN_VEZA_DEFAULT", emulator.connection_uri)
        yield emulator
