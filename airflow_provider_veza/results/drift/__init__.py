"""What was added, removed and changed between two landed results of one query; no Airflow and no service may enter."""

from __future__ import annotations
