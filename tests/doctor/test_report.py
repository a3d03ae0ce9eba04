"""The report: what people read, what a bug report holds and must not hold, and the exit status."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_veza.async_query.message import Request, Response
from airflow_provider_veza.doctor.assumptions import ASSUMPTIONS
from airflow_provider_veza.doctor.report import EMULATOR_NOTE, Report, as_json, as_text
from airflow_provider_veza.doctor.verdicts import Verdict
from airflow_provider_veza.doctor.visit import Visit
from airflow_provider_veza.services.veza_nodes import VezaNodesService
from doctor.altered import Alteration, Send, instead, refused, unaltered
from doctor.examined import NOON, PLAN, save_a_query, settings_of, tenant_with, visited
from veza_emulator.http.server import running_tenant
from veza_emulator.tenant.settings import TenantSettings
from veza_emulator.tenant.tenant import Tenant
from veza_emulator.variants import LookMethods

OF_ANOTHER_TYPE = replace(PLAN, node_types=("OAA.Acme Payroll.Clerk",))


def no_emulator(request: Request, send: Send) -> Response:
    """Take away what an emulator is recognised by."""
    response = send(request)
    if request.path.startswith("/_emulator"):
        return refused(404)
    return replace(response, headers={**response.headers, "server": "envoy"})


def reported(tenant: Tenant, alteration: Alteration = no_emulator, plan: Any = PLAN, name: str = "All users") -> Report:
    with running_tenant(tenant) as running:
        save_a_query(running, name)
        veza = settings_of(running)
        return Report.of(visited(running, veza, plan, alteration), veza)


def refusing_everything(status: int) -> Report:
    return reported(tenant_with(), lambda request, send: refused(status))


# What it says


def test_a_tenant_as_assumed_is_confirmed_throughout_with_status_zero() -> None:
    report = reported(tenant_with())

    assert report.exit_status == 0
    assert report.count(Verdict.CONFIRMED) == len(ASSUMPTIONS) - 3
    assert f"{len(ASSUMPTIONS) - 3} confirmed, 0 contradicted, 3 not seen." in as_text(report)
    assert as_text(report).endswith("No query was left running.\n")


def test_a_contradiction_says_which_extra_to_set_with_status_one() -> None:
    report = reported(tenant_with(nodes_get_methods=LookMethods.GET))

    assert report.exit_status == 1
    assert '-> Set the connection\'s extra nodes_get_method to "GET".' in as_text(report)
    [found] = [entry for entry in as_json(report)["assumptions"] if entry["verdict"] == "contradicted"]
    assert (found["name"], found["advice"]["extra"], found["advice"]["value"]) == (
        "nodes_look",
        "nodes_get_method",
        "GET",
    )


@pytest.mark.parametrize("status", [401, 403])
def test_a_tenant_that_lets_nobody_in_is_not_judged_with_status_two(status: int) -> None:
    report = refusing_everything(status)

    assert (report.exit_status, report.findings) == (2, ())
    assert "Nothing could be examined." in as_text(report)
    assert as_json(report)["could_not_run"]


def test_something_else_in_the_tenants_place_is_not_judged() -> None:
    page = Response(200, {"content-type": "text/html"}, b"<html>Welcome to nginx</html>")

    assert reported(tenant_with(), lambda request, send: page).exit_status == 2


def test_what_may_still_run_is_said() -> None:
    tenant = tenant_with()
    tenant.set_behaviour(replace(tenant.behaviours.get(None), duration=None))

    report = reported(tenant, instead("async_cancel", refused(403)), replace(PLAN, patience=5))

    assert len(report.visit.left) == as_json(report)["may_still_run"] - 1 > 0
    assert f"Query {report.visit.left[0]} could not be cancelled and may still run." in as_text(report)
    assert "An AsyncTask still runs" in as_text(report)


# On an emulator


@pytest.mark.parametrize(
    "alteration",
    [unaltered, lambda request, send: replace(send(request), headers={}), instead("/health", refused(404))],
    ids=["as it is", "behind a proxy that hides its name", "without its admin API"],
)
def test_an_emulator_is_said_first_and_confirms_nothing(alteration: Alteration) -> None:
    report = reported(tenant_with(), alteration)
    shown = as_json(report)

    assert as_text(report).startswith(EMULATOR_NOTE)
    assert next(iter(shown.items())) == ("emulator", True)
    assert shown["note"] == EMULATOR_NOTE
    assert shown["counts"] == {"confirmed": 0, "contradicted": 0, "not seen": len(report.findings)}


def test_what_a_variant_of_the_emulator_contradicts_stays_contradicted() -> None:
    assert reported(tenant_with(nodes_get_methods=LookMethods.GET), unaltered).exit_status == 1


def test_a_tenant_that_is_no_emulator_is_not_taken_for_one() -> None:
    assert as_json(reported(tenant_with()))["emulator"] is False


# What a bug report does not hold


def private_words(report: Report, tenant: Tenant) -> set[str]:
    executions = tenant.executions()
    ids = {e.id for e in executions} | {e.cache_id for e in executions} - {""}
    # One that is an English word stands in the report's own sentences.
    names = {str(node.properties["name"]) for node in tenant.graph.nodes if not str(node.properties["name"]).isalpha()}
    nodes = {node.id for node in tenant.graph.nodes} | names
    host = report.visit.tenant.removeprefix("http://")
    return ids | nodes | {tenant.settings.api_key, host, PLAN.lost_id, PLAN.marker}


@pytest.mark.parametrize("alteration", [no_emulator, instead("async_get", refused(500))], ids=["well", "broken"])
def test_no_id_or_name_of_the_tenant_is_in_a_bug_report(alteration: Alteration) -> None:
    tenant = tenant_with()
    report = reported(tenant, alteration, name="Clerks of Acme")
    shown = json.dumps(as_json(report))

    assert [word for word in private_words(report, tenant) | {"Clerks of Acme"} if word in shown] == []


def test_a_node_type_of_the_users_own_is_not_in_a_bug_report() -> None:
    report = reported(tenant_with(), plan=OF_ANOTHER_TYPE)

    assert "Acme Payroll" in as_text(report)
    assert "Acme" not in json.dumps(as_json(report))


SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=6).filter(lambda text: "<" not in text)


@settings(max_examples=12)
@given(secret=SECRETS.map(lambda text: f"k1{text}"), status=st.sampled_from([400, 404, 429, 500]))
def test_whatever_the_tenant_says_of_the_token_or_of_an_id_it_is_not_in_a_bug_report(secret: str, status: int) -> None:
    """The tenant echoes the key in states, errors, headers and ids."""
    tenant = Tenant(TenantSettings(size=120, api_key=secret), now=lambda: NOON)

    def echoing(request: Request, send: Send) -> Response:
        response = no_emulator(request, send)
        if "/async_tasks/" in request.path:
            return replace(
                refused(status), body=json.dumps({"code": secret, "message": secret, secret: secret}).encode()
            )
        headers = {**response.headers, "x-ratelimit-limit": secret, "x-request-id": secret}
        return replace(
            response, headers=headers, body=response.body.replace(b'"IN_PROGRESS"', json.dumps(secret).encode())
        )

    report = reported(tenant, echoing, name=str(uuid.uuid5(uuid.NAMESPACE_URL, secret)))

    assert secret in as_text(report)
    assert secret not in json.dumps(as_json(report), ensure_ascii=False)
    assert json.dumps(secret)[1:-1] not in json.dumps(as_json(report))


def test_a_custom_path_of_the_connection_is_not_in_a_bug_report() -> None:
    with running_tenant(tenant_with()) as running:
        veza = settings_of(running, nodes=VezaNodesService(get_path="/api/v1/acme/own"))
        report = Report.of(visited(running, veza, PLAN, no_emulator), veza)

    assert "acme/own" in as_text(report)
    assert "acme/own" not in json.dumps(as_json(report))


def test_the_report_of_a_visit_that_never_reached_anything_can_be_shown() -> None:
    from airflow_provider_veza.doctor.seen import Stopped

    report = Report(Visit("https://acme.vezacloud.com", Stopped(("Interrupted.",)), ()))

    assert as_json(report)["requests"] == 0
    assert "Interrupted." in as_text(report)
