"""What a test holds of a served tenant: where it is, what it knows, how it goes wrong, and what it was asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from veza_emulator.http.server import RunningTenant, running_tenant
from veza_emulator.reading.checked_fields import checked
from veza_emulator.tenant.behaviours import Pace, read_behaviour
from veza_emulator.tenant.executions import Execution, ExecutionState, Family
from veza_emulator.tenant.faults import read_fault
from veza_emulator.tenant.settings import TenantSettings
from veza_emulator.tenant.tenant import Tenant
from veza_emulator.tenant.tenant_file import read_tenant
from veza_emulator.tenant.variant_choices import read_variants

_SIZE = 1_000


@dataclass(frozen=True)
class AskedQuery:
    """One asynchronous query that the tenant was asked to run."""

    id: str
    family: Family
    state: ExecutionState
    node_types: tuple[str, ...]
    rows: int
    spec: Mapping[str, Any]

    @classmethod
    def of(cls, execution: Execution, now: datetime) -> AskedQuery:
        """Return the query as it stands now."""
        return cls(
            id=execution.id,
            family=execution.family,
            state=execution.state(now),
            node_types=tuple(sorted(execution.spec.node_types)),
            rows=execution.row_count(now),
            spec=execution.spec_as_sent,
        )

    def __str__(self) -> str:
        return f"{self.family} query {self.id} for {', '.join(self.node_types)}: {self.state}"


class VezaEmulator:
    """A Veza tenant on loopback; its queries end at once unless `behave` says otherwise.

    `inject`, `behave` and `vary` take the fields of the admin API under `/_emulator`, and refuse any other.
    """

    def __init__(self, running: RunningTenant) -> None:
        self.url = running.url
        self.api_key = running.api_key
        self.connection_uri = running.connection_uri
        self.tenant = running.tenant

    def seed(self, *, nodes: Iterable[Mapping[str, Any]], edges: Iterable[Mapping[str, Any]] = ()) -> None:
        """Let the tenant hold these nodes and edges, and none of its own that it held; `tenant_file` has their fields.

        >>> with emulator_of() as emulator:
        ...     emulator.seed(
        ...         nodes=[{"id": "ada", "type": "OktaUser"}, {"id": "payroll", "type": "S3Bucket"}],
        ...         edges=[{"from": "ada", "to": "payroll", "permissions": ["s3:GetObject"]}],
        ...     )
        """
        self.tenant.replace_own_graph(read_tenant({"nodes": list(nodes), "edges": list(edges)}, "the seed"))

    def inject(self, kind: str, **fields: Any) -> None:
        """Let the next matching request go wrong; `FaultKind` tells how.

        >>> with emulator_of() as emulator:
        ...     emulator.inject("status", status=429, headers={"Retry-After": "1"}, times=2)
        ...     emulator.inject("html", status=502, match={"path_suffix": "nodes_async_get", "nth": 3})
        """
        with checked({"kind": kind, **fields}) as read:
            fault = read_fault(read)
        self.tenant.faults.add(fault)

    def behave(self, *, node_type: str | None = None, **fields: Any) -> None:
        """Set how new queries go: all of them, or those with a source of this node type.

        >>> with emulator_of() as emulator:
        ...     emulator.behave(duration_seconds=None)
        ...     emulator.behave(node_type="AwsIamRole", outcome="fail", error_reason="The graph is being rebuilt")
        """
        with checked(fields) as read:
            behaviour = read_behaviour(read, self.tenant.behaviours.get(node_type))
        self.tenant.set_behaviour(behaviour, node_type)

    def vary(self, **variants: Any) -> None:
        """Set switches for what is not known of the real service; `Variants` lists them.

        >>> with emulator_of() as emulator:
        ...     emulator.vary(lost_query="not_found", running_status="RUNNING")
        """
        with checked(variants) as read:
            chosen = read_variants(read, self.tenant.variants)
        self.tenant.variants = chosen

    def tick(self) -> None:
        """Move every running query one state further: queued, running, ended."""
        self.tenant.tick()

    def advance(self, step: timedelta) -> None:
        """Move the tenant's time forward."""
        self.tenant.clock.advance(step)

    def queries(self) -> list[AskedQuery]:
        """Return every asynchronous query so far, oldest first."""
        now = self.tenant.clock.now()
        return [AskedQuery.of(execution, now) for execution in self.tenant.executions()]

    def assert_no_orphans(self) -> None:
        """Fail if a query still runs, since nobody waits for it once the DAG has ended."""
        __tracebackhide__ = True
        running = [str(query) for query in self.queries() if query.state.is_running]
        if running:
            listed = "".join(f"\n- {query}" for query in running)
            raise AssertionError(f"{len(running)} of {len(self.queries())} queries still run at the tenant:{listed}")


@contextmanager
def emulator_of(**settings: Any) -> Iterator[VezaEmulator]:
    """Serve a tenant until the block ends; the settings are those of `TenantSettings`."""
    chosen = TenantSettings(**{"size": _SIZE, "pace": Pace.AT_ONCE, **settings})
    with running_tenant(Tenant(chosen)) as running:
        yield VezaEmulator(running)
