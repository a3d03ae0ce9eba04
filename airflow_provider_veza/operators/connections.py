"""The connection that the tasks of each service use: its default id, the hook on it, and the colour of the tasks.

What else goes with a service is in :mod:`.query` and :mod:`.esql`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_veza.hooks.esql import EsqlHook
    from airflow_provider_veza.hooks.veza import VezaHook

VEZA_CONN_ID = "veza_default"
VEZA_COLOR = "#d9e8f5"
ELASTICSEARCH_CONN_ID = "elasticsearch_default"
ELASTICSEARCH_COLOR = "#f0e6b2"


def veza_hook(conn_id: str) -> VezaHook:
    """Return a hook; imported when a task runs, so that parsing a DAG file loads no HTTP library."""
    from airflow_provider_veza.hooks.veza import VezaHook

    return VezaHook(veza_conn_id=conn_id)


def esql_hook(conn_id: str) -> EsqlHook:
    """Return a hook; imported when a task runs, so that parsing a DAG file loads no client."""
    from airflow_provider_veza.hooks.esql import EsqlHook

    return EsqlHook(elasticsearch_conn_id=conn_id)
