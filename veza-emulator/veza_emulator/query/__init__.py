"""What a query spec asks, read from JSON, and the rows that answer it; what it means for a graph is in `query.evaluation`."""

from __future__ import annotations
