"""No two task instances share a key, and a clear is told from a retry."""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from airflow_provider_veza.async_query.identity import RunLife, TaskIdentity

LIFE = RunLife(max_tries=2, clear_number=1, run_started="2026-11-22T12:00:00+00:00", retries=2)

IDS = st.text(alphabet="ab_.-\0", max_size=4) | st.text()
IDENTITIES = st.builds(TaskIdentity, IDS, IDS, IDS, st.integers(min_value=-1, max_value=3))
LIVES = st.builds(
    RunLife,
    max_tries=st.integers(min_value=0, max_value=3),
    clear_number=st.none() | st.integers(min_value=0, max_value=3),
    retries=st.none() | st.integers(min_value=0, max_value=2),
    run_started=st.none() | st.sampled_from(["2026-11-21T12:00:00+00:00", "2026-11-22T12:00:00+00:00"]),
)


@given(IDENTITIES, IDENTITIES)
def test_different_identities_have_different_keys(one: TaskIdentity, other: TaskIdentity) -> None:
    assume(one != other)

    assert one.key != other.key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (TaskIdentity("a_b", "c", "r"), TaskIdentity("a", "b_c", "r")),
        (TaskIdentity("a.b", "c", "r"), TaskIdentity("a", "b.c", "r")),
        (TaskIdentity("a\0b", "c", "r"), TaskIdentity("a", "b\0c", "r")),
        (TaskIdentity("a", "b", "r", 1), TaskIdentity("a", "b", "r1", -1)),
        (TaskIdentity("a", "b", "r", 1), TaskIdentity("a", "b", "r", 11)),
        (TaskIdentity("a", "b", "r"), TaskIdentity("b", "a", "r")),
    ],
    ids=["underscore", "dot", "NUL", "map index and run", "map index", "order"],
)
def test_parts_that_run_together_do_not_make_one_key(one: TaskIdentity, other: TaskIdentity) -> None:
    assert one.key != other.key


@given(IDENTITIES)
def test_a_retry_finds_its_predecessor_by_the_same_key(identity: TaskIdentity) -> None:
    assert TaskIdentity(**json.loads(json.dumps(identity.to_json()))).key == identity.key


@given(IDENTITIES)
def test_a_key_is_safe_as_a_file_name(identity: TaskIdentity) -> None:
    assert len(identity.key) == 64
    assert identity.key.isalnum()


def test_an_identity_is_named_as_airflow_names_it() -> None:
    assert str(TaskIdentity("access", "ask", "r1", 0)) == "access.ask[0] of run r1"
    assert str(TaskIdentity("access", "ask", "r1")) == "access.ask of run r1"


@given(LIVES)
def test_an_attempt_of_the_same_life_shows_no_difference(life: RunLife) -> None:
    assert life.differences(RunLife(**json.loads(json.dumps(life.to_json())))) == ()


@given(LIVES, LIVES)
def test_it_does_not_matter_which_of_two_lives_is_asked_whether_they_differ(one: RunLife, other: RunLife) -> None:
    assert bool(one.differences(other)) == bool(other.differences(one))


@pytest.mark.parametrize(
    ("recorded", "reason"),
    [
        (RunLife(0, 1, LIFE.run_started), "the task was cleared (max_tries 0 -> 2)"),
        (
            RunLife(2, 0, LIFE.run_started, 0),
            "the task may have been cleared after an edit (retries 0 -> 2, clear_number 0 -> 1)",
        ),
        (
            RunLife(2, 1, "2026-11-21T12:00:00+00:00"),
            f"the run is another one of the same id (started {LIFE.run_started})",
        ),
    ],
    ids=["task cleared", "task cleared after an edit", "run recreated"],
)
def test_another_life_is_told_by_what_started_it(recorded: RunLife, reason: str) -> None:
    assert LIFE.differences(recorded) == (reason,)


def test_what_one_airflow_version_does_not_say_is_no_difference() -> None:
    assert LIFE.differences(RunLife(max_tries=2)) == ()
    assert RunLife(max_tries=2).differences(LIFE) == ()
