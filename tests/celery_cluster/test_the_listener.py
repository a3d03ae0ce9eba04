"""With the listener on, two API servers and the schedulers hear of ends that no worker and no trigger can act on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from drills.drill import CANCELLED, CANCELLED_BY_AND_BY, DELIVERED, Drill
from lanes import LaneCase, Lanes
from settings import LISTENING, NOT_LISTENING, recording

from tools.real_airflow.release import Generation, installed_release
from tools.real_airflow.rest_api import MarkedState

SUBJECT = "listener"
HEARS_MARKS = installed_release().generation is Generation.THREE
"""Whether Airflow tells listeners of marks."""
CANCELS = "async_cancel"
NOTED_WITHIN = timedelta(seconds=1)
"""After a confirmed cancel; a worker that is killed just then may send it once more, which changes nothing."""


def last_host_dies(case: LaneCase) -> None:
    case.wait_watched()
    case.host().kill()
    case.task().wait("failed")
    case.wait_cancelled()


def host_dies_with_a_retry_left(case: LaneCase) -> None:
    case.wait_watched()
    case.host().kill()
    case.wait_adopted()
    case.finish()


def marked_at_the_second_server(case: LaneCase) -> None:
    case.wait_watched()
    first = case.attempt()
    server = case.bench.cluster.second_api
    case.strike(lambda: server.set_task_state(case.task().key, MarkedState.FAILED))
    case.wait_cancelled()
    case.wait_ended(first)
    first, *others = [datetime.fromisoformat(sent["time"]) for sent in case.requests(CANCELS, case.queries()[0]["id"])]
    assert not [sent for sent in others if sent > first + NOTED_WITHIN], "a noted cancel was sent once more"


def swept(case: LaneCase) -> None:
    case.wait_watched()
    case.host().kill()
    case.task().wait("failed")
    assert not any(query["cancelled"] for query in case.queries())
    case.bench.pair.heal()
    case.strike(case.sweep)


HEARD = [
    Drill(SUBJECT, "on: the host of a last attempt dies", last_host_dies, CANCELLED_BY_AND_BY, "running_last"),
    Drill(SUBJECT, "on: a host dies with a retry left", host_dies_with_a_retry_left, DELIVERED, "running"),
]
MARKS = [
    Drill(SUBJECT, f"on, two API servers: {dag} task marked failed", marked_at_the_second_server, CANCELLED, dag)
    for dag in ("running", "deferred")
]
SWEPT = Drill(SUBJECT, "off: the host of a last attempt dies, one sweep follows", swept, CANCELLED, "running_last")


@pytest.fixture(scope="module")
def listening(lanes: Lanes, under_way: dict[str, object]) -> Iterator[None]:
    """Boot the cluster's processes anew with listener and records; in the end without the listener."""
    for other in under_way.values():
        other.exception()
    cluster = lanes.first.cluster
    cluster.restart({**recording(lanes.storage), **LISTENING})
    yield
    cluster.restart(NOT_LISTENING)


@pytest.fixture(scope="module")
def listened_before(listening: None, lanes: Lanes) -> None:
    """Switch the listener off again; the records stay."""
    lanes.first.cluster.restart(NOT_LISTENING)


@pytest.mark.usefixtures("listening")
@pytest.mark.parametrize("drill", [*HEARD, *(MARKS if HEARS_MARKS else [])], ids=lambda drill: drill.name)
def test_the_listener_ends_what_nobody_waits_for_and_nothing_else(drill, outcome_alone) -> None:
    outcome_alone(drill)


@pytest.mark.usefixtures("listened_before")
def test_without_the_listener_one_sweep_ends_what_a_lost_last_attempt_left(outcome_alone) -> None:
    outcome_alone(SWEPT)
