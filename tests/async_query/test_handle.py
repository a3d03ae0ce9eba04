"""A handle survives the trip through JSON, and nothing else passes for one."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import HANDLE_VERSION, QueryHandle, handles_in, is_one_handle
from airflow_provider_veza.exceptions import ForeignTenantError, HandleError, MissingHandleError

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HANDLE = QueryHandle(
    service="veza_nodes",
    id="5f0c6f0e-9a4b-4f0e-8f5e-0a1b2c3d4e5f",
    tenant="https://acme.vezacloud.com",
    conn_id="veza_default",
    submitted_at=START,
    deadline=Deadline.after(START, timedelta(hours=24)),
)
REQUIRED = ["service", "id", "tenant", "conn_id", "submitted_at", "deadline"]

NON_EMPTY = st.text(min_size=1)
MOMENTS = st.timedeltas(min_value=timedelta(days=-9_000), max_value=timedelta(days=9_000)).map(
    lambda span: START + span
)
HANDLES = st.builds(
    QueryHandle,
    service=st.sampled_from(["veza_nodes", "veza_result", "esql"]),
    id=NON_EMPTY,
    tenant=NON_EMPTY,
    conn_id=NON_EMPTY,
    submitted_at=MOMENTS,
    deadline=MOMENTS.map(Deadline),
    fingerprint=st.text(),
    cache_id=st.none() | NON_EMPTY,
    last_completed_cache_id=st.none() | NON_EMPTY,
    owned=st.booleans(),
    stale_until=st.none() | MOMENTS,
    options=st.lists(st.text(), max_size=3).map(tuple),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.sampled_from(REQUIRED), inner, max_size=3)
    ),
)


def plain(**changes: Any) -> dict[str, Any]:
    return {**HANDLE.to_json(), **changes}


@given(HANDLES)
def test_a_handle_comes_back_from_json_as_it_was(handle: QueryHandle) -> None:
    assert QueryHandle.from_json(json.loads(json.dumps(handle.to_json()))) == handle


@given(HANDLES)
def test_a_handle_is_read_from_json_text_as_well_as_from_a_mapping(handle: QueryHandle) -> None:
    assert QueryHandle.from_json(json.dumps(handle.to_json())) == handle


@given(HANDLES)
def test_a_handle_is_read_from_the_text_that_a_template_makes_of_it(handle: QueryHandle) -> None:
    assert QueryHandle.from_json(str(handle.to_json())) == handle


@pytest.mark.parametrize("form", [list, tuple, json.dumps, str], ids=["list", "tuple", "JSON", "text"])
def test_many_handles_are_read_from_a_sequence_or_its_text_without_those_that_are_none(form: Any) -> None:
    given = form([HANDLE.to_json(), None, replace(HANDLE, id="q2").to_json()])
    assert not is_one_handle(given)
    assert [handle.id for handle in handles_in(given)] == [HANDLE.id, "q2"]


def test_one_handle_is_no_sequence_in_whatever_form() -> None:
    assert all(is_one_handle(form(HANDLE.to_json())) for form in (dict, json.dumps, str))


@given(st.dictionaries(st.text().map("later_{}".format), JSON))
def test_keys_of_later_versions_are_ignored(unknown: dict[str, Any]) -> None:
    assert QueryHandle.from_json({**unknown, **HANDLE.to_json()}) == HANDLE


def test_keys_that_an_earlier_version_did_not_write_get_their_defaults() -> None:
    earliest = {name: value for name, value in HANDLE.to_json().items() if name in REQUIRED}

    assert QueryHandle.from_json(earliest) == HANDLE
    assert HANDLE.v == HANDLE_VERSION


def test_times_are_read_in_utc_whatever_zone_they_were_written_in() -> None:
    abroad = START.astimezone(timezone(timedelta(hours=5, minutes=45))).isoformat()

    handle = QueryHandle.from_json(plain(submitted_at=abroad))

    assert handle.submitted_at == START
    assert handle.submitted_at.tzinfo is UTC


@pytest.mark.parametrize("name", REQUIRED)
def test_a_mapping_without_a_required_key_is_refused_by_its_name(name: str) -> None:
    incomplete = {key: value for key, value in HANDLE.to_json().items() if key != name}

    with pytest.raises(HandleError, match=f"it lacks {name}"):
        QueryHandle.from_json(incomplete)


@pytest.mark.parametrize(
    ("junk", "problem"),
    [
        (5, "int instead of a mapping"),
        ([], "it is a sequence, as a mapped task returns"),
        (b"{}", "bytes instead of a mapping"),
        ("none", "not JSON"),
        ("[]", ".partial(...).expand(handle=submit.output)"),
        ({"id": "q1"}, "it lacks service, tenant, conn_id, submitted_at, deadline"),
        (plain(id=""), "id must be a non-empty text"),
        (plain(id=7), "id must be a non-empty text"),
        (plain(tenant=None), "tenant must be a non-empty text"),
        (plain(owned="false"), "owned must be true or false"),
        (plain(submitted_at="yesterday"), "a time in it cannot be read"),
        (plain(submitted_at="2026-11-22T12:00:00"), "no time zone"),
        (plain(deadline=1_795_348_800), "a time in it cannot be read"),
        (plain(deadline="0001-01-01T00:00:00+23:59"), "a time in it cannot be read"),
        (plain(stale_until=""), "a time in it cannot be read"),
        (plain(options="columnar"), "options must be a list of texts"),
        (plain(options=[7]), "options must be a list of texts"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_junk_is_refused_with_what_is_wrong_and_what_to_pass(junk: Any, problem: str) -> None:
    with pytest.raises(HandleError, match="Not a query handle") as refusal:
        QueryHandle.from_json(junk)

    assert problem in str(refusal.value)
    assert "VezaSubmitQueryOperator" in str(refusal.value)
    assert not refusal.value.heals


@given(JSON, st.sampled_from(sorted(HANDLE.to_json())))
def test_no_json_whatever_breaks_the_reading(junk: Any, name: str) -> None:
    for data in (junk, plain(**{name: junk})):
        try:
            handle = QueryHandle.from_json(data)
        except HandleError:
            continue
        assert QueryHandle.from_json(handle.to_json()) == handle


def test_a_connection_to_the_tenant_that_runs_the_query_is_accepted() -> None:
    HANDLE.require_tenant("https://acme.vezacloud.com")


def test_a_connection_to_another_tenant_is_refused_by_name_and_the_query_not_touched() -> None:
    with pytest.raises(ForeignTenantError, match="was not touched") as refusal:
        HANDLE.require_tenant("https://other.vezacloud.com")

    assert all(
        name in str(refusal.value) for name in (HANDLE.id, "https://acme.vezacloud.com", "https://other.vezacloud.com")
    )


@pytest.mark.parametrize("missing", [None, "", "None", {}])
def test_a_handle_that_is_missing_may_be_there_for_the_next_attempt(missing: Any) -> None:
    with pytest.raises(MissingHandleError, match="was cleared and has not returned its new one") as raised:
        QueryHandle.from_json(missing)
    assert raised.value.heals
