"""Forwards the pytest fixture, for `-p airflow_provider_veza.emulator.pytest_plugin`."""

from __future__ import annotations

from veza_emulator.pytest_plugin import pytest_configure as pytest_configure
from veza_emulator.pytest_plugin import veza_emulator as veza_emulator
