"""A query is cancelled only where it may still run, is ours, and the service can."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.message import Call, Request, Response
from airflow_provider_veza.async_query.service import AskWhetherCancelled, Cancellation, cancel_flow
from airflow_provider_veza.async_query.vocabulary import Page, Phase, Snapshot, Traits
from airflow_provider_veza.exceptions import BadRequestError, NotFoundError, RefusedError, ServerError

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HANDLE = QueryHandle(
    "veza_nodes", "q1", "https://acme.vezacloud.com", "veza_default", START, Deadline.after(START, timedelta(hours=24))
)
ENDED = "the query had already ended (state SUCCEEDED)"
CANCELLABLE = Traits(can_cancel=True)


@dataclass(frozen=True)
class OneQuery:
    """A service whose only query stands in one phase."""

    phase: Phase
    traits: Traits = CANCELLABLE
    name: str = "veza_nodes"
    refusal: RefusedError | None = None

    def look(self, query_id: str, _wait: float = 0.0, /) -> Call[Snapshot]:
        return Call(Request("GET", f"/{query_id}"), lambda _: Snapshot(self.phase, self.phase.value))

    def page(self, query_id: str, page_token: str | None) -> Call[Page]:
        return Call(Request("GET", f"/{query_id}/{page_token}"), lambda _: Page())

    def cancel(self, query_id: str) -> Call[None]:
        def read(_: Response) -> None:
            if self.refusal is not None:
                raise self.refusal

        return Call(Request("DELETE", f"/{query_id}"), read)


def run(
    service: OneQuery, handle: QueryHandle = HANDLE, *, is_cancelled: bool = False, now: datetime = START
) -> tuple[list[str], Cancellation]:
    """Cancel over a network without a wire; return what was sent and asked, and what became of it."""
    sent: list[str] = []
    flow = cancel_flow(service, handle, now)
    answer: object = None
    while True:
        try:
            step = flow.send(answer)
        except StopIteration as end:
            return sent, end.value
        if isinstance(step, AskWhetherCancelled):
            sent.append("whether it is cancelled")
            answer = is_cancelled
        else:
            sent.append(f"{step.request.method} {step.request.path}")
            answer = step.read(Response(200, {}, b""))


def test_a_running_query_is_looked_at_and_then_cancelled() -> None:
    assert run(OneQuery(Phase.RUNNING)) == (["GET /q1", "DELETE /q1"], Cancellation(True, Phase.RUNNING))


@pytest.mark.parametrize("phase", [Phase.SUCCEEDED, Phase.FAILED, Phase.CANCELED])
def test_a_query_that_has_ended_is_only_looked_at(phase: Phase) -> None:
    sent, outcome = run(OneQuery(phase))

    assert sent == ["GET /q1"]
    assert (outcome.cancelled, outcome.phase) == (False, phase)
    assert f"state {phase}" in outcome.reason


@pytest.mark.parametrize(
    ("phase", "after", "refusal", "is_sent", "outcome"),
    [
        (Phase.SUCCEEDED, 3.9, None, True, Cancellation(True, Phase.RUNNING)),
        (Phase.SUCCEEDED, 3.9, NotFoundError(404, "not found"), True, Cancellation(False, Phase.SUCCEEDED, ENDED)),
        (Phase.SUCCEEDED, 3.9, BadRequestError(400, "it has ended"), True, Cancellation(False, Phase.SUCCEEDED, ENDED)),
        (Phase.SUCCEEDED, 4.0, None, False, Cancellation(False, Phase.SUCCEEDED, ENDED)),
        (Phase.FAILED, 3.9, None, False, Cancellation(False, Phase.FAILED, ENDED.replace("SUCCEEDED", "FAILED"))),
    ],
)
def test_a_success_that_may_be_an_older_results_is_cancelled_in_case_the_query_runs(
    phase: Phase, after: float, refusal: RefusedError | None, outcome: Cancellation, *, is_sent: bool
) -> None:
    young = replace(HANDLE, stale_until=START + timedelta(seconds=4))

    sent, what_became_of_it = run(OneQuery(phase, refusal=refusal), young, now=START + timedelta(seconds=after))

    assert sent == ["GET /q1", "DELETE /q1"][: 2 if is_sent else 1]
    assert what_became_of_it == outcome


@pytest.mark.parametrize("refusal", [None, BadRequestError(400, "no such query"), NotFoundError(404, "not found")])
def test_a_query_that_is_unknown_is_cancelled_in_case_it_cannot_be_seen_yet(refusal: RefusedError | None) -> None:
    sent, outcome = run(OneQuery(Phase.GONE, refusal=refusal))

    assert sent == ["GET /q1", "whether it is cancelled", "DELETE /q1"]
    assert (outcome.cancelled, outcome.phase) == (False, Phase.GONE)
    assert "does not know it (state GONE), so it was cancelled elsewhere" in outcome.reason


@dataclass
class Shared:
    """A running query that the service forgets once it is cancelled, and a record that tells of a confirmed cancel."""

    deletes: int = 0
    noted: bool = False

    def service(self) -> OneQuery:
        return OneQuery(Phase.GONE if self.deletes else Phase.RUNNING)


LOOKS, DECIDES, NOTES = range(3)
"""The steps of each that cancels: it looks, sends a cancel or none, and notes what the service has confirmed."""


@dataclass
class Canceller:
    """One of two that cancel the same query, step by step."""

    shared: Shared
    outcome: Cancellation | None = None

    def __post_init__(self) -> None:
        self.flow = cancel_flow(self.shared.service(), HANDLE, START)
        self.answer: object = None

    def step(self) -> None:
        """Go on until the next request is sent, or to the end."""
        if self.outcome is not None:
            return
        try:
            step = self.flow.send(self.answer)
            if isinstance(step, AskWhetherCancelled):
                step = self.flow.send(self.shared.noted)
        except StopIteration as end:
            self.outcome = end.value
            self.shared.noted |= self.outcome.cancelled
            return
        assert isinstance(step, Call)
        if step.request.method == "DELETE":
            self.shared.deletes += 1
            self.answer = None
        else:
            seen = self.shared.service().look(HANDLE.id)
            self.answer = seen.read(Response(200, {}, b""))


@pytest.mark.parametrize("order", sorted(set(permutations("AAABBB"))), ids="".join)
def test_of_two_who_cancel_the_second_sends_nothing_once_the_first_has_noted_its_cancel(order: tuple[str, ...]) -> None:
    shared = Shared()
    cancellers = {name: Canceller(shared) for name in "AB"}

    for name in order:
        cancellers[name].step()

    steps = {name: [step for step, who in enumerate(order) if who == name] for name in "AB"}
    first, second = sorted(steps.values(), key=lambda of_one: of_one[DECIDES])
    finds_nothing, is_told = second[LOOKS] > first[DECIDES], second[DECIDES] > first[NOTES]
    assert shared.noted
    assert shared.deletes == (1 if finds_nothing and is_told else 2)


def test_a_noted_cancel_does_not_spare_a_query_that_still_runs() -> None:
    assert run(OneQuery(Phase.RUNNING), is_cancelled=True)[0] == ["GET /q1", "DELETE /q1"]


def test_an_unknown_query_whose_cancel_is_noted_is_not_cancelled_again() -> None:
    sent, outcome = run(OneQuery(Phase.GONE), is_cancelled=True)

    assert sent == ["GET /q1", "whether it is cancelled"]
    assert (outcome.cancelled, outcome.reason) == (False, "somebody else has cancelled it, as its record says")


def test_a_cancel_of_an_unknown_query_that_fails_is_not_taken_for_one_that_was_refused() -> None:
    with pytest.raises(ServerError):
        run(OneQuery(Phase.GONE, refusal=ServerError(503, "unavailable")))


def test_an_unknown_query_of_a_service_without_cancel_is_only_looked_at() -> None:
    sent, outcome = run(OneQuery(Phase.GONE, Traits(can_cancel=False), "veza_result"))

    assert sent == ["GET /q1"]
    assert (outcome.cancelled, outcome.phase) == (False, Phase.GONE)


def test_where_a_service_cannot_cancel_that_is_said_and_not_faked() -> None:
    sent, outcome = run(OneQuery(Phase.RUNNING, Traits(can_cancel=False), "veza_result"))

    assert sent == ["GET /q1"]
    assert not outcome.cancelled
    assert "veza_result documents no cancel" in outcome.reason


def test_a_cached_result_that_was_only_attached_to_is_not_even_looked_at() -> None:
    sent, outcome = run(OneQuery(Phase.RUNNING), replace(HANDLE, owned=False))

    assert sent == []
    assert not outcome.cancelled
    assert "cached result" in outcome.reason


def test_what_became_of_it_is_told_in_plain_json() -> None:
    assert Cancellation(True, Phase.RUNNING).to_json() == {"cancelled": True, "phase": "RUNNING", "reason": ""}
    assert Cancellation(False, None, "why").to_json() == {"cancelled": False, "phase": None, "reason": "why"}
