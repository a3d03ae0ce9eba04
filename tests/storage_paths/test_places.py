"""A place that this Airflow does not have is refused before anything is submitted, with what brings it."""

from __future__ import annotations

import pytest

from airflow_provider_veza.exceptions import ArgumentError, ConnectionSettingsError
from airflow_provider_veza.results.folder import require_storage


@pytest.mark.parametrize(
    ("scheme", "install"),
    [
        ("gs", "pip install 'apache-airflow-providers-google'"),
        ("abfs", "apache-airflow-providers-microsoft-azure"),
        ("sftp", r"apache-airflow-providers-sftp\[sshfs\]"),
        ("zork", "none that is known"),
    ],
)
def test_a_storage_that_airflow_does_not_know_is_refused_with_what_brings_it(scheme: str, install: str) -> None:
    with pytest.raises(
        ArgumentError, match=rf"Airflow has no storage for {scheme}://.*Nothing was submitted.*{install}"
    ):
        require_storage(f"{scheme}://lake/access")


def test_a_connection_that_airflow_does_not_have_is_refused_by_name() -> None:
    with pytest.raises(ConnectionSettingsError, match="no connection 'no_such_lake'.*s3://no_such_lake@lake/access"):
        require_storage("s3://no_such_lake@lake/access")
