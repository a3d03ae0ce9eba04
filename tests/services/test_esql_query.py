"""What an ES|QL query becomes on the wire, and which queries are the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_veza.exceptions import ArgumentError
from airflow_provider_veza.services.esql_query import EsqlQuery

QUERY = EsqlQuery("FROM logs-* | WHERE user.name == ?user | STATS n = COUNT(*)")
CLUSTER = "https://elastic.example:9200"


def body(**fields: Any) -> dict[str, Any]:
    return replace(QUERY, **fields).body(keep_alive=timedelta(hours=25))


def test_a_submit_waits_a_second_and_always_keeps_the_result_for_a_given_time() -> None:
    assert body() == {
        "query": QUERY.query,
        "wait_for_completion_timeout": "1s",
        "keep_on_completion": True,
        "keep_alive": "90000s",
    }


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        ({"params": ["amara", 7, None]}, {"params": ["amara", 7, None]}),
        ({"params": {"user": "amara", "days": 7}}, {"params": [{"user": "amara"}, {"days": 7}]}),
        ({"params": [{"user": {"value": "amara"}}]}, {"params": [{"user": {"value": "amara"}}]}),
        ({"filter": {"term": {"a": 1}}}, {"filter": {"term": {"a": 1}}}),
        ({"columnar": True}, {"columnar": True}),
        ({"locale": "de-DE", "time_zone": "Europe/Berlin"}, {"locale": "de-DE", "time_zone": "Europe/Berlin"}),
        ({"include_execution_metadata": True}, {"include_execution_metadata": True}),
        ({"params": [datetime(2026, 1, 1, tzinfo=UTC)]}, {"params": ["2026-01-01T00:00:00Z"]}),
        ({"params": [], "filter": None}, {}),
    ],
    ids=["positional", "named", "classified", "filter", "columnar", "locale", "metadata", "time", "nothing"],
)
def test_only_what_was_asked_for_is_sent_since_servers_refuse_fields_they_do_not_know(
    fields: dict[str, Any], sent: dict[str, Any]
) -> None:
    assert body(**fields) == body() | sent


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"query": "  "}, "query must be"),
        ({"query": {"FROM": "logs"}}, "query must be"),
        ({"params": "amara"}, "params must be"),
        ({"params": 7}, "params must be"),
        ({"filter": ["term"]}, "filter must be"),
        ({"params": [datetime(2026, 1, 1)]}, "cannot be sent as JSON.*has no time zone"),  # noqa: DTZ001
        ({"params": [{1}]}, "cannot be sent as JSON"),
        ({"filter": {"range": float("nan")}}, "cannot be sent as JSON"),
        ({"include_ccs_metadata": True, "include_execution_metadata": True}, "do not go together"),
    ],
    ids=str,
)
def test_what_can_be_told_to_be_wrong_is_refused_before_anything_is_sent(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(ArgumentError, match=f"{problem}.*Nothing was submitted"):
        replace(QUERY, **fields)


@pytest.mark.parametrize(
    ("fields", "is_same"),
    [
        ({}, True),
        ({"columnar": True}, True),
        ({"query": "FROM logs-*"}, False),
        ({"params": ["amara"]}, False),
        ({"filter": {"term": {"a": 1}}}, False),
        ({"drop_null_columns": True}, False),
        ({"allow_partial_results": True}, False),
        ({"time_zone": "Europe/Berlin"}, False),
    ],
    ids=str,
)
def test_two_queries_are_the_same_if_they_ask_for_the_same_rows(fields: dict[str, Any], is_same: bool) -> None:
    other = replace(QUERY, **fields).fingerprint(CLUSTER)
    assert (other == QUERY.fingerprint(CLUSTER)) is is_same


def test_the_same_query_of_another_cluster_is_another() -> None:
    assert QUERY.fingerprint(CLUSTER) != QUERY.fingerprint("https://other.example:9200")
