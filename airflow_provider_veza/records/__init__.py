"""Where a live query is remembered between attempts of a task; what a record means is decided in :mod:`async_query.record`."""

from __future__ import annotations
