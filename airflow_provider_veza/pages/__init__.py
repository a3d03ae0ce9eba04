"""What Airflow's own page shows of a task's query; it reads what is stored, at most looks at the query, and changes nothing."""

from __future__ import annotations
