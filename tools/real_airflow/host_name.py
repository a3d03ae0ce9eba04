"""The name that a process of Airflow gives to the host it runs on; every process imports this, so nothing else stands here."""

from __future__ import annotations

import os
import socket

VARIABLE = "REAL_AIRFLOW_HOST"
CALLABLE = f"{__name__}.host_name"


def host_name() -> str:
    """Return the name that the process was started under, for Airflow's ``[core] hostname_callable``."""
    return os.environ.get(VARIABLE) or socket.gethostname()
