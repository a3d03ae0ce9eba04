"""The OpenAPI document: it is valid, it names every route and no other, and no request makes the emulator break it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openapi_spec_validator
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.routing import BaseRoute, Mount, Route

from tests.openapi.generated_requests import REQUESTS
from veza_emulator.http.app import build_app
from veza_emulator.http.connections import Client
from veza_emulator.openapi.document import OPERATIONS, openapi_document
from veza_emulator.openapi.operations import Operation
from veza_emulator.tenant.settings import TenantSettings
from veza_emulator.tenant.tenant import Tenant

DECLARED = [operation for operations in OPERATIONS.values() for operation in operations]
EXAMPLES = 10
WITH_INPUT = [operation for operation in DECLARED if operation.query or operation.body]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


class NoConnections:
    """Stands in for the connections of a server, since the application only stands here to be asked for its routes."""

    def reset(self, client: Client) -> None:
        raise NotImplementedError

    def close(self, client: Client) -> None:
        raise NotImplementedError

    def refuse_new(self, seconds: float, *, spared: Client) -> None:
        raise NotImplementedError


def served(routes: list[BaseRoute], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Give the method and path of every route; a HEAD is Starlette's own addition to a GET."""
    for route in routes:
        if isinstance(route, Mount):
            yield from served(route.routes, prefix + route.path)
        elif isinstance(route, Route):
            yield from ((method, prefix + route.path) for method in (route.methods or set()) - {"HEAD"})


@pytest.fixture(scope="module")
def document() -> Any:
    return openapi_document()


def test_the_document_is_valid(document: Any) -> None:
    openapi_spec_validator.validate(document)


def test_the_document_is_served_without_a_key(client: Any, document: Any) -> None:
    del client.session.headers["Authorization"]
    assert client.admin("openapi.json") == document


def test_every_route_is_in_the_document_and_every_operation_is_served() -> None:
    routes = build_app(Tenant(TenantSettings(size=100)), NoConnections()).routes
    assert sorted(served(routes)) == sorted((operation.method, operation.path) for operation in DECLARED)


def test_every_operation_has_an_id_of_its_own() -> None:
    ids = [operation.id for operation in DECLARED]
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize("operation", DECLARED, ids=lambda operation: operation.id)
def test_no_right_request_makes_an_operation_break_its_promise(
    operation: Operation, client: Any, payroll_access: Any
) -> None:
    keep_promises(client, payroll_access, operation, GenerationMode.POSITIVE)


@pytest.mark.parametrize("operation", WITH_INPUT, ids=lambda operation: operation.id)
def test_no_wrong_request_makes_an_operation_break_its_promise(
    operation: Operation, client: Any, payroll_access: Any
) -> None:
    keep_promises(client, payroll_access, operation, GenerationMode.NEGATIVE)


def test_a_broken_promise_is_noticed(client: Any, payroll_access: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client.tenant, "answer", lambda _: 1 / 0)
    counted = next(operation for operation in DECLARED if operation.id == "GetAssessmentQueryResult")
    with pytest.raises(FailureGroup, match="Server error"):
        keep_promises(client, payroll_access, counted, GenerationMode.POSITIVE)


def keep_promises(client: Any, spec: Any, operation: Operation, mode: GenerationMode) -> None:
    """Send generated requests to one operation; fail when an answer is a server error or not as the document says."""
    known = known_ids(client, spec)
    cases = REQUESTS[mode][operation.path][operation.method].as_strategy(generation_mode=mode)
    headers = {"Authorization": f"Bearer {client.running.api_key}"}

    # The tenant keeps what one example did to it, as a real one would: a promise holds whatever came before.
    @hypothesis_settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), database=None)
    @given(case=cases, on_known=st.booleans())
    def hold(case: Any, on_known: bool) -> None:
        if on_known:
            case.path_parameters.update((name, known[name]) for name in case.path_parameters if name in known)
        case.call_and_validate(base_url=client.running.url, headers=headers, checks=CHECKS, timeout=10)

    hold()


def known_ids(client: Any, spec: Any) -> dict[str, str]:
    """Return ids of things that are there, so that requests get past "not found"."""
    query_id = client.answer("POST", "/api/v1/assessments/queries", json={"name": "known", **spec})["value"]["id"]
    report = {"name": "known", "queries": [{"query": query_id}]}
    report_id = client.answer("POST", "/api/preview/assessments/reports", json=report)["value"]["id"]
    providers = "/api/v1/providers/custom"
    provider = {"name": "known", "custom_template": "application"}
    provider_id = client.answer("POST", providers, json=provider)["value"]["id"]
    data_source = client.answer("POST", f"{providers}/{provider_id}/datasources", json={"name": "known"})["value"]
    return {
        "query_id": query_id,
        "report_id": report_id,
        "task_id": client.create_task(spec)["id"],
        "provider_id": provider_id,
        "data_source_id": data_source["id"],
    }
