"""Every variant of the emulator, and what the doctor says of a tenant that is so: which assumption falls, and what helps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

import pytest

from airflow_provider_veza.doctor.assumptions import ASSUMPTIONS
from airflow_provider_veza.doctor.seen import Stopped
from airflow_provider_veza.doctor.verdicts import Verdict
from doctor.examined import PLAN, contradictions, examined, settings_of, tenant_with, visited
from veza_emulator import hostility
from veza_emulator.http.server import running_tenant
from veza_emulator.variants import (
    ApiKeys,
    EqualSpecs,
    FirstLook,
    LookMethods,
    LostTask,
    MiddlePages,
    PageSizeOverMaximum,
    PageTokenPlace,
    RateLimitHeaders,
    RowCount,
    TaskResult,
    Variants,
)

PREVIEW = "/api/preview/assessments/query_spec:nodes_async_get"
NO_EXTRA = (None, None)

Contradictions = Mapping[str, tuple[str | None, Any]]
"""By assumption: the connection extra that helps, and its value."""

CONTRADICTED: Mapping[StrEnum, Contradictions] = {
    LookMethods.GET: {"nodes_look": ("nodes_get_method", "GET")},
    PageTokenPlace.QUERY_STRING: {"page_token": ("nodes_get_method", "GET")},
    RowCount.WRONG: {"row_count": NO_EXTRA},
    EqualSpecs.SHARED_RUN: {"own_execution": NO_EXTRA},
    EqualSpecs.SAME_ID: {"own_execution": NO_EXTRA},
    LostTask.UNKNOWN_STATE: {"lost_task": NO_EXTRA},
}
NOT_EXAMINED = {ApiKeys.REFUSED}


def choices() -> list[tuple[str, StrEnum]]:
    """Return each choice of each switch, but for those of harm: what the doctor makes of harm is in `tests/hostile`."""
    switches = {field.name: getattr(Variants, field.name) for field in fields(Variants)}
    choosing = {name: type(one) for name, one in switches.items() if isinstance(one, StrEnum)}
    return [
        (name, choice) for name, kind in choosing.items() if kind.__module__ != hostility.__name__ for choice in kind
    ]


@pytest.mark.parametrize(("switch", "choice"), choices(), ids=lambda value: str(value))
def test_each_choice_of_each_switch_contradicts_what_it_should_and_nothing_else(switch: str, choice: StrEnum) -> None:
    if choice in NOT_EXAMINED:
        return
    assert contradictions(examined(tenant_with(**{switch: choice}))) == CONTRADICTED.get(choice, {})


def test_a_tenant_as_assumed_confirms_everything() -> None:
    findings = examined(tenant_with())

    assert list(findings) == [assumption.name for assumption in ASSUMPTIONS]
    assert {name for name, finding in findings.items() if finding.verdict is not Verdict.CONFIRMED} == set()


@pytest.mark.parametrize(
    ("variants", "expected"),
    [
        ({"running_status": "WORKING"}, {"status_names": NO_EXTRA}),
        ({"queued_status": "IN_LINE"}, {"status_names": NO_EXTRA}),
        ({"nodes_get_path": PREVIEW}, {"nodes_look": ("nodes_get_path", PREVIEW)}),
        ({"nodes_get_path": "/api/v1/assessments/elsewhere"}, {"nodes_look": NO_EXTRA, "saved_look": NO_EXTRA}),
        ({"maximum_page_size": 10}, {"page_size_maximum": ("page_size", 10)}),
        ({"maximum_page_size": 500}, {"page_size_maximum": ("page_size", None)}),
        (
            {"maximum_page_size": 30, "page_size_over_maximum": PageSizeOverMaximum.REFUSED},
            {"page_size": ("page_size", 20)},
        ),
        ({"rate_limit": 1_000, "rate_limit_headers": RateLimitHeaders.PRESENT}, {"rate_limit": ("rate_limit", None)}),
        ({"warnings": ("The graph is being rebuilt",)}, {}),
    ],
    ids=str,
)
def test_other_values_of_switches_contradict_what_they_should(variants: Any, expected: Contradictions) -> None:
    assert contradictions(examined(tenant_with(**variants))) == expected


def test_rows_that_a_task_leaves_out_contradict_only_where_they_were_few_enough_to_ask_for() -> None:
    few = tenant_with(size=100, task_result=TaskResult.NUMBER)

    nothing = replace(PLAN, node_types=("NoSuchType",))

    assert contradictions(examined(few)) == {"task_result": NO_EXTRA}
    assert contradictions(examined(tenant_with(task_result=TaskResult.NUMBER), nothing)) == {}


def test_what_was_advised_is_what_helps() -> None:
    """The settings of the advice, set: nothing is contradicted any more."""
    by_get = {"nodes_get_methods": LookMethods.GET, "nodes_get_path": PREVIEW}

    assert contradictions(examined(tenant_with(**by_get))) == {"nodes_look": ("nodes_get_path", PREVIEW)}
    assert contradictions(examined(tenant_with(**by_get), nodes={"get_path": PREVIEW, "get_method": "GET"})) == {}


def test_an_older_result_that_is_shown_first_is_covered_by_the_stale_grace_or_by_a_longer_one() -> None:
    findings = examined(tenant_with(first_look=FirstLook.CACHED_RESULT))
    without = examined(tenant_with(first_look=FirstLook.CACHED_RESULT), stale_grace=timedelta(0))

    assert findings["final_answer"].verdict is Verdict.CONFIRMED
    assert contradictions(without) == {"final_answer": ("stale_grace", 4)}


def test_empty_pages_in_the_middle_are_gone_over() -> None:
    findings = examined(tenant_with(middle_pages=MiddlePages.EMPTY_BETWEEN))

    assert findings["page_token"].verdict is Verdict.CONFIRMED


def test_a_tenant_that_refuses_the_key_is_not_examined() -> None:
    with running_tenant(tenant_with(api_keys=ApiKeys.REFUSED)) as running:
        seen = visited(running, settings_of(running), PLAN)

    assert isinstance(seen.outcome, Stopped)
    assert len(seen.asked) == 1
