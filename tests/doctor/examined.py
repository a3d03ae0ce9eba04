"""A tenant as the doctor sees it: examined over real sockets, while its clock moves only when the doctor waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests

from airflow_provider_veza.doctor.assumptions import Finding, judge_all
from airflow_provider_veza.doctor.driver import MOST_UNANSWERED, Driver
from airflow_provider_veza.doctor.examination import Plan
from airflow_provider_veza.doctor.report import Report
from airflow_provider_veza.doctor.seen import Seen
from airflow_provider_veza.doctor.verdicts import Case, Verdict
from airflow_provider_veza.doctor.visit import Visit, visit
from airflow_provider_veza.hooks.connection_fields import defaults
from airflow_provider_veza.hooks.veza_settings import VezaSettings
from airflow_provider_veza.services.veza_nodes import VezaNodesService
from airflow_provider_veza.transport.settings import ApiKeyAuth, TransportSettings
from airflow_provider_veza.transport.sync import SyncTransport
from doctor.altered import Alteration, AlteredTransport, unaltered
from doctor.forwarder import Forwarder
from veza_emulator.http.server import RunningTenant, running_tenant
from veza_emulator.tenant.executions import Family
from veza_emulator.tenant.settings import TenantSettings
from veza_emulator.tenant.tenant import Tenant
from veza_emulator.variants import Variants

PLAN = Plan("airflow-provider-veza doctor 0f0e0d0c", "0d6a34ac-5ab5-4b0a-b7ad-6f27fd5a1b3c")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def tenant_with(size: int = 1_000, **variants: Any) -> Tenant:
    """Return a tenant whose time stands still; it has more Okta users than a page has rows."""
    return Tenant(TenantSettings(size=size, variants=Variants(**variants)), now=lambda: NOON)


def settings_of(
    running: RunningTenant, url: str = "", transport: Mapping[str, Any] | None = None, **settings: Any
) -> VezaSettings:
    """Return what a connection to the tenant says; no test waits for the pace.

    :param url: where the tenant is asked, if not at its own address.
    :param transport: what the connection says of the transport.
    """
    fields = {"rate_limit": 100_000, **(transport or {})}
    return replace(
        VezaSettings(TransportSettings(url or running.url, ApiKeyAuth(running.api_key), "tests", **fields)), **settings
    )


def driver_of(tenant: Tenant, transport: Any, **options: Any) -> Driver:
    """Return a driver whose waits move the tenant's clock, and nothing else."""
    return Driver(
        transport,
        sleep=lambda seconds: tenant.clock.advance(timedelta(seconds=seconds)) and None,
        monotonic=lambda: tenant.clock.now().timestamp(),
        **options,
    )


def visited(
    running: RunningTenant, veza: VezaSettings, plan: Plan = PLAN, alteration: Alteration = unaltered, **options: Any
) -> Visit:
    with SyncTransport(veza.transport) as transport:
        driver = driver_of(running.tenant, AlteredTransport(transport, alteration), **options)
        return visit(veza, plan, driver)


def findings_of(visit: Visit, veza: VezaSettings) -> dict[str, Finding]:
    """Return the findings by name, as they would be of a tenant that is no emulator."""
    assert isinstance(visit.outcome, Seen), visit.outcome
    findings = judge_all(Case(veza, visit.outcome, visit.asked))
    return {finding.assumption.name: finding for finding in findings}


def by_name(report: Report) -> dict[str, Finding]:
    """Return the findings of a report by name."""
    assert isinstance(report.visit.outcome, Seen), report.visit.outcome
    return {finding.assumption.name: finding for finding in report.findings}


def contradictions(findings: Mapping[str, Finding]) -> dict[str, tuple[str | None, Any]]:
    """Return the contradicted assumptions, each with the connection extra that helps and its value."""
    advised = {name: f.advice for name, f in findings.items() if f.verdict is Verdict.CONTRADICTED}
    assert all(advised.values()), "a contradiction without advice"
    assert {advice.extra for advice in advised.values() if advice} <= {None, *defaults()}, (
        "an extra that does not exist"
    )
    return {name: (advice.extra, advice.value) for name, advice in advised.items() if advice}


def save_a_query(running: RunningTenant, name: str = "All Okta users") -> str:
    """Save a query in the tenant, as its users do; return its id."""
    key = {"Authorization": f"Bearer {running.api_key}"}
    query = {"name": name, "source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}
    answer = requests.post(f"{running.url}/api/v1/assessments/queries", json=query, headers=key, timeout=30)
    answer.raise_for_status()
    return str(answer.json().get("value", answer.json())["id"])


def not_seen(findings: Mapping[str, Finding]) -> set[str]:
    """Return the names of what was not seen."""
    return {name for name, finding in findings.items() if finding.verdict is Verdict.NOT_SEEN}


def seen_through(
    forwarder: Forwarder,
    tenant: Tenant,
    plan: Plan = PLAN,
    most_unanswered: int = MOST_UNANSWERED,
    **settings: Any,
) -> Report:
    """Return the report on a tenant of which the doctor cannot know that it is an emulator; it leaves nothing running."""
    variants, tenant.variants = tenant.variants, Variants()
    with running_tenant(tenant) as running:
        save_a_query(running)
        tenant.variants = variants
        veza = settings_of(running, forwarder.leading_to(urlsplit(running.url).port or 0), **settings)
        seen = visited(running, veza, plan, most_unanswered=most_unanswered)
        tenant.variants = Variants()
        assert [execution for execution in tenant.running() if execution.family is Family.NODES] == []
    return Report.of(seen, veza)


def examined(tenant: Tenant, plan: Plan = PLAN, **settings: Any) -> dict[str, Finding]:
    """Examine a tenant that leaves nothing running and return the findings by name, as they would be of no emulator."""
    with running_tenant(tenant) as running:
        save_a_query(running)
        veza = settings_of(running, nodes=VezaNodesService(**settings.pop("nodes", {})), **settings)
        seen = visited(running, veza, plan)
    assert [execution for execution in tenant.running() if execution.family is Family.NODES] == []
    assert seen.left == ()
    return findings_of(seen, veza)
