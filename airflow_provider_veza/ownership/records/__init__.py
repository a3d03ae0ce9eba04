"""Where a live query is remembered between attempts of a task: files, Airflow's store, the registry of all."""

from __future__ import annotations
