"""The environment that Airflow's processes run in.

Everything is said by environment variables: no process depends on the airflow.cfg that another one wrote.
"""

from __future__ import annotations

import base64
import os
import random
import secrets
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tools.real_airflow.release import Generation
from tools.real_airflow.run_folder import REPOSITORY

LOOPBACK = "127.0.0.1"
# Below the range of outgoing connections' ports, so that none of those takes one before the server does.
PORTS = range(20_000, 32_000)

# Files are read when Airflow starts, when they change, and when somebody asks for it; to read twenty of them every few seconds
# would keep a processor busy all the time.
READ_AGAIN_SECONDS = "300"
# The defaults suit a server that runs for months; here a person or a test waits for each of these.
QUICK = {
    "AIRFLOW__CORE__PARALLELISM": "4",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
    "AIRFLOW__SCHEDULER__DAG_DIR_LIST_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__MIN_FILE_PROCESS_INTERVAL": READ_AGAIN_SECONDS,
    "AIRFLOW__SCHEDULER__PARSING_PROCESSES": "1",
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": READ_AGAIN_SECONDS,
    "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
    # Airflow 3 may notice the end of a task's process only after this interval, 5 s by default. A task that deferred and
    # was resumed within it is failed by the scheduler ("finished with state success, but ... state is running").
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
}
# For a loaded machine: Airflow 3 fails a task whose start its API server takes seconds to answer.
PATIENT = {"AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60"}

WEBSERVER_CONFIG = '''"""Whoever reaches the loopback address is an administrator."""

AUTH_ROLE_PUBLIC = "Admin"
WTF_CSRF_ENABLED = False
'''


def clean_environment() -> dict[str, str]:
    """Return the caller's environment without its Airflow, and with loopback kept away from proxies."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "_AIRFLOW"))}
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    without_proxy = {"NO_PROXY": f"{LOOPBACK},localhost", "no_proxy": f"{LOOPBACK},localhost"}
    return {**inherited, **without_proxy, "PATH": programs, "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"}


def airflow_environment(generation: Generation, home: Path, database: str, port: int) -> dict[str, str]:
    """Return all that Airflow's processes have to agree on."""
    own = _of_airflow_2(home, port) if generation is Generation.TWO else _of_airflow_3(port)
    return {
        **clean_environment(),
        **QUICK,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database,
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        **own,
    }


def link_dags(home: Path, sources: Sequence[Path]) -> None:
    """Show several folders, or single files, to Airflow 2.11, which reads only one folder."""
    dags = home / "dags"
    dags.mkdir()
    for source in sources:
        (dags / source.name).symlink_to(source.resolve(), target_is_directory=source.is_dir())


def free_port() -> int:
    """Return a port that nothing listens on."""
    for port in random.sample(PORTS, k=len(PORTS)):
        with socket.socket() as probe, suppress(OSError):
            probe.bind((LOOPBACK, port))
            return port
    raise OSError(f"every port from {PORTS.start} to {PORTS.stop - 1} is taken")


def _of_airflow_3(port: int) -> Mapping[str, str]:
    url = f"http://{LOOPBACK}:{port}"
    return {
        "AIRFLOW__API__HOST": LOOPBACK,
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__SECRET_KEY": secrets.token_hex(16),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
    }


def _of_airflow_2(home: Path, port: int) -> Mapping[str, str]:
    webserver_config = home / "webserver_config.py"
    webserver_config.write_text(WEBSERVER_CONFIG)
    return {
        "AIRFLOW__API__AUTH_BACKENDS": "airflow.api.auth.backend.default",
        "AIRFLOW__WEBSERVER__CONFIG_FILE": str(webserver_config),
        "AIRFLOW__WEBSERVER__SECRET_KEY": secrets.token_hex(16),
        "AIRFLOW__WEBSERVER__WEB_SERVER_HOST": LOOPBACK,
        "AIRFLOW__WEBSERVER__WEB_SERVER_PORT": str(port),
        "AIRFLOW__WEBSERVER__WORKERS": "1",
    }
