"""An Airflow connection becomes a client of a service; hooks send calls, they decide nothing about the lifecycle."""

from __future__ import annotations
