"""The graph of a tenant, as nodes, edges and paths over numbers; no query spec, no payload and no HTTP enters."""

from __future__ import annotations
