"""What a tenant holds before anything is pushed: the nodes of a file, else those of the demo tenant."""

from __future__ import annotations

from veza_emulator.demo.tenant import demo_graph
from veza_emulator.graph.tenant_graph import TenantGraph
from veza_emulator.tenant.settings import TenantSettings
from veza_emulator.tenant.tenant_file import read_tenant_file


def own_graph(settings: TenantSettings) -> TenantGraph:
    """Return the graph that the settings ask for.

    :raises ValueError: if the size is too small for a demo tenant, or the file does not describe a tenant.
    """
    return read_tenant_file(settings.data) if settings.data else demo_graph(settings.size, settings.seed)
