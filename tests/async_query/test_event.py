"""What a resumed task reads from its event, and that nothing but an outcome passes for one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.event import WaitEvent
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.progress import LogLine
from airflow_provider_veza.async_query.watch import Ended, Outcome
from airflow_provider_veza.exceptions import QueryUnreachableError

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HANDLE = QueryHandle(
    "veza_nodes", "q1", "https://acme.vezacloud.com", "veza_default", START, Deadline.after(START, timedelta(hours=24))
)
EVENT = WaitEvent(HANDLE, Ended(Outcome.SUCCEEDED, rows=42))


@given(st.builds(Ended, st.sampled_from(Outcome), st.text(), st.none() | st.integers(min_value=0)))
def test_an_event_comes_back_from_json_as_it_was(ended: Ended) -> None:
    event = WaitEvent(HANDLE, ended)

    assert WaitEvent.from_json(json.loads(json.dumps(event.to_json()))) == event


def test_log_lines_stay_where_they_were_written() -> None:
    event = WaitEvent(HANDLE, Ended(Outcome.SUCCEEDED, lines=(LogLine(20, "Query ended."),)))

    assert "Query ended." not in json.dumps(event.to_json())


def test_keys_of_later_versions_are_ignored() -> None:
    assert WaitEvent.from_json({**EVENT.to_json(), "v": 2, "later": 1}) == EVENT


@pytest.mark.parametrize(
    "junk",
    [
        None,
        {},
        [],
        "SUCCEEDED",
        {**EVENT.to_json(), "outcome": None},
        {**EVENT.to_json(), "outcome": "success"},
        {**EVENT.to_json(), "handle": None},
        {**EVENT.to_json(), "handle": {}},
    ],
    ids=["none", "empty", "list", "text", "no outcome", "unknown outcome", "no handle", "empty handle"],
)
def test_what_tells_no_outcome_is_an_error_and_never_a_success(junk: Any) -> None:
    with pytest.raises(QueryUnreachableError, match="The next retry finds the query"):
        WaitEvent.from_json(junk)
