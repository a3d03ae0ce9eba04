"""The trigger is tested against a served tenant, and never holds the event loop."""

from __future__ import annotations

import pytest

from support.at_once import _repeating_at_once
from support.held_loop import no_callback_holds_the_loop
from support.served_tenant import running, tenant
from support.told_airflow import told_airflow

__all__ = ["_repeating_at_once", "no_callback_holds_the_loop", "running", "tenant", "told_airflow"]


@pytest.fixture(autouse=True)
def _nothing_blocks(no_callback_holds_the_loop: None) -> None:
    """Hold every test of this folder to it."""
