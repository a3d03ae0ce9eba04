"""What the page says of a query that somebody waits for, from what one look showed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.polling import PollSchedule
from airflow_provider_veza.async_query.vocabulary import Phase, Snapshot, Traits
from airflow_provider_veza.pages.its_query import QueryLook, Subject
from airflow_provider_veza.pages.progress_now import ShownProgress
from pages.waits import HANDLE, START, WAIT

SOON = START + timedelta(minutes=5)
NODES, ESQL = Traits(absent_grace_seconds=5.0), Traits(long_poll_seconds=30.0, storing_grace_seconds=10.0)
RUNNING = Snapshot(Phase.RUNNING, "IN_PROGRESS", rows=1204)


def progress(
    snapshot: Snapshot = RUNNING, *, at: datetime = SOON, traits: Traits = NODES, wait: Any = WAIT, handle: Any = HANDLE
) -> ShownProgress:
    seen = QueryLook(at - timedelta(seconds=4), snapshot, traits)
    return ShownProgress(Subject(handle, "veza_reader"), seen, wait, at)


def said(progress: ShownProgress) -> dict[str, str]:
    return {label: text for label, text in progress.lines() if text}


@pytest.mark.parametrize(
    ("snapshot", "more", "heading", "has_ended"),
    [
        (RUNNING, {}, "Runs", False),
        (RUNNING, {"at": START + timedelta(minutes=31)}, "Runs on, though its deadline has passed", False),
        (Snapshot(Phase.SUCCEEDED, "DONE"), {}, "Has succeeded", True),
        (
            Snapshot(Phase.SUCCEEDED, "DONE"),
            {"handle": replace(HANDLE, stale_until=SOON)},
            "Has succeeded, perhaps with an older result for some seconds",
            False,
        ),
        (Snapshot(Phase.FAILED, "FAILED", error="out of memory"), {}, "Has failed", True),
        (Snapshot(Phase.CANCELED, "CANCELED"), {}, "Was cancelled by somebody else", True),
        (Snapshot(Phase.GONE, "UNKNOWN"), {}, "Is unknown to the service by now", True),
        (
            Snapshot(Phase.GONE, "UNKNOWN"),
            {"at": START + timedelta(seconds=6)},
            "Is not visible yet to the service",
            False,
        ),
        (Snapshot(Phase.GONE, "HTTP 404"), {"traits": ESQL}, "Is not visible yet to the service", False),
    ],
    ids=str,
)
def test_the_heading_is_what_a_waiter_would_make_of_the_look(
    snapshot: Snapshot, more: dict[str, Any], heading: str, has_ended: bool
) -> None:
    seen = progress(snapshot, **more)
    assert (seen.heading, seen.has_ended) == (heading, has_ended)


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("seconds", [0, 3, 300, 100_000])
@pytest.mark.parametrize("stale_until", [None, SOON])
def test_every_phase_at_every_time_has_a_heading(phase: Phase, seconds: int, stale_until: datetime | None) -> None:
    at, handle = START + timedelta(seconds=seconds), replace(HANDLE, stale_until=stale_until)
    for traits in (NODES, ESQL):
        assert progress(Snapshot(phase, "x"), at=at, traits=traits, handle=handle).heading


def test_state_rows_times_and_the_next_look_are_told() -> None:
    assert said(progress()) == {
        "looked at": "2026-11-22T06:04:56+00:00, 4 s ago, for this page",
        "state, by the service": "IN_PROGRESS",
        "rows so far": "1,204",
        "since the submit": "300 s",
        "deadline": "in 1,500 s",
        "wait": "in a triggerer",
        "the task's next look": "within 19 s, by its schedule",
    }


def test_what_elasticsearch_counts_is_told_and_its_long_poll_needs_no_schedule() -> None:
    snapshot = Snapshot(Phase.RUNNING, "running", told=("17 of 40 shards done", "5 documents found"))
    told = said(progress(snapshot, traits=ESQL))
    assert told["progress"] == "17 of 40 shards done; 5 documents found"
    assert "at once" in told["the task's next look"]


def test_an_ended_query_shows_its_rows_or_its_error() -> None:
    assert said(progress(Snapshot(Phase.SUCCEEDED, "DONE", rows=7)))["rows"] == "7"
    assert said(progress(Snapshot(Phase.FAILED, "FAILED", error="out of memory")))["error"] == "out of memory"


def test_a_wait_that_no_triggerer_has_taken_up_is_told_and_a_fixed_interval_is_its_schedule() -> None:
    wait = replace(WAIT, is_taken_up=False, schedule=PollSchedule(fixed_interval=100.0))
    told = said(progress(wait=wait))
    assert told["wait"] == "no triggerer has taken it up yet; is one running?"
    assert told["the task's next look"].startswith("within 110 s")


def test_a_worker_that_waits_has_the_querys_deadline_and_tells_no_schedule() -> None:
    told = said(progress(wait=None, handle=replace(HANDLE, deadline=Deadline(SOON - timedelta(seconds=9)))))
    assert told["deadline"] == "passed 9 s ago"
    assert told.keys().isdisjoint({"wait", "the task's next look"})


@pytest.mark.parametrize(
    ("look", "says"),
    [
        (None, {"looked at": "never by this page: [veza] page_looks is off"}),
        (QueryLook(why_not="Load it again."), {"looked at": "not yet", "not seen": "Load it again."}),
        (QueryLook(SOON, why_not="It refused."), {"not seen": "It refused."}),
    ],
)
def test_a_look_that_showed_nothing_says_why_and_times_are_told_all_the_same(look: Any, says: dict[str, str]) -> None:
    seen = ShownProgress(Subject(HANDLE, "c"), look, WAIT, SOON)
    assert (seen.heading, seen.has_ended) == ("", False)
    assert says.items() <= said(seen).items()
    assert {"since the submit", "deadline", "wait", "the task's next look"} <= said(seen).keys()
