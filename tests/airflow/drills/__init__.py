"""The drills: a task that holds a query is killed in every way there is, on a real Airflow, and the tenant's journal judges."""

from __future__ import annotations
