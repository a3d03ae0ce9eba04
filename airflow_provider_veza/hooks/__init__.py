"""An Airflow connection becomes a client of a service, with the loops that drive it; hooks decide nothing about the lifecycle."""

from __future__ import annotations
