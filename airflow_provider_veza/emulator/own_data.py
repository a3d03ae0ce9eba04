"""What a tenant holds before anything is pushed: the nodes of a file, else those of the demo tenant."""

from __future__ import annotations

from airflow_provider_veza.emulator.demo_tenant import demo_graph
from airflow_provider_veza.emulator.graph import TenantGraph
from airflow_provider_veza.emulator.settings import TenantSettings
from airflow_provider_veza.emulator.tenant_file import read_tenant_file


def own_graph(settings: TenantSettings) -> TenantGraph:
    """Return the graph that the settings ask for.

    :raises ValueError: if the size is too small for a demo tenant, or the file does not describe a tenant.
    """
    return read_tenant_file(settings.data) if settings.data else demo_graph(settings.size, settings.seed)
