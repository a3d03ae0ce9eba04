"""Airflow's entry point for listeners and for the page of a task's query; no listener unless the configuration asks for it."""

from __future__ import annotations

import logging
from types import ModuleType
from typing import Any

from airflow.providers.common.compat.sdk import AirflowPlugin, conf

from airflow_provider_veza.ownership.airflow_versions import HAS_TASK_SDK
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


def page_apps() -> list[dict[str, Any]]:
    """Return the web application of the page, which Airflow 3 mounts; it is made when somebody first looks."""
    if not HAS_TASK_SDK:
        return []
    from airflow_provider_veza.pages.app import PREFIX, MadeWhenAsked

    return [{"app": MadeWhenAsked(), "url_prefix": PREFIX, "name": "Veza"}]


def page_views() -> list[dict[str, Any]]:
    """Return the tab that Airflow 3 shows beside each task instance."""
    if not HAS_TASK_SDK:
        return []
    from airflow_provider_veza.pages.app import external_view

    return [external_view()]


class VezaPlugin(AirflowPlugin):
    """Registers the listener and the page."""

    name = "veza"
    listeners = configured_listeners()
    fastapi_apps = page_apps()
    external_views = page_views()
