"""The links of a task instance: to its query in Veza's UI, and to what it has landed; both of the current attempt.

Airflow 3 asks in the task's own process, also when it defers, where the operator knows; Airflow 2 in the webserver, where only
XCom does, which is emptied when the next attempt begins.
"""

from __future__ import annotations

from typing import Any

from airflow.providers.common.compat.sdk import BaseOperatorLink, XCom

from airflow_provider_veza.async_query.handle import URL_KEY

_RETURNED = "return_value"


class VezaQueryLink(BaseOperatorLink):
    """Leads to the query in Veza, or to its tenant where the connection has no ``ui_url_template``; else to the manifest."""

    name = "Veza"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Return the URL of the task's query, else the place of its manifest; empty where the task has neither yet."""
        known = getattr(operator, "query_url", None)
        url = XCom.get_value(key=URL_KEY, ti_key=ti_key) if known is None else known
        return url or _manifest_of(operator, ti_key)


class LandedResultLink(BaseOperatorLink):
    """Leads to the manifest of what the task has landed."""

    name = "Landed result"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Return the place of the manifest; empty where nothing was landed, or not yet."""
        return _manifest_of(operator, ti_key)


def _manifest_of(operator: Any, ti_key: Any) -> str:
    known = getattr(operator, "manifest_place", None)
    if known is not None:
        return str(known)
    returned = XCom.get_value(key=_RETURNED, ti_key=ti_key)
    return str(returned.get("manifest") or "") if isinstance(returned, dict) else ""
