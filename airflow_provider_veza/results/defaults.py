"""How much of a result goes where by default: numbers that the signatures of operators show; nothing is imported for them."""

from __future__ import annotations

DEFAULT_XCOM_ROWS = 10_000
DEFAULT_XCOM_BYTES = 1_048_576
DEFAULT_PART_BYTES = 64 * 1024 * 1024
"""Of JSON text: large enough for warehouses, and small enough to be read again after a crash."""
