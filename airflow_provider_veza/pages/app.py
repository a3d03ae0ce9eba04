"""The web application that Airflow's API server mounts, and its place in Airflow's pages; who may look is Airflow's word."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow.providers.common.compat.sdk import conf

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import Receive, Scope, Send

PREFIX = "/veza"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def application() -> FastAPI:
    """Return the application with its one page.

    Airflow's own dependencies answer 401 without a session, and 403 to whoever may not read the task's XComs and its
    rendered arguments.
    """
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
    from airflow.api_fastapi.core_api.security import requires_access_dag
    from fastapi import Depends, FastAPI
    from fastapi.responses import HTMLResponse

    from airflow_provider_veza.pages.database import task_facts
    from airflow_provider_veza.pages.served import page_of

    app = FastAPI(title="Veza", docs_url=None, redoc_url=None, openapi_url=None)
    rights = [
        Depends(requires_access_dag("GET", entity)) for entity in (DagAccessEntity.XCOM, DagAccessEntity.TASK_INSTANCE)
    ]

    @app.get("/task/{dag_id}/{task_id}/{map_index}/{run_id:path}", dependencies=rights, response_class=HTMLResponse)
    def page(dag_id: str, task_id: str, map_index: str, run_id: str) -> HTMLResponse:
        facts = task_facts(dag_id, task_id, run_id, index_of(map_index))
        if facts is None:
            return HTMLResponse("<p>Airflow knows no such task instance.</p>", 404, _HEADERS)
        return HTMLResponse(page_of(facts), headers=_HEADERS)

    return app


class MadeWhenAsked:
    """The application, made at its first request: plugins are loaded by workers too, which need no web framework."""

    @cached_property
    def _application(self) -> FastAPI:
        return application()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI says."""
        await self._application(scope, receive, send)


def index_of(text: str) -> int:
    """Return a map index; Airflow leaves its placeholder as it is for a task that is not mapped."""
    return int(text) if text.isdecimal() else -1


def external_view() -> dict[str, Any]:
    """Return the tab of a task instance."""
    below = urlsplit(conf.get("api", "base_url", fallback="")).path.rstrip("/")
    return {
        "name": "Veza query",
        "href": f"{below}{PREFIX}/task/{{DAG_ID}}/{{TASK_ID}}/{{MAP_INDEX}}/{{RUN_ID}}",
        "destination": "task_instance",
        "url_route": "veza-query",
    }
