from __future__ import annotations

import socket

import pytest

from tools.real_airflow import configuration
from tools.real_airflow.configuration import LOOPBACK, clean_environment, free_port


def test_a_port_that_another_program_listens_on_is_not_offered(monkeypatch) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(configuration, "PORTS", range(port, port + 1))

        with pytest.raises(OSError, match="is taken"):
            free_port()


def test_the_callers_own_airflow_settings_do_not_reach_the_processes(monkeypatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    monkeypatch.setenv("AIRFLOW_HOME", "/home/someone/airflow")

    assert not [name for name in clean_environment() if name.startswith("AIRFLOW")]


def test_a_proxy_of_the_caller_is_not_used_for_loopback(monkeypatch) -> None:
    monkeypatch.setenv("NO_PROXY", "")

    assert LOOPBACK in clean_environment()["NO_PROXY"]
