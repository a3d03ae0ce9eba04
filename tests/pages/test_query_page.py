"""The page of a task's query: what it says at each stage, how little it shows of rows, and that nothing in it is code."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_veza.async_query.vocabulary import Phase, Snapshot, Traits
from airflow_provider_veza.pages.access_paths import AccessPath, access_paths, picture
from airflow_provider_veza.pages.facts import TaskFacts, plain
from airflow_provider_veza.pages.its_query import QueryLook, Subject
from airflow_provider_veza.pages.landed import LandedLook
from airflow_provider_veza.pages.progress_now import ShownProgress
from airflow_provider_veza.pages.query_page import MOST_ROWS, query_page
from pages import waits
from support.landed_nights import Nights, path

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


RUNNING = Snapshot(Phase.RUNNING, "IN_PROGRESS", rows=12)


def progress(snapshot: Snapshot | None = RUNNING, why_not: str = "") -> ShownProgress:
    now = waits.START + timedelta(seconds=100)
    return ShownProgress(Subject(waits.HANDLE, "c"), QueryLook(now, snapshot, Traits(), why_not), waits.WAIT, now)


@pytest.mark.parametrize(
    ("known", "seen", "says"),
    [
        ({"xcoms": {"veza_query": HANDLE}}, RUNNING, "Runs; the task waits for it"),
        ({"xcoms": {"veza_query": HANDLE}}, None, "Submitted; the task waits for it"),
        ({"record": record("submitted")}, Snapshot(Phase.FAILED, "X"), "Has failed; the task has not seen that yet"),
        ({"fields": {"handle": HANDLE | {"fingerprint": "f"}}}, RUNNING, "A query of another task: Runs"),
        (
            {"state": "success", "xcoms": {"veza_query": HANDLE, "return_value": HANDLE}},
            RUNNING,
            "Runs; the DAG run answers",
        ),
    ],
    ids=str,
)
def test_the_heading_is_what_a_look_showed_where_one_was_made(
    known: dict[str, Any], seen: Snapshot | None, says: str
) -> None:
    shown = query_page(facts(**{"state": "deferred", **known}), preview_rows=0, progress=progress(seen))
    assert f"<h1>{says}" in shown


def test_progress_is_listed_and_what_a_service_said_in_it_is_text() -> None:
    snapshot = Snapshot(Phase.RUNNING, MALICE, rows=1204, told=("17 of 40 shards done",), warnings=(MALICE,))
    shown = query_page(facts(state="deferred"), preview_rows=0, progress=progress(snapshot, why_not=MALICE))

    for text in ("<h2>Now</h2>", "<dd>1,204</dd>", "<dd>17 of 40 shards done</dd>", "<dd>100 s</dd>", "in a triggerer"):
        assert text in shown
    assert "<script" not in shown
    assert {"\x1b", "\u202e", "\r"}.isdisjoint(shown)


def test_a_task_that_only_submitted_is_not_said_to_have_delivered_rows() -> None:
    shown = page(state="success", xcoms={"veza_query": HANDLE, "return_value": HANDLE})
    assert "<h1>Submitted; the DAG run answers for it" in shown
    assert "not stored" not in shown


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
    assert "none is stored" in page(record=record("submitted"))


def report(**known: Any) -> dict[str, Any]:
    return {"veza_query": HANDLE, "veza_report": {"v": 1, "query_id": "q-77", **known}}


SEEN_AT = "2026-11-22T06:01:31+00:00"


@pytest.mark.parametrize(
    ("known", "says"),
    [
        (
            {"outcome": "SUCCEEDED", "seen_at": SEEN_AT},
            ["succeeded, seen 2026-11-22T06:01:31+00:00, 90 s after the submit"],
        ),
        ({"outcome": "SUCCEEDED", "looks": 14, "failed_looks": 2}, ["14, 2 of them failed", "<dd>not stored</dd>"]),
        ({"outcome": "SUCCEEDED", "looks": 3, "failed_looks": 0}, ["3, none of them failed"]),
        ({"outcome": "FAILED", "seen_at": SEEN_AT}, ["<h1>Failed", "failed, seen"]),
        ({"outcome": "GONE", "seen_at": SEEN_AT}, ["<h1>Unknown to the service"]),
        ({"outcome": "DEADLINE_PASSED", "cancel": "cancelled"}, ["<h1>Cancelled", "confirmed, by an attempt"]),
        ({"outcome": "DEADLINE_PASSED", "cancel": "already_ended"}, ["<h1>Not in time", "the query had ended"]),
        ({"outcome": "DEADLINE_PASSED", "cancel": "not_possible"}, ["<dd>not possible"]),
        ({"outcome": "DEADLINE_PASSED", "cancel": "failed"}, ["the query may still run"]),
        ({"rows": 412, "delivered_at": SEEN_AT}, ["<dt>rows, by the service</dt><dd>412", f"<dd>{SEEN_AT}"]),
        ({"outcome": "of a later version", "seen_at": SEEN_AT}, ["as of a later version"]),
    ],
    ids=str,
)
def test_how_the_query_went_is_told_from_what_the_attempt_left(known: dict[str, Any], says: list[str]) -> None:
    shown = page(state="failed", xcoms=report(**known))
    assert [text for text in says if text not in shown] == []


def test_what_nothing_stores_is_said_to_be_not_stored() -> None:
    assert page(state="failed", xcoms={"veza_query": HANDLE}).count("<dd>not stored</dd>") == 2
    assert "in the task's log, until the wait has ended" in page(state="deferred", xcoms={"veza_query": HANDLE})


@pytest.mark.parametrize("given", [HANDLE | {"fingerprint": "f"}, str(HANDLE), f"{HANDLE}".replace("'", '"')], ids=str)
def test_a_task_that_works_on_the_query_of_another_shows_that_query(given: Any) -> None:
    shown = page(fields={"handle": given})
    assert "<h1>A query of another task" in shown
    assert "<dd>q-77</dd>" in shown


@pytest.mark.parametrize("given", ["", "None", [HANDLE, HANDLE], "[]", "{", 7, {"id": "q"}], ids=str)
def test_a_handle_that_is_none_breaks_no_page(given: Any) -> None:
    assert "<h1>Not submitted" in page(fields={"handle": given})


def landed(**known: Any) -> str:
    summary = {"manifest": "s3://lake/access/_manifest.json", "query_id": "q-77"}
    return query_page(
        facts(xcoms={"veza_query": HANDLE, "return_value": summary}), preview_rows=10, landed=LandedLook(**known)
    )


def test_landed_rows_are_shown_with_their_paths_and_how_they_were_landed(tmp_path: Path) -> None:
    result = Nights(str(tmp_path), "csv").land([path("ada", "payroll", ["s3:Get"])])
    shown = landed(rows=list(result), manifest=result.manifest)

    for text in ("&quot;source_id&quot;", "<svg", ">ada<", ">payroll<", "0 s, 1 pages", "pages asked for again"):
        assert text in shown


def test_why_no_landed_rows_are_shown_is_said() -> None:
    assert "<p>The storage did not answer within 10 s.</p>" in landed(why_not="The storage did not answer within 10 s.")


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
        {
            "xcoms": report(
                outcome=MALICE, cancel=MALICE, seen_at=SEEN_AT, delivered_at=MALICE, rows=MALICE, looks=MALICE
            )
        },
        {"fields": {"handle": {**HANDLE, "id": MALICE, "tenant": MALICE}}},
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


@pytest.mark.parametrize(
    "of_bucket", [{"destination_id": "payroll"}, {"destination_properties.name": "payroll"}], ids=str
)
def test_a_row_of_a_table_is_drawn_whichever_columns_name_its_nodes(of_bucket: dict[str, str]) -> None:
    row = {"source_id": "u0", "source_properties.name": "person 0", "abstract_permissions": ["DATA_READ"], **of_bucket}
    assert access_paths([row, {"source_id": "u0"}]) == [AccessPath("person 0", "DATA_READ", "payroll")]


def test_nodes_between_are_shown_before_permissions() -> None:
    between = {**ROWS[0], "path_summary_nodes": [{"id": "g1", "properties": {"name": "admins"}}]}
    assert access_paths([between, ROWS[1]]) == [
        AccessPath("person 0", "admins", "payroll"),
        AccessPath("person 1", "DATA_READ", "payroll"),
    ]


@pytest.mark.parametrize(
    ("stored", "value"),
    [('{"a": 1}', {"a": 1}), ("https://x", "https://x"), ([1], [1]), (None, None), ("[" * 9_999, "[" * 9_999)],
)
def test_a_stored_value_is_read_as_json_and_as_nothing_else(stored: object, value: object) -> None:
    assert plain(stored) == value
