"""A folder holds one result: whole or not at all, each row once, whatever attempts were stopped in between."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_veza.async_query.layout import ColumnType
from airflow_provider_veza.async_query.rows import JsonRows
from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.exceptions import (
    ColumnError,
    EmptyResultError,
    LandingTakenOverError,
    PartialResultError,
    ResultsError,
    RowCountError,
    TooManyRowsError,
)
from airflow_provider_veza.results.folder import Folder
from airflow_provider_veza.results.landing_limits import LandingLimits
from airflow_provider_veza.results.row_count import RowCountCheck
from results.landed import SMALL_PARTS, Lander, following, pages_of, users

CHECKPOINT = "_checkpoint.json"


@pytest.fixture
def lander(tmp_path: Path) -> Lander:
    return Lander(tmp_path)


def test_every_row_is_landed_as_it_was_sent_and_in_order(lander: Lander) -> None:
    manifest = lander.land(pages_of(users(25)))

    assert lander.rows() == users(25)
    assert (manifest.rows, manifest.pages, len(manifest.parts)) == (25, 13, 7)


def test_only_the_parts_and_the_manifest_are_left(lander: Lander) -> None:
    manifest = lander.land(pages_of(users(25)))

    assert lander.files() == {"_manifest.json", *(part.name for part in manifest.parts)}


def test_the_manifest_says_what_was_landed_and_of_which_query(lander: Lander) -> None:
    lander.land(pages_of(users(3), total=3, warnings=("the graph is old",)))
    manifest = json.loads((lander.place / "landed" / "_manifest.json").read_text())

    assert {
        name: manifest[name] for name in ("format", "rows", "pages", "row_count", "retries", "resumed", "warnings")
    } == {
        "format": "jsonl",
        "rows": 3,
        "pages": 2,
        "row_count": 3,
        "retries": 0,
        "resumed": 0,
        "warnings": ["the graph is old"],
    }
    assert manifest["handle"]["id"] == "q1"
    assert (manifest["tenant"], manifest["fingerprint"]) == ("https://acme.vezacloud.com", "f1")
    assert set(manifest["parts"][0]) == {"name", "rows", "bytes", "sha256"}


def test_a_partial_result_is_refused_before_anything_of_it_is_written(lander: Lander) -> None:
    lander.limits = replace(lander.limits, allow_partial=False)

    with pytest.raises(PartialResultError, match="shard 3 failed"):
        lander.land(pages_of(users(25), partial=True, warnings=("shard 3 failed",)))
    assert lander.files() <= {CHECKPOINT}


@pytest.mark.parametrize(
    ("limits", "error"),
    [
        ({"allow_partial": False}, PartialResultError),
        ({"max_rows": 3}, TooManyRowsError),
        ({"max_rows": 25, "row_count_check": RowCountCheck.FAIL}, TooManyRowsError),
        ({"row_count_check": RowCountCheck.FAIL}, RowCountError),
    ],
)
@pytest.mark.parametrize("is_whole", [True, False], ids=["landed", "half landed"])
def test_what_was_landed_before_under_other_bounds_is_refused_where_these_do_not_allow_it(
    lander: Lander, limits: dict[str, Any], error: type[ResultsError], *, is_whole: bool
) -> None:
    before = lander.limits = replace(SMALL_PARTS, row_count_check=RowCountCheck.WARN)
    pages = pages_of(users(25), total=26, partial=True, warnings=("shard 3 failed",))
    lander.land(pages) if is_whole else lander.crash(pages, after=9)
    landed = lander.files()
    lander.limits = replace(before, **limits)

    with pytest.raises(error):
        lander.land(pages)
    assert not is_whole or lander.files() == landed, "a result that was landed whole stays"


def test_an_empty_result_that_was_landed_before_is_refused_where_it_is_no_result_any_more(lander: Lander) -> None:
    lander.land(pages_of([]))
    lander.limits = replace(lander.limits, fail_on_empty=True)

    with pytest.raises(EmptyResultError):
        lander.land(pages_of([]))


@pytest.mark.parametrize("after", range(14))
def test_an_attempt_after_a_crash_goes_on_after_the_last_durable_page(lander: Lander, after: int) -> None:
    pages = pages_of(users(25))
    lander.crash(pages, after)
    manifest = lander.land(pages)

    assert lander.rows() == users(25)
    assert (manifest.rows, manifest.pages, manifest.resumed) == (25, 13, 1)


def test_pages_of_durable_parts_are_not_read_again(lander: Lander) -> None:
    pages = pages_of(users(25))
    lander.crash(pages, after=9)
    landing = lander.landing()
    landing.begin()

    assert landing.progress.rows == 16
    assert len(list(following(pages, landing.progress.next_page_token))) == 5


def test_a_slow_service_loses_no_more_than_some_minutes_to_a_crash(lander: Lander) -> None:
    lander.limits = LandingLimits()
    landing = lander.landing()
    landing.begin()
    for page in pages_of(users(6))[:2]:
        lander.now += timedelta(minutes=5)
        landing.take(page)
    again = lander.landing()
    again.begin()

    assert again.progress.rows == 4


def test_a_rerun_of_a_finished_landing_changes_nothing(lander: Lander) -> None:
    first = lander.land(pages_of(users(25)))
    before = {name: (lander.place / "landed" / name).stat().st_mtime_ns for name in lander.files()}

    assert lander.land([]) == first
    assert {name: (lander.place / "landed" / name).stat().st_mtime_ns for name in lander.files()} == before


def test_a_part_that_vanished_is_landed_again(lander: Lander) -> None:
    pages = pages_of(users(25))
    first = lander.land(pages)
    lander.folder.remove(first.parts[2].name)
    lander.land(pages)

    assert lander.rows() == users(25)


def test_another_format_is_another_landing(lander: Lander) -> None:
    lander.land(pages_of(users(25)))
    replace(lander, compression="gzip").land(pages_of(users(25)))

    assert all(name.endswith((".jsonl.gz", "_manifest.json")) for name in lander.files())
    assert lander.rows() == users(25)


def test_a_new_query_replaces_the_result_of_the_one_before(lander: Lander) -> None:
    lander.land(pages_of(users(25)))
    lander.as_query("q2").land(pages_of(users(4, first=100)))

    assert lander.rows() == users(4, first=100)
    assert len(lander.files()) == 2


def test_the_result_before_stays_whole_until_the_new_one_is(lander: Lander) -> None:
    lander.land(pages_of(users(25)))
    for after in range(3):
        lander.as_query("q2").crash(pages_of(users(30, first=100)), after)
        assert lander.rows() == users(25)


def test_parts_of_two_queries_never_meet_in_one_manifest(lander: Lander) -> None:
    lander.crash(pages_of(users(25)), after=9)
    manifest = lander.as_query("q2").land(pages_of(users(25, first=100)))

    assert lander.rows() == users(25, first=100)
    assert manifest.resumed == 0
    assert lander.files() == {"_manifest.json", *(part.name for part in manifest.parts)}


@given(crashes=st.lists(st.tuples(st.sampled_from(["q1", "q2"]), st.integers(0, 12)), max_size=6))
@settings(max_examples=40)
def test_no_row_is_lost_or_repeated_however_attempts_crash(
    tmp_path_factory: pytest.TempPathFactory, crashes: list[tuple[str, int]]
) -> None:
    lander = Lander(tmp_path_factory.mktemp("landing"))
    results = {"q1": users(25), "q2": users(25, first=100)}
    for query_id, after in crashes:
        try:
            lander.as_query(query_id).crash(pages_of(results[query_id]), after)
        except AssertionError:
            continue
    lander.as_query("q2").land(pages_of(results["q2"]))

    assert lander.rows() == results["q2"]


def test_a_landing_whose_next_page_is_unknown_to_the_service_starts_over(lander: Lander) -> None:
    pages = pages_of(users(25))
    lander.crash(pages, after=9)
    landing = lander.landing()
    landing.begin()
    landing.start_over()
    for page in pages:
        landing.take(page)
    landing.finish()

    assert lander.rows() == users(25)


def test_a_task_that_lost_its_folder_to_another_one_stops_and_spoils_nothing(lander: Lander) -> None:
    first = lander.landing()
    first.begin()
    second = lander.as_query("q2").landing()
    second.begin()
    with pytest.raises(LandingTakenOverError, match="output_path of its own"):
        for page in pages_of(users(25)):
            first.take(page)
    for page in pages_of(users(25, first=100)):
        second.take(page)
    second.finish()

    assert lander.rows() == users(25, first=100)
    assert len(lander.files()) == 1 + 7


@pytest.mark.parametrize(
    ("form", "published"),
    [(form, nth) for form, parts in (("jsonl", 3), ("csv", 5), ("parquet", 5)) for nth in range(1, parts + 1)],
)
def test_whenever_another_task_takes_the_folder_the_first_never_takes_it_back(
    lander: Lander, form: str, published: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Columns that come late let the first one publish parts at its end, too: those that it writes anew."""
    first = replace(lander, format=form, limits=LandingLimits(part_bytes=1))
    second, pages = first.as_query("q2"), pages_of(users(4), 1)
    taker = second.landing()
    publish, seen = Folder.publish, list[str]()

    def then_taken(folder: Folder, source: Path, name: str) -> None:
        publish(folder, source, name)
        seen.append(name)
        if len(seen) == published:
            taker.begin()
            taker.take(pages[0])

    monkeypatch.setattr(Folder, "publish", then_taken)
    with pytest.raises(LandingTakenOverError):
        first.land(pages_of([{"id": "a"}, {"id": "b"}, {"id": "c", "late": 1}], 1))
    for page in pages[1:]:
        taker.take(page)
    manifest = taker.finish()
    assert second.files() == {"_manifest.json", *(part.name for part in manifest.parts)}
    assert len(second.rows()) == 4


def test_a_zombie_that_wakes_after_its_successor_is_done_leaves_the_result_alone(lander: Lander) -> None:
    pages = pages_of(users(25))
    zombie = lander.landing()
    zombie.begin()
    lander.land(pages)
    with pytest.raises(LandingTakenOverError, match="Another attempt of this task") as stopped:
        for page in pages:
            zombie.take(page)
    zombie.abandon()

    assert stopped.value.heals, "its successor's query would be settled under its feet"
    assert lander.rows() == users(25)


def test_an_empty_result_is_a_manifest_without_parts(lander: Lander) -> None:
    manifest = lander.land([Page()])

    assert (manifest.rows, manifest.parts, lander.rows()) == (0, (), [])


def test_empty_pages_in_the_middle_lose_nothing(lander: Lander) -> None:
    pages = pages_of(users(6))
    lander.land([pages[0], Page((), "t1"), *pages[1:]])

    assert lander.rows() == users(6)


def test_a_count_is_landed_as_one_row(lander: Lander) -> None:
    lander.land([Page(count=6)])

    assert lander.rows() == [{"count": 6}]


REFUSED = {
    "empty": (LandingLimits(fail_on_empty=True), [Page()], EmptyResultError, "no rows"),
    "a count of zero": (LandingLimits(fail_on_empty=True), [Page(count=0)], EmptyResultError, "a count of 0"),
    "too many": (LandingLimits(max_rows=5, part_bytes=200), pages_of(users(25)), TooManyRowsError, "max_rows=5"),
    "counted too many": (LandingLimits(max_rows=5), pages_of(users(4), total=9), TooManyRowsError, "counts 9 rows"),
    "counted more": (
        LandingLimits(part_bytes=200),
        pages_of(users(25), total=26),
        RowCountError,
        "counted 26.*held 25",
    ),
    "counted fewer": (LandingLimits(), pages_of(users(25), total=24), RowCountError, "counted 24.*held 25"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_result_that_must_not_be_landed_leaves_the_one_before_alone(lander: Lander, case: str) -> None:
    limits, pages, error, message = REFUSED[case]
    lander.land(pages_of(users(3)))
    before = lander.files()
    landing = replace(lander, query_id="q2", limits=limits).landing()
    landing.begin()
    with pytest.raises(error, match=message):
        for page in pages:
            landing.take(page)
        landing.finish()
    landing.abandon()

    assert lander.files() == before
    assert lander.rows() == users(3)


def test_too_many_rows_are_noticed_before_they_fill_the_disk(lander: Lander) -> None:
    lander.limits = LandingLimits(max_rows=5, part_bytes=1)
    landing = lander.landing()
    landing.begin()
    with pytest.raises(TooManyRowsError):
        for page in pages_of(users(25)):
            landing.take(page)

    assert landing.progress.pages == 3


def test_another_count_than_what_came_may_be_only_a_warning(lander: Lander, caplog: pytest.LogCaptureFixture) -> None:
    lander.limits = LandingLimits(row_count_check=RowCountCheck.WARN)
    manifest = lander.land(pages_of(users(25), total=26))

    assert (manifest.rows, manifest.row_count) == (25, 26)
    assert "counted 26 rows, but its pages held 25" in caplog.text


def test_a_partial_result_is_said_once_in_the_log_and_in_the_manifest(
    lander: Lander, caplog: pytest.LogCaptureFixture
) -> None:
    manifest = lander.land(pages_of(users(6), partial=True))

    assert manifest.partial
    assert caplog.text.count("only a part of the result") == 1


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_column_that_comes_late_is_in_every_part(lander: Lander, form: str) -> None:
    lander.format = form
    rows = users(10)
    rows[7]["properties"]["employee_id"] = "0042"
    manifest = lander.land(pages_of(rows))

    assert [column.name for column in manifest.columns][-1] == "properties.employee_id"
    assert [row["properties.employee_id"] for row in lander.rows()] == [None] * 7 + ["0042"] + [None] * 2
    assert lander.files() == {"_manifest.json", *(part.name for part in manifest.parts)}


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("after", [1, 3, 4, 5])
def test_columns_are_the_same_after_a_crash(lander: Lander, form: str, after: int) -> None:
    lander.format = form
    rows = users(10)
    rows[1]["properties"]["level"] = 3
    rows[7]["properties"]["level"] = 3.5
    lander.crash(pages_of(rows), after)
    lander.land(pages_of(rows))

    assert [row["properties.level"] for row in lander.rows()] == [
        None,
        3,
        None,
        None,
        None,
        None,
        None,
        3.5,
        None,
        None,
    ]


def test_a_column_that_cannot_be_widened_is_named(lander: Lander) -> None:
    lander.format = "parquet"
    lander.land(pages_of(users(2)))
    rows = [{"a.b": 1, "a": {"b": 2}}]
    with pytest.raises(ColumnError, match="'a.b'"):
        lander.as_query("q2").land(pages_of(rows))


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_types_that_the_answer_declares_go_before_what_its_values_look_like(lander: Lander, form: str) -> None:
    declared = {
        "id": ColumnType.STRING,
        "empty": ColumnType.INT64,
        "whole": ColumnType.DOUBLE,
        "when": ColumnType.STRING,
        "nested": ColumnType.JSON,
    }
    row = {"id": 7, "empty": None, "whole": 1, "when": "2026-11-22T12:00:00Z", "nested": {"a": 1}, "other": 1}
    lander.format = form
    manifest = lander.land([Page(JsonRows.of([row]), types=declared)])

    assert {column.name: column.type for column in manifest.columns} == {**declared, "other": ColumnType.INT64}


def test_values_that_do_not_fit_what_the_answer_declares_widen_their_column(lander: Lander) -> None:
    lander.format = "csv"
    declared = dict.fromkeys(("several", "large", "day"), ColumnType.INT64) | {"day": ColumnType.TIMESTAMP}
    row = {"several": [1, 2], "large": 2**64 - 1, "day": "yesterday"}
    manifest = lander.land([Page(JsonRows.of([row]), types=declared)])

    assert {column.type for column in manifest.columns} == {ColumnType.STRING}
    assert lander.rows() == [{"several": "[1,2]", "large": str(2**64 - 1), "day": "yesterday"}]
