"""What a query spec means for one graph: which nodes, which destinations, which rows; no JSON, clock or cache enters."""

from __future__ import annotations
