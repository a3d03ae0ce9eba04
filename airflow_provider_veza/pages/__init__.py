"""What Airflow's own page shows of a task's query; it reads Airflow's database and storages, asks no service, changes nothing."""

from __future__ import annotations
