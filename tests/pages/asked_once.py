"""Serves the page of one task in this process, with Airflow's own rights on a database of its own, and prints what it answers.

Run as a program: which auth manager an Airflow has is decided once in a process.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from airflow.api_fastapi.app import init_auth_manager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.models import import_all_models
from airflow.models.base import Base
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XComModel
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import insert, text

from airflow import settings
from airflow_provider_veza.pages.app import PREFIX, MadeWhenAsked

KEY = {"dag_id": "review", "task_id": "ask", "run_id": "scheduled__2026-11-22T06:00:00+00:00", "map_index": -1}
HANDLE = {"id": "q-77", "service": "veza_nodes", "tenant": "https://acme.vezacloud.com", "conn_id": "veza_default"}
ROWS = [{"source": {"id": "ada"}, "destination": {"id": "payroll"}}]
ADDRESS = f"{PREFIX}/task/review/ask/{{MAP_INDEX}}/scheduled__2026-11-22T06%3A00%3A00%2B00%3A00"
DUMMIES: dict[type, Any] = {
    str: "",
    int: 0,
    float: 0.0,
    bool: False,
    datetime: datetime(2026, 1, 1, tzinfo=UTC),
    UUID: UUID(int=1),
}


def row(model: Any, **values: Any) -> dict[str, Any]:
    """Return a row with something in each column that must not be empty."""
    needed = [c for c in model.__table__.columns if not (c.nullable or c.default or c.server_default)]
    return {c.name: DUMMIES[c.type.python_type] for c in needed if c.name not in values} | values


def fill() -> None:
    """Make the tables, and put one task with its XComs into them."""
    import_all_models()
    Base.metadata.create_all(settings.engine)
    xcoms: list[tuple[str, Any]] = [("veza_query", HANDLE), ("return_value", ROWS)]
    with settings.engine.connect() as connection:
        connection.execute(text("PRAGMA foreign_keys=OFF"))
        connection.execute(insert(TaskInstance.__table__), [row(TaskInstance, **KEY, state="success")])
        connection.execute(
            insert(XComModel.__table__), [row(XComModel, **KEY, key=k, value=v, dag_run_id=1) for k, v in xcoms]
        )
        connection.commit()


def main() -> None:
    """Ask without a session, with one, and for a task that is not there."""
    fill()
    app = FastAPI()
    manager = init_auth_manager(app)
    app.mount(PREFIX, MadeWhenAsked())
    token = manager.generate_jwt(SimpleAuthManagerUser(username="ada", role="viewer"))
    client = TestClient(app)
    answers = {
        "without": client.get(ADDRESS),
        "forged": client.get(ADDRESS, headers={"Authorization": "Bearer e30.e30.e30"}),
        "with": client.get(ADDRESS, headers={"Authorization": f"Bearer {token}"}),
        "absent": client.get(f"{ADDRESS}x", headers={"Authorization": f"Bearer {token}"}),
    }
    client.cookies.set("_token", token)
    answers["cookie"] = client.get(ADDRESS)
    print(json.dumps({name: [a.status_code, a.text, dict(a.headers)] for name, a in answers.items()}))


if __name__ == "__main__":
    main()
