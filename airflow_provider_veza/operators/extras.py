"""Which extra of this package a task needs, told while its DAG is parsed; nothing is imported for that.

What a format of landed rows needs is in :mod:`airflow_provider_veza.results.formats.known_formats`.
"""

from __future__ import annotations

from airflow_provider_veza.exceptions import ArgumentError
from airflow_provider_veza.results.installed import installing, is_installed

_LIBRARY_OF = {"drift": "duckdb", "elasticsearch": "elasticsearch"}


def require_extra(extra: str) -> None:
    """Refuse a task whose library is not installed here.

    :raises ArgumentError: saying what to install.
    """
    library = _LIBRARY_OF[extra]
    if not is_installed(library):
        raise ArgumentError(
            f"The package `{library}` is not installed here: {installing(extra)}. Nothing was submitted."
        )
