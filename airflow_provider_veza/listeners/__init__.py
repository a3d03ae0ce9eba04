"""What this provider hears of Airflow's own processes; nothing here may delay them or raise into them."""

from __future__ import annotations
