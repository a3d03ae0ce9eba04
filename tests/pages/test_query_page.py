"""The page of a task's query: what it says at each stage, how little it shows of rows, and that nothing in it is code."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_veza.pages.access_paths import AccessPath, access_paths, picture
from airflow_provider_veza.pages.facts import TaskFacts, plain
from airflow_provider_veza.pages.query_page import MOST_ROWS, query_page

STARTED = datetime(2026, 11, 22, 6, tzinfo=UTC)
HANDLE = {
    "service": "veza_nodes",
    "id": "q-77",
    "tenant": "https://acme.vezacloud.com",
    "conn_id": "veza_default",
    "submitted_at": "2026-11-22T06:00:01+00:00",
    "deadline": "2026-11-23T06:00:01+00:00",
}
ROWS = [
    {
        "source": {"id": f"u{n}", "properties": {"name": f"person {n}"}},
        "destination": {"id": "b", "properties": {"name": "payroll"}},
        "abstract_permissions": ["DATA_READ"],
    }
    for n in range(20)
]
MALICE = "</pre><script>alert(1)</script>\r\n\x1b[2J\u202e"


def facts(**changes: Any) -> TaskFacts:
    known = {"dag_id": "review", "task_id": "ask", "run_id": "r1", "state": "success", "started": STARTED}
    return TaskFacts(**(known | changes))


def page(rows: int = 0, **changes: Any) -> str:
    return query_page(facts(**changes), preview_rows=rows)


def record(state: str, **more: Any) -> dict[str, Any]:
    return {"state": state, "handle": HANDLE, **more}


@pytest.mark.parametrize(
    ("known", "says"),
    [
        ({"state": "running"}, "Not submitted"),
        ({"state": "running", "record": {"state": "intent", "handle": None}}, "A submit was begun"),
        ({"state": "deferred", "xcoms": {"veza_query": HANDLE}}, "Submitted; the task waits for it"),
        ({"state": "deferred", "record": record("submitted")}, "Submitted; the task waits for it"),
        ({"state": "failed", "record": record("cancelled", cancelled_by="the sweep")}, "Cancelled"),
        ({"state": "failed", "record": record("submitted")}, "The task is failed; its log says"),
        ({"state": "success", "xcoms": {"veza_query": HANDLE}}, "Succeeded, its rows are delivered"),
        ({"state": "running", "record": record("delivered")}, "Succeeded, its rows are delivered"),
    ],
)
def test_the_heading_says_how_far_the_query_has_come(known: dict[str, Any], says: str) -> None:
    assert f"<h1>{says}" in page(**known)


def test_query_task_and_result_are_listed() -> None:
    summary = {"rows": 412000, "parts": 7, "manifest": "s3://lake/access/_manifest.json"}
    shown = page(
        xcoms={"veza_query": HANDLE, "veza_url": "https://acme.vezacloud.com/q/77", "return_value": summary},
        fields={"query_spec": {"query_type": "SOURCE_TO_DESTINATION"}, "cache_id": None},
        try_number=2,
        max_tries=3,
        ended=STARTED + timedelta(seconds=90),
    )
    for text in (
        "q-77",
        "https://acme.vezacloud.com/q/77",
        "412000",
        "_manifest.json",
        "2 of 4",
        "90 s",
        "SOURCE_TO_DEST",
    ):
        assert text in shown
    assert "cache_id" not in shown


def test_who_cancelled_a_query_is_said_once_it_is_confirmed() -> None:
    assert "confirmed, by the sweep" in page(record=record("cancelled", cancelled_by="the sweep"))
    assert "none confirmed" in page(record=record("submitted"))


@pytest.mark.parametrize(("allowed", "shown"), [(0, 0), (3, 3), (10, 10), (10_000, MOST_ROWS), (-1, 0)])
def test_no_more_rows_are_shown_than_are_allowed_and_none_by_default(allowed: int, shown: int) -> None:
    text = page(allowed, xcoms={"return_value": ROWS})
    assert text.count("&quot;source&quot;") == shown
    assert ("person 0" in text) == (shown > 0)
    assert ("<svg" in text) == (shown > 0)


def test_a_page_looks_again_by_itself_until_its_task_has_ended() -> None:
    assert 'http-equiv="refresh"' in page(state="deferred")
    assert 'http-equiv="refresh"' not in page(state="success")


@pytest.mark.parametrize(
    "known",
    [
        {"task_id": MALICE, "run_id": MALICE, "state": MALICE},
        {"xcoms": {"veza_query": dict.fromkeys(HANDLE, MALICE), "veza_url": f"https://x/{MALICE}"}},
        {"xcoms": {"veza_url": "javascript:alert(1)"}},
        {"xcoms": {"return_value": {"manifest": MALICE, "rows": MALICE}}},
        {"xcoms": {"return_value": [{"source": {"id": MALICE}, "destination": {"id": MALICE}, "n": MALICE}]}},
        {"fields": {MALICE: MALICE, "query_spec": {MALICE: [MALICE]}}},
        {"record": {"state": "cancelled", "cancelled_by": MALICE, "handle": MALICE}},
    ],
    ids=lambda known: ", ".join(known),
)
def test_what_others_wrote_is_text_whatever_it_is(known: dict[str, Any]) -> None:
    shown = page(10, **known)
    assert "<script" not in shown
    assert "javascript:" not in shown
    assert {"\x1b", "\u202e", "\r"}.isdisjoint(shown)


@pytest.mark.parametrize("odd", [None, 1, "text", [], [1], {"rows": []}, [{"source": 1, "destination": {}}], {"a": {}}])
def test_what_is_no_result_of_ours_breaks_no_page(odd: object) -> None:
    assert page(10, xcoms={"return_value": odd, "veza_query": odd}, record=None).endswith("</html>")


def test_the_picture_joins_who_through_what_and_to_which_data_and_names_each_once() -> None:
    drawn = picture(access_paths(ROWS[:3]))
    assert drawn.count("<rect") == 3 + 1 + 1
    assert drawn.count('<path d="M') == 3 + 1
    assert "3 access paths" in drawn


def test_nodes_between_are_shown_before_permissions() -> None:
    between = {**ROWS[0], "path_summary_nodes": [{"id": "g1", "properties": {"name": "admins"}}]}
    assert access_paths([between, ROWS[1]]) == [
        AccessPath("person 0", "admins", "payroll"),
        AccessPath("person 1", "DATA_READ", "payroll"),
    ]


@pytest.mark.parametrize(
    ("stored", "value"), [('{"a": 1}', {"a": 1}), ("https://x", "https://x"), ([1], [1]), (None, None)]
)
def test_a_stored_value_is_read_as_json_and_as_nothing_else(stored: object, value: object) -> None:
    assert plain(stored) == value
