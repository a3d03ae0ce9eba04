"""Pages of rows become what a task returns; no service knowledge may enter, and of Airflow only its object storage."""

from __future__ import annotations
