"""The pytest plugin: the fixture `veza_emulator` and its marker; nothing of the emulator is imported until a test asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    # It needs the extra [emulator], and pytest loads this module where the extra may not be installed.
    from airflow_provider_veza.emulator.veza_emulator import VezaEmulator

_MARKER = "veza_emulator(**settings): start the tenant of the fixture veza_emulator with these fields of TenantSettings"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture
def veza_emulator(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[VezaEmulator]:
    """Serve a Veza tenant on loopback for one test, and make it Airflow's connection `veza_default`."""
    try:
        from airflow_provider_veza.emulator.veza_emulator import emulator_of
    except ModuleNotFoundError as missing:
        raise pytest.UsageError(
            f"the fixture veza_emulator needs the module {missing.name}: "
            "install it with pip install 'airflow-provider-veza[emulator]'"
        ) from missing
    marker = request.node.get_closest_marker("veza_emulator")
    with emulator_of(**(marker.kwargs if marker else {})) as emulator:
        monkeypatch.setenv("AIRFLOW_CONN_VEZA_DEFAULT", emulator.connection_uri)
        yield emulator
