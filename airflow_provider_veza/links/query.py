"""The link from a task to its query in Veza's UI, pushed to XCom by the task before it defers."""

from __future__ import annotations

from typing import Any

from airflow.providers.common.compat.sdk import BaseOperatorLink, XCom

from airflow_provider_veza.async_query.handle import URL_KEY


class VezaQueryLink(BaseOperatorLink):
    """Leads to the query in Veza, or to its tenant where the connection has no ``ui_url_template``."""

    name = "Veza"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Return the URL of the task's query; empty where the task has none yet.

        Airflow 3 asks in the task's own process, where the operator knows; Airflow 2 in the webserver, where only XCom does.
        """
        known = getattr(operator, "query_url", None)
        return XCom.get_value(key=URL_KEY, ti_key=ti_key) or "" if known is None else known
