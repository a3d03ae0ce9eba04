"""How a wait goes on or ends, whatever the looks show and however they fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import cycle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.polling import PollSchedule
from airflow_provider_veza.async_query.vocabulary import Phase, Snapshot, Traits
from airflow_provider_veza.async_query.watch import Ended, LookAgain, Outcome, Verdict, Watch
from airflow_provider_veza.exceptions import (
    BadRequestError,
    ForbiddenError,
    MalformedResponseError,
    NoAnswerError,
    NotSentError,
    RequestError,
    ServerError,
    TooManyRequestsError,
    UnauthorizedError,
)

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HANDLE = QueryHandle(
    "veza_nodes", "q1", "https://acme.vezacloud.com", "veza_default", START, Deadline.after(START, timedelta(hours=24))
)
GRACE = 10.0
PATIENCE = timedelta(minutes=20)

RUNNING = Snapshot(Phase.RUNNING, "IN_PROGRESS", rows=7)
DONE = Snapshot(Phase.SUCCEEDED, "DONE", rows=42)
FAILED = Snapshot(Phase.FAILED, "COMPLETE", error="the graph is being rebuilt")
CANCELED = Snapshot(Phase.CANCELED, "COMPLETE")
GONE = Snapshot(Phase.GONE, "UNKNOWN")
BLIPS = [
    NotSentError("connection refused"),
    NoAnswerError("no answer within 30 s"),
    MalformedResponseError("an HTML page"),
    TooManyRequestsError(429, "slow down"),
    ServerError(503, "unavailable"),
]
REFUSALS = [BadRequestError(400, "malformed"), UnauthorizedError(401, "wrong key"), ForbiddenError(403, "no right")]

Look = Snapshot | RequestError


@dataclass(frozen=True)
class Step:
    """One look of a wait, and what it meant."""

    now: datetime
    look: Look
    verdict: Verdict


def a_watch(*, wait: timedelta = timedelta(hours=1), stale: timedelta | None = None) -> Watch:
    return Watch(
        handle=replace(HANDLE, stale_until=START + stale if stale else None),
        traits=Traits(absent_grace_seconds=GRACE),
        schedule=PollSchedule(),
        deadline=Deadline.after(START, wait),
        patience=PATIENCE,
    )


def steps_of(watch: Watch, looks: list[tuple[float, Look]]) -> Iterator[Step]:
    """Play a wait: before each look pass so many seconds; stop where it ends."""
    now = START
    for pause, look in looks:
        now += timedelta(seconds=pause)
        watch, verdict = watch.observe(look, now=now, jitter=0.5)
        yield Step(now, look, verdict)
        if isinstance(verdict, Ended):
            return


def last_verdict(watch: Watch, *looks: tuple[float, Look]) -> Verdict:
    return list(steps_of(watch, list(looks)))[-1].verdict


WAITS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(hours=6))
STALE = st.none() | st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(minutes=1))
WATCHES = st.builds(a_watch, wait=WAITS, stale=STALE)
PAUSES = st.floats(min_value=0.0, max_value=5) | st.floats(min_value=5, max_value=3_600)
HISTORIES = st.lists(
    st.tuples(
        PAUSES,
        st.sampled_from([RUNNING] * 6 + [DONE, FAILED, CANCELED, GONE, GONE]) | st.sampled_from(BLIPS * 2 + REFUSALS),
    ),
    min_size=1,
    max_size=30,
)
UNFINISHED = st.lists(st.tuples(PAUSES, st.sampled_from([RUNNING, RUNNING, *BLIPS])), min_size=1, max_size=30)


def test_a_running_query_is_looked_at_again_after_what_the_schedule_says() -> None:
    verdict = last_verdict(a_watch(), (100, RUNNING))

    assert isinstance(verdict, LookAgain)
    assert verdict.seconds == pytest.approx(10)
    assert [line.text for line in verdict.lines] == [
        "Query state IN_PROGRESS, 7 rows so far, 100.0 s since the submit; next look in 10.0 s."
    ]


@pytest.mark.parametrize("look", [DONE, FAILED, CANCELED, GONE], ids=lambda look: look.phase)
def test_a_query_that_has_ended_ends_the_wait_with_its_own_outcome(look: Snapshot) -> None:
    verdict = last_verdict(a_watch(), (GRACE, look))

    assert isinstance(verdict, Ended)
    assert (verdict.outcome, verdict.detail, verdict.rows) == (Outcome(look.phase), look.error, look.rows)
    assert verdict.lines[-1].text.startswith(f"Query ended as {look.phase} (state {look.state}")


@pytest.mark.parametrize("error", REFUSALS, ids=lambda error: type(error).__name__)
def test_a_look_that_cannot_heal_ends_the_wait_at_once_and_leaves_the_query_be(error: RequestError) -> None:
    verdict = last_verdict(a_watch(), (1, error))

    assert verdict == Ended(Outcome.REFUSED, f"{type(error).__name__}: {error}")
    assert verdict.outcome.may_still_run


def test_gone_right_after_the_submit_may_be_a_race_and_does_not_end_the_wait() -> None:
    assert isinstance(last_verdict(a_watch(), (GRACE - 0.1, GONE)), LookAgain)


def test_gone_after_the_grace_ends_the_wait_even_where_it_was_a_race_before() -> None:
    verdict = last_verdict(a_watch(), (1, GONE), (GRACE, GONE))

    assert isinstance(verdict, Ended)
    assert verdict.outcome is Outcome.GONE


def test_a_success_that_may_be_stale_is_looked_at_again_when_it_no_longer_can_be() -> None:
    verdict = last_verdict(a_watch(stale=timedelta(seconds=5)), (2, DONE))

    assert isinstance(verdict, LookAgain)
    assert verdict.seconds == 3


def test_a_success_after_the_stale_grace_counts() -> None:
    verdict = last_verdict(a_watch(stale=timedelta(seconds=5)), (2, DONE), (3, DONE))

    assert isinstance(verdict, Ended)
    assert verdict.outcome is Outcome.SUCCEEDED


def test_a_failure_is_never_stale() -> None:
    verdict = last_verdict(a_watch(stale=timedelta(seconds=5)), (2, FAILED))

    assert isinstance(verdict, Ended)
    assert verdict.outcome is Outcome.FAILED


@pytest.mark.parametrize("blip", BLIPS, ids=lambda error: type(error).__name__)
def test_when_no_look_succeeds_for_longer_than_patience_the_wait_ends_and_says_since_when(blip: RequestError) -> None:
    verdict = last_verdict(a_watch(), (60, blip), (PATIENCE.total_seconds(), blip))

    detail = f"no look succeeded since {(START + timedelta(seconds=60)).isoformat()}; the last: {blip}"
    assert verdict == Ended(Outcome.UNREACHABLE, detail)


def test_one_good_look_resets_patience() -> None:
    blip, nearly = BLIPS[0], PATIENCE.total_seconds() - 1

    assert isinstance(last_verdict(a_watch(), (1, blip), (nearly, RUNNING), (1, blip), (nearly, blip)), LookAgain)


@pytest.mark.parametrize(
    ("look", "detail"),
    [
        (RUNNING, "its state was IN_PROGRESS"),
        (BLIPS[0], "its state was unknown, the last look failed: connection refused"),
    ],
    ids=["seen", "not seen"],
)
def test_a_passed_deadline_ends_the_wait_and_says_what_is_known_of_the_query(look: Look, detail: str) -> None:
    verdict = last_verdict(a_watch(wait=timedelta(seconds=60)), (60, look))

    assert verdict == Ended(Outcome.DEADLINE_PASSED, detail)
    assert verdict.outcome.may_still_run


def test_a_success_seen_after_the_deadline_is_still_a_success() -> None:
    verdict = last_verdict(a_watch(wait=timedelta(seconds=60)), (61, DONE))

    assert isinstance(verdict, Ended)
    assert verdict.outcome is Outcome.SUCCEEDED


def test_where_patience_and_the_deadline_run_out_together_it_is_the_deadline_that_counts() -> None:
    verdict = last_verdict(a_watch(wait=timedelta(minutes=30)), (60, BLIPS[0]), (1_800, BLIPS[0]))

    assert isinstance(verdict, Ended)
    assert verdict.outcome is Outcome.DEADLINE_PASSED


@given(WATCHES, HISTORIES)
def test_a_wait_ends_succeeded_only_at_a_look_that_showed_a_success_that_cannot_be_stale(
    watch: Watch, history: list[tuple[float, Look]]
) -> None:
    for step in steps_of(watch, history):
        if isinstance(step.verdict, Ended) and step.verdict.outcome is Outcome.SUCCEEDED:
            assert step.look == DONE
            assert watch.handle.stale_until is None or step.now >= watch.handle.stale_until


@given(WATCHES, HISTORIES)
def test_an_end_that_the_query_itself_made_is_the_phase_that_the_look_showed(
    watch: Watch, history: list[tuple[float, Look]]
) -> None:
    for step in steps_of(watch, history):
        if isinstance(step.verdict, Ended) and not step.verdict.outcome.may_still_run:
            assert isinstance(step.look, Snapshot)
            assert step.verdict.outcome == step.look.phase.value


@given(WATCHES, HISTORIES)
def test_a_wait_never_ends_gone_within_the_grace(watch: Watch, history: list[tuple[float, Look]]) -> None:
    for step in steps_of(watch, history):
        if isinstance(step.verdict, Ended) and step.verdict.outcome is Outcome.GONE:
            assert step.now >= START + timedelta(seconds=GRACE)


@given(WATCHES, UNFINISHED)
def test_failed_looks_that_may_heal_end_nothing_before_patience_or_the_deadline(
    watch: Watch, history: list[tuple[float, Look]]
) -> None:
    failing_since: datetime | None = None
    for step in steps_of(watch, history):
        failing_since = (failing_since or step.now) if isinstance(step.look, RequestError) else None
        out_of_patience = failing_since is not None and step.now - failing_since >= PATIENCE
        assert isinstance(step.verdict, Ended) == (out_of_patience or watch.deadline.passed(step.now))


@given(WATCHES, HISTORIES)
def test_the_first_look_after_the_deadline_ends_the_wait_whatever_it_shows(
    watch: Watch, history: list[tuple[float, Look]]
) -> None:
    for step in steps_of(watch, history):
        assert isinstance(step.verdict, Ended) or not watch.deadline.passed(step.now)


@given(WATCHES, HISTORIES)
def test_the_next_look_is_never_at_once_and_never_after_the_deadline(
    watch: Watch, history: list[tuple[float, Look]]
) -> None:
    for step in steps_of(watch, history):
        if isinstance(step.verdict, LookAgain):
            assert 0 < step.verdict.seconds <= watch.deadline.remaining(step.now).total_seconds()


@given(WATCHES, UNFINISHED)
def test_a_wait_that_keeps_to_the_times_it_is_told_ends_at_its_deadline(
    watch: Watch, history: list[tuple[float, Look]]
) -> None:
    watch = replace(watch, patience=timedelta(days=365))
    now = START
    for _, look in cycle(history):
        watch, verdict = watch.observe(look, now=now, jitter=0.5)
        if isinstance(verdict, Ended):
            break
        now += timedelta(seconds=verdict.seconds)

    assert isinstance(verdict, Ended)
    assert verdict.outcome is Outcome.DEADLINE_PASSED
    assert now - watch.deadline.at < timedelta(milliseconds=1)


LONG_POLL = Traits(long_poll_seconds=30.0, storing_grace_seconds=5.0)


def long_polling(wait: timedelta = timedelta(hours=1)) -> Watch:
    return replace(a_watch(wait=wait), traits=LONG_POLL)


def test_a_look_that_waited_on_the_server_is_followed_by_the_next_at_once() -> None:
    now = START + timedelta(seconds=400)
    verdicts = [long_polling().observe(RUNNING, now=now, jitter=0.5, took=took)[1] for took in (30.0, 5.0, 0.0)]

    assert [verdict.seconds for verdict in verdicts if isinstance(verdict, LookAgain)] == [0, 14, 20]


@given(st.floats(min_value=0, max_value=7 * 86_400), st.floats(min_value=0, max_value=1, exclude_max=True))
def test_by_the_usual_schedule_there_is_no_pause_between_two_long_polls(passed: float, jitter: float) -> None:
    waited = long_polling(wait=timedelta(days=30))
    _, verdict = waited.observe(RUNNING, now=START + timedelta(seconds=passed), jitter=jitter, took=30.0)

    assert isinstance(verdict, LookAgain)
    assert verdict.seconds == 0


def test_a_look_waits_on_the_server_no_longer_than_anybody_wants_the_answer() -> None:
    watch = long_polling(wait=timedelta(seconds=10))

    assert [watch.longest_look(START + timedelta(seconds=passed)) for passed in (0, 7, 60)] == [10, 3, 0]
    assert long_polling().longest_look(START) == 30


def test_an_id_may_be_unknown_for_a_moment_while_its_result_is_stored() -> None:
    now = START + timedelta(minutes=5)
    then, first = long_polling().observe(GONE, now=now, jitter=0.5)
    _, later = then.observe(GONE, now=now + timedelta(seconds=4), jitter=0.5)
    _, too_late = then.observe(GONE, now=now + timedelta(seconds=5), jitter=0.5)

    assert isinstance(first, LookAgain)
    assert isinstance(later, LookAgain)
    assert isinstance(too_late, Ended)


def test_an_id_that_came_back_may_be_unknown_for_a_moment_again() -> None:
    now = START + timedelta(minutes=5)
    then, _ = long_polling().observe(GONE, now=now, jitter=0.5)
    then, _ = then.observe(RUNNING, now=now + timedelta(seconds=1), jitter=0.5)
    _, again = then.observe(GONE, now=now + timedelta(minutes=1), jitter=0.5)

    assert isinstance(again, LookAgain)
