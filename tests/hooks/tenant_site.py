"""A demo tenant together with the Airflow connection to it, and what tests ask of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.hooks.veza import VezaHook
from airflow_provider_veza.services.veza_query import check_query
from veza_emulator.http.server import RunningTenant
from veza_emulator.tenant.faults import Fault, FaultKind, FaultMatch

CONN_ID = "veza_default"
OKTA_USERS = {"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}
PAYROLL_BUCKET = {"node_type": "S3Bucket", "node_id": "arn:aws:s3:::acme-payroll-exports"}
PAYROLL_ACCESS = {
    **OKTA_USERS,
    "relates_to_exp": {"specs": [{"node_types": {"nodes": [PAYROLL_BUCKET]}}]},
    "result_value_type": "SOURCE_AND_DESTINATION_NODES",
}
# No test waits for the pace.
UNPACED = {"rate_limit": 100_000}


def query(spec: Any = None, **arguments: Any) -> Any:
    """Return a query for the users who reach the payroll exports, or for what ``spec`` says."""
    return check_query(PAYROLL_ACCESS if spec is None else spec, **arguments).query


def in_an_hour() -> Deadline:
    return Deadline.after(datetime.now(UTC), timedelta(hours=1))


@dataclass(frozen=True)
class Site:
    """A tenant and the connection to it."""

    demo: RunningTenant
    define_connection: Callable[..., None]

    def connect(self, conn_id: str = CONN_ID, *, password: str | None = None, **extra: Any) -> VezaHook:
        """Define the connection and return a hook on it."""
        key = self.demo.api_key if password is None else password
        self.define_connection(conn_id, host=self.demo.url, password=key, extra=UNPACED | extra)
        return VezaHook(veza_conn_id=conn_id)

    def let_queries_end(self) -> None:
        self.demo.tenant.clock.advance(timedelta(seconds=3))

    def spoil(self, kind: FaultKind, suffix: str = "", **fields: Any) -> None:
        """Make the next matching request go wrong."""
        self.demo.tenant.faults.add(Fault(kind, FaultMatch(path_suffix=suffix), **fields))

    @property
    def seen(self) -> list[str]:
        """The last part of each path that was asked for, with the status of the answer."""
        return [f"{e.path.rpartition('/')[2]} {e.status}" for e in self.demo.tenant.journal.entries()]

    @property
    def states(self) -> list[str]:
        """The state of each query, oldest first."""
        now = self.demo.tenant.clock.now()
        return [str(execution.state(now)) for execution in self.demo.tenant.executions()]


def foreign_handle() -> QueryHandle:
    """Return a handle of a tenant that no connection leads to."""
    return QueryHandle("veza_nodes", "q1", "https://other.vezacloud.com", "other", datetime.now(UTC), in_an_hour())


def rows(hook: VezaHook, handle: QueryHandle) -> list[Any]:
    """Return all rows, page after page."""
    return [row for page in hook.pages(handle) for row in page.rows]
