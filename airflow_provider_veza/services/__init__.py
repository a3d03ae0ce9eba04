"""What each service says on the wire: requests built and answers read, sans-I/O; no Airflow, no HTTP library, no clock."""

from __future__ import annotations
