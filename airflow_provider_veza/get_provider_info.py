"""What Airflow's providers manager reads; it imports no Airflow, no hook and no HTTP library."""

from __future__ import annotations

from typing import Any

from airflow_provider_veza import __version__
from airflow_provider_veza.hooks.connection_fields import declarative_form

_PACKAGE = "airflow_provider_veza"
_SITE = "https://airflow-provider-veza.github.io/airflow-provider-veza"
_VEZA = "Veza"
_ELASTICSEARCH = "Elasticsearch ES|QL"
"""Beside Airflow's own provider, whose connection type it uses; hence another name than that provider's integration has."""


def get_provider_info() -> dict[str, Any]:
    """Return the provider's metadata; later Airflow versions read more of it than earlier ones."""
    return {
        "package-name": "airflow-provider-veza",
        "name": "Veza",
        "description": "Ask `Veza <https://www.veza.com/>`__ who can do what to which data.",
        "versions": [__version__],
        "integrations": [
            {
                "integration-name": _VEZA,
                "external-doc-url": "https://docs.veza.com/",
                "logo": f"{_SITE}/pictures/logo.svg",
                "how-to-guide": [f"{_SITE}/start/", f"{_SITE}/operators/"],
                "tags": ["service"],
            },
            {
                "integration-name": _ELASTICSEARCH,
                "external-doc-url": "https://www.elastic.co/docs/explore-analyze/query-filter/languages/esql",
                "how-to-guide": [f"{_SITE}/esql/"],
                "tags": ["software"],
            },
        ],
        "operators": [
            _modules(_VEZA, "operators.query", "operators.saved_queries", "operators.drift", "operators.orphans"),
            _modules(_ELASTICSEARCH, "operators.esql"),
        ],
        "sensors": [_modules(_VEZA, "sensors.query"), _modules(_ELASTICSEARCH, "sensors.esql")],
        "hooks": [_modules(_VEZA, "hooks.veza"), _modules(_ELASTICSEARCH, "hooks.esql")],
        "triggers": [_modules(_VEZA, "triggers.async_query")],
        "connection-types": [
            {
                "connection-type": "veza",
                "hook-class-name": f"{_PACKAGE}.hooks.veza.VezaHook",
                "hook-name": "Veza",
                **declarative_form(),
            }
        ],
        "task-decorators": [{"class-name": f"{_PACKAGE}.decorators.query_task.veza_query_task", "name": "veza_query"}],
        "extra-links": [f"{_PACKAGE}.links.query.VezaQueryLink", f"{_PACKAGE}.links.query.LandedResultLink"],
        "config": {
            "veza": {
                "description": "Options of the Veza provider.",
                "options": {
                    "record_path": _RECORD_PATH,
                    "cancel_on_marked": _CANCEL_ON_MARKED,
                    "preview_rows": _PREVIEW_ROWS,
                    "page_looks": _PAGE_LOOKS,
                },
            }
        },
    }


def _modules(integration: str, *names: str) -> dict[str, Any]:
    return {"integration-name": integration, "python-modules": [f"{_PACKAGE}.{name}" for name in names]}


_RECORD_PATH = {
    "description": (
        "Where live queries are remembered: any object storage path, one small JSON file per query, removed when the query has "
        "ended. Below Airflow 3.3 a retry finds the query of a crashed attempt only by it; from 3.3 on it mirrors Airflow's "
        "task state store. VezaCancelOrphanedQueriesOperator lists it, so no two Airflows may share it."
    ),
    "version_added": "0.1.0",
    "type": "string",
    "example": "s3://aws_default@my-bucket/veza-records",
    "default": "",
}

_CANCEL_ON_MARKED = {
    "description": (
        "Whether Airflow's own processes cancel the queries of tasks and runs that a user marks failed or success (API server "
        "of Airflow 3), so that a mark takes effect though no triggerer runs, and of tasks whose last attempt was lost with "
        "its host (scheduler). Needs record_path. It registers a listener, and with any listener Airflow refuses tasks with "
        "end_from_trigger=True."
    ),
    "version_added": "0.1.0",
    "type": "boolean",
    "example": "True",
    "default": "False",
}

_PREVIEW_ROWS = {
    "description": (
        "How many rows of a result, in XCom or landed, the page of a task's query shows, with a picture of their paths: 0 to 10. "
        "Rows are sensitive; whoever may read the task's XComs sees them. Read by the API server of Airflow 3."
    ),
    "version_added": "0.1.0",
    "type": "integer",
    "example": "10",
    "default": "0",
}

_PAGE_LOOKS = {
    "description": (
        "Whether the page of a task looks at the query itself while somebody waits for it: once in 10 seconds at most for each "
        "query and process, by the task's connection, for 3 seconds. The API server must find that connection and reach the "
        "service. Read by the API server of Airflow 3."
    ),
    "version_added": "0.1.0",
    "type": "boolean",
    "example": "False",
    "default": "True",
}
