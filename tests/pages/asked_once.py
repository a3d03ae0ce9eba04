"""Serves the page of one task in this process, with Airflow's own rights on a database of its own, and prints what it answers.

Run as a program: which auth manager an Airflow has is decided once in a process.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from airflow.api_fastapi.app import init_auth_manager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.models import Connection, import_all_models
from airflow.models.base import Base
from airflow.models.taskinstance import TaskInstance
from airflow.models.trigger import Trigger
from airflow.models.xcom import XComModel
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import insert, text

from airflow import settings
from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.hooks.veza import VezaHook
from airflow_provider_veza.pages.app import PREFIX, MadeWhenAsked
from airflow_provider_veza.services.veza_nodes import NodesQuery
from airflow_provider_veza.triggers.async_query import AsyncQueryTrigger
from support.served_tenant import PAYROLL_ACCESS, UNTIL_FINISHED
from veza_emulator.http.server import RunningTenant, running_tenant
from veza_emulator.tenant.settings import TenantSettings
from veza_emulator.tenant.tenant import Tenant

KEY = {"dag_id": "review", "task_id": "ask", "run_id": "scheduled__2026-11-22T06:00:00+00:00", "map_index": -1}
HANDLE = {"id": "q-77", "service": "veza_nodes", "tenant": "https://acme.vezacloud.com", "conn_id": "veza_default"}
ROWS = [{"source": {"id": "ada"}, "destination": {"id": "payroll"}}]
ADDRESS = f"{PREFIX}/task/review/ask/{{MAP_INDEX}}/scheduled__2026-11-22T06%3A00%3A00%2B00%3A00"
WAITS = {**KEY, "task_id": "wait"}
WAITING = ADDRESS.replace("/ask/", "/wait/")
CONN_ID = "veza_in_the_database"
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


@contextmanager
def waiting_task() -> Iterator[RunningTenant]:
    """Serve a tenant with a query that runs; its connection, and a task that is deferred for it, are in the database."""
    with running_tenant(Tenant(TenantSettings(size=1_000))) as served:
        served.tenant.set_behaviour(UNTIL_FINISHED)
        address = urlsplit(served.url)
        with settings.Session() as session:
            session.add(
                Connection(
                    conn_id=CONN_ID,
                    conn_type="veza",
                    host=f"http://{address.hostname}",
                    port=address.port,
                    password=served.api_key,
                )
            )
            session.commit()
        hook = VezaHook(veza_conn_id=CONN_ID)
        handle = hook.submit(NodesQuery(PAYROLL_ACCESS), deadline=Deadline.after(datetime.now(UTC), timedelta(hours=1)))
        hook.close()
        defer(handle)
        yield served


def defer(handle: QueryHandle) -> None:
    """Put a deferred task into the database, and its trigger, which a triggerer has taken up."""
    classpath, arguments = AsyncQueryTrigger(handle.to_json()).serialize()
    trigger = Trigger(classpath=classpath, kwargs=arguments)
    trigger.triggerer_id = 1
    with settings.Session() as session:
        session.add(trigger)
        session.commit()
        trigger_id = trigger.id
    waits = row(TaskInstance, **WAITS, state="deferred", trigger_id=trigger_id)
    waits["id"] = UUID(int=2)
    with settings.engine.connect() as connection:
        connection.execute(text("PRAGMA foreign_keys=OFF"))
        connection.execute(insert(TaskInstance.__table__), [waits])
        announced = row(XComModel, **WAITS, key="veza_query", value=handle.to_json(), dag_run_id=2)
        connection.execute(insert(XComModel.__table__), [announced])
        connection.commit()


def looks(served: RunningTenant) -> int:
    """How often the tenant was asked how a query stands."""
    return sum(entry.path.endswith("nodes_async_get") for entry in served.tenant.journal.entries())


def main() -> None:
    """Ask without a session, with one, and for a task that is not there; then the same of a task that waits."""
    fill()
    with waiting_task() as served:
        ask(served)


def ask(served: RunningTenant) -> None:
    """Ask, and print answers and how often the tenant was looked at for them."""
    app = FastAPI()
    manager = init_auth_manager(app)
    app.mount(PREFIX, MadeWhenAsked())
    token = manager.generate_jwt(SimpleAuthManagerUser(username="ada", role="viewer"))
    client = TestClient(app)
    session = {"Authorization": f"Bearer {token}"}
    answers = {
        "without": client.get(ADDRESS),
        "forged": client.get(ADDRESS, headers={"Authorization": "Bearer e30.e30.e30"}),
        "with": client.get(ADDRESS, headers=session),
        "absent": client.get(f"{ADDRESS}x", headers=session),
    }
    looked = {"an ended task": looks(served)}
    answers["waiting, without"] = client.get(WAITING)
    looked["without a session"] = looks(served)
    answers["waiting"] = client.get(WAITING, headers=session)
    looked["with one"] = looks(served)
    answers["waiting, again"] = client.get(WAITING, headers=session)
    looked["at once again"] = looks(served)
    client.cookies.set("_token", token)
    answers["cookie"] = client.get(ADDRESS)
    paths = {entry.path.rpartition(":")[2] for entry in served.tenant.journal.entries()}
    shown = {name: [a.status_code, a.text, dict(a.headers)] for name, a in answers.items()}
    print(json.dumps({"answers": shown, "looked": looked, "asked": sorted(paths)}))


if __name__ == "__main__":
    main()
