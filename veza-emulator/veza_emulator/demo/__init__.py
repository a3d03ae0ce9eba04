"""The demo company, drawn from a seed; only the graph is known here, and no query."""

from __future__ import annotations
