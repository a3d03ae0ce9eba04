"""The time as deadlines know it, for whoever may read a clock; rules get it as an argument.

What tells it to the drivers of requests is :mod:`airflow_provider_veza.transport.clock`.
"""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)
