"""What Airflow's own page shows of a task's query; it reads Airflow's database, asks no service, and changes nothing."""

from __future__ import annotations
