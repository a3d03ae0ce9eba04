"""Airflow's entry point for listeners; it registers nothing unless the configuration asks for it."""

from __future__ import annotations

import logging
from types import ModuleType

from airflow.providers.common.compat.sdk import AirflowPlugin, conf

from airflow_provider_veza.ownership.records.record_path import configured_record_path

log = logging.getLogger(__name__)


def configured_listeners() -> list[ModuleType | object]:
    """Return the listener of ``[veza] cancel_on_marked``, where it is on and of use.

    Even a listener that does nothing changes Airflow: with one, it refuses tasks that end from their trigger.
    """
    if not conf.getboolean("veza", "cancel_on_marked", fallback=False):
        return []
    if not configured_record_path():
        log.warning("[veza] cancel_on_marked has no effect without [veza] record_path, where live queries are found.")
        return []
    from airflow_provider_veza.listeners import marks

    return [marks]


class VezaPlugin(AirflowPlugin):
    """Registers the listener."""

    name = "veza"
    listeners = configured_listeners()
