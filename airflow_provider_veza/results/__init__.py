"""Pages of rows become what a task returns; no service knowledge and no Airflow may enter."""

from __future__ import annotations
