"""Every variant of the emulator, hidden behind a proxy, and the verdicts on it: what falls, what helps, what was not seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar

import pytest

from airflow_provider_veza.async_query.message import Request, Response
from airflow_provider_veza.doctor.assumptions import ASSUMPTIONS
from airflow_provider_veza.doctor.seen import Stopped
from airflow_provider_veza.doctor.verdicts import Verdict
from airflow_provider_veza.doctor.words import redacted, spoken
from airflow_provider_veza.services.veza_result import VezaResultService
from airflow_provider_veza.services.veza_rows import DEFAULT_ROWS_FIELDS
from airflow_provider_veza.services.veza_sync import VezaSyncService
from airflow_provider_veza.transport.settings import TotalTimes
from doctor.altered import Send, answered
from doctor.examined import (
    PLAN,
    by_name,
    contradictions,
    examined,
    not_seen,
    seen_through,
    settings_of,
    tenant_with,
    visited,
)
from doctor.forwarder import Forwarder
from veza_emulator.hostility import Counts, Drip, EchoedCredential, EndlessBody, EndlessPages, PageMarks
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

T = TypeVar("T")
Contradictions = Mapping[str, tuple[str | None, Any]]
"""By assumption: the connection extra that helps, and its value."""

NEVER_SEEN = {"failed_states", "failed_task", "saved_owner"}
"""The doctor asks for nothing that fails, and no document knows a field that names whose a saved query is."""


def by_choice(*rows: tuple[StrEnum, T]) -> Mapping[tuple[type[StrEnum], StrEnum], T]:
    """Return rows by switch and choice: the choices of several switches are called alike."""
    return {(type(choice), choice): row for choice, row in rows}


CONTRADICTED = by_choice(
    (LookMethods.GET, {"nodes_look": ("nodes_get_method", "GET")}),
    (PageTokenPlace.QUERY_STRING, {"page_token": ("nodes_get_method", "GET"), "pages_end": NO_EXTRA}),
    (RowCount.WRONG, {"row_count": NO_EXTRA}),
    (EqualSpecs.SHARED_RUN, {"own_execution": NO_EXTRA}),
    (EqualSpecs.SAME_ID, {"own_execution": NO_EXTRA}),
    (LostTask.UNKNOWN_STATE, {"lost_task": NO_EXTRA}),
    (TaskResult.NUMBER, {"task_rows": NO_EXTRA}),
    (PageMarks.ABSENT, {"page_marks": NO_EXTRA, "sync_nodes": NO_EXTRA}),
    (EndlessPages.WITH_ROWS, {"page_token": NO_EXTRA, "pages_end": NO_EXTRA}),
    (EndlessPages.WITHOUT_ROWS, {"rows_shape": NO_EXTRA, "pages_end": NO_EXTRA}),
    *(
        (counts, dict.fromkeys(("row_count", "sync_result", "task_result"), NO_EXTRA))
        for counts in Counts
        if counts is not Counts.USUAL
    ),
)
UNREAD_ROWS = {
    *("row_count", "sync_result", "page_size", "page_size_maximum", "page_token", "cached_context", "task_rows"),
}
NOT_SEEN = by_choice(
    (PageTokenPlace.QUERY_STRING, {"row_count", "sync_result"}),
    (RowCount.ABSENT, {"row_count"}),
    (EqualSpecs.SHARED_RUN, {"final_answer"}),
    (EqualSpecs.SAME_ID, {"final_answer"}),
    (PageMarks.ABSENT, UNREAD_ROWS | {"pages_end"}),
    (EndlessPages.WITH_ROWS, {"row_count", "sync_result"}),
    (EndlessPages.WITHOUT_ROWS, UNREAD_ROWS | {"sync_nodes"}),
    *((counts, {"task_rows"}) for counts in Counts if counts is not Counts.USUAL),
)
"""Beside what is never seen."""
NOT_EXAMINED = by_choice((ApiKeys.REFUSED, None))

LOOK = "nodes_async_get"
MET_AT_EVERY_LOOK = by_choice(
    *((echo, {"credentials_stay_unsaid", "nodes_look", "saved_look"}) for echo in EchoedCredential),
    *((drip, {"whole_answers"}) for drip in Drip),
    *((body, {"whole_answers"}) for body in EndlessBody),
)
"""What falls where looks alone are met by harm."""


def choices(*, of_answers: bool) -> list[tuple[str, StrEnum]]:
    """Return each choice of each switch: those of what is said, or those of how an answer comes."""
    switches = {field.name: getattr(Variants, field.name) for field in fields(Variants)}
    choosing = {name: type(one) for name, one in switches.items() if isinstance(one, StrEnum)}
    return [
        (name, choice)
        for name, kind in choosing.items()
        if (kind in (Drip, EndlessBody, EchoedCredential)) is of_answers
        for choice in kind
    ]


@pytest.mark.parametrize(("switch", "choice"), choices(of_answers=False), ids=lambda value: str(value))
def test_each_choice_of_each_switch_contradicts_what_it_should_and_nothing_else(
    forwarder: Forwarder, switch: str, choice: StrEnum
) -> None:
    chosen = (type(choice), choice)
    if chosen in NOT_EXAMINED:
        return
    report = seen_through(forwarder, tenant_with(**{switch: choice}))
    found = by_name(report)

    assert not report.visit.is_emulator
    assert contradictions(found) == CONTRADICTED.get(chosen, {})
    assert not_seen(found) == NEVER_SEEN | NOT_SEEN.get(chosen, set())


A_MOMENT, FAR_LATER = 0.5, 8.0
"""Seconds for a look that never comes to its end, and for one on a machine that is too busy for the first."""


@pytest.mark.parametrize(
    ("switch", "choice"),
    [(switch, choice) for switch, choice in choices(of_answers=True) if choice != "none"],
    ids=lambda value: str(value),
)
def test_harm_to_looks_is_said_with_the_fields_that_came(forwarder: Forwarder, switch: str, choice: StrEnum) -> None:
    def check(look: float) -> None:
        tenant = tenant_with(**{switch: choice, "hostile_path": LOOK, "drip_seconds": 0.05})
        small = {"total_times": TotalTimes(look=look), "max_answer_bytes": 1_000_000}
        found = by_name(seen_through(forwarder, tenant, most_unanswered=2, transport=small))
        assert set(contradictions(found)) == MET_AT_EVERY_LOOK[type(choice), choice]
        assert not_seen(found) >= {"done", "rows_shape", "row_count"}

    try:
        check(A_MOMENT)
    except AssertionError:
        check(FAR_LATER)


def test_a_redirect_to_another_host_is_said(forwarder: Forwarder) -> None:
    tenant = tenant_with(redirect_to="http://localhost:9", hostile_path=LOOK)

    found = by_name(seen_through(forwarder, tenant))

    assert set(contradictions(found)) == {"whole_answers"}
    assert "redirected (307) to another host" in spoken(found["whole_answers"].words)


def test_rows_under_another_key_are_found_and_the_extra_that_reads_them_is_advised(forwarder: Forwarder) -> None:
    found = by_name(seen_through(forwarder, tenant_with(rows_key="result")))

    assert contradictions(found) == dict.fromkeys(("rows_shape", "sync_nodes"), ("rows_field", "result"))
    assert "result[1]" in redacted(found["rows_shape"].judgement.evidence[0].came)
    assert found["row_count"].advice is None


def test_rows_under_another_key_are_read_by_the_extra_that_was_advised() -> None:
    read = examined(
        tenant_with(rows_key="result"),
        nodes={"rows_fields": ("result",)},
        sync=VezaSyncService(rows_fields=("result", *DEFAULT_ROWS_FIELDS)),
        result=VezaResultService(("result",)),
    )

    assert contradictions(read) == {}
    assert read["task_rows"].verdict is Verdict.CONFIRMED


def test_of_pages_without_marks_the_fields_are_named_that_came_instead(forwarder: Forwarder) -> None:
    found = by_name(seen_through(forwarder, tenant_with(page_marks=PageMarks.ABSENT, maximum_page_size=5)))

    assert set(contradictions(found)) == {"page_marks", "sync_nodes"}
    assert "status, progress_status.row_count, values[1]" in spoken(found["page_marks"].words)


def test_a_tenant_as_assumed_confirms_everything_that_a_well_tenant_shows(forwarder: Forwarder) -> None:
    report = seen_through(forwarder, tenant_with())
    found = by_name(report)

    assert list(found) == [assumption.name for assumption in ASSUMPTIONS]
    assert {name for name, finding in found.items() if finding.verdict is not Verdict.CONFIRMED} == NEVER_SEEN


def test_nothing_is_confirmed_without_an_answer_to_go_by(forwarder: Forwarder) -> None:
    for finding in seen_through(forwarder, tenant_with()).findings:
        if finding.verdict is Verdict.CONFIRMED:
            assert any(redacted(one.came).startswith("HTTP ") for one in finding.judgement.evidence), finding


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


def test_rows_of_a_task_are_asked_for_where_they_are_many_too_by_the_name_of_one_row() -> None:
    nothing = replace(PLAN, node_types=("NoSuchType",))
    many, few = tenant_with(task_result=TaskResult.NUMBER), tenant_with(size=100, task_result=TaskResult.NUMBER)

    assert contradictions(examined(few)) == contradictions(examined(many)) == {"task_rows": NO_EXTRA}
    assert contradictions(examined(tenant_with(task_result=TaskResult.NUMBER), nothing)) == {}
    assert examined(tenant_with())["task_rows"].verdict is Verdict.CONFIRMED


def test_what_was_advised_is_what_helps() -> None:
    """The settings of the advice, set: nothing is contradicted any more."""
    by_get = {"nodes_get_methods": LookMethods.GET, "nodes_get_path": PREVIEW}

    assert contradictions(examined(tenant_with(**by_get))) == {"nodes_look": ("nodes_get_path", PREVIEW)}
    assert contradictions(examined(tenant_with(**by_get), nodes={"get_path": PREVIEW, "get_method": "GET"})) == {}


def test_a_refused_page_size_hides_nothing_else() -> None:
    refusing = tenant_with(maximum_page_size=30, page_size_over_maximum=PageSizeOverMaximum.REFUSED)
    findings = examined(refusing)

    assert contradictions(findings) == {"page_size": ("page_size", 20)}
    assert not_seen(findings) == NEVER_SEEN | {"page_size_maximum"}


def test_an_older_result_that_is_shown_first_is_covered_by_the_stale_grace_or_by_a_longer_one() -> None:
    findings = examined(tenant_with(first_look=FirstLook.CACHED_RESULT))
    without = examined(tenant_with(first_look=FirstLook.CACHED_RESULT), stale_grace=timedelta(0))

    assert findings["final_answer"].verdict is Verdict.CONFIRMED
    assert contradictions(without) == {"final_answer": ("stale_grace", 4)}


def test_empty_pages_in_the_middle_are_gone_over() -> None:
    findings = examined(tenant_with(middle_pages=MiddlePages.EMPTY_BETWEEN))

    assert findings["page_token"].verdict is Verdict.CONFIRMED


def test_a_server_that_is_not_veza_is_not_examined() -> None:
    def elsewhere(request: Request, _send: Send) -> Response:
        return answered({"detail": "Not Found"}, 404 if request.method == "GET" else 405)

    with running_tenant(tenant_with()) as running:
        seen = visited(running, settings_of(running), PLAN, elsewhere)

    assert isinstance(seen.outcome, Stopped)
    assert "not Veza" in str(seen.outcome.reason)


def test_a_tenant_that_refuses_the_key_is_not_examined() -> None:
    with running_tenant(tenant_with(api_keys=ApiKeys.REFUSED)) as running:
        seen = visited(running, settings_of(running), PLAN)

    assert isinstance(seen.outcome, Stopped)
    assert len(seen.asked) == 1
