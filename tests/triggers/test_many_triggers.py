"""A thousand triggers of one loop: none of them holds up the others."""

from __future__ import annotations

import asyncio
import gc
import json
import threading
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from airflow.triggers.base import TriggerEvent

from airflow_provider_veza.async_query import inquiries
from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.standing import Answer
from airflow_provider_veza.async_query.vocabulary import Phase, Snapshot
from airflow_provider_veza.hooks.bound import BoundQuery
from airflow_provider_veza.triggers.async_query import AsyncQueryTrigger
from support.held_loop import watched_loops
from support.told_airflow import ToldAirflow

TENANT = "http://127.0.0.1:9"
MANY = 1_000
FEW = 100
MOST_OBJECTS = 60
"""For Python's collector, of a trigger between two looks, without what its last request has left."""


class Looks:
    """What the triggers of a test look at: queries that run on, at a tenant that answers at once."""

    def __init__(self) -> None:
        self._awaited: set[str] = set()
        self._all_came = threading.Event()

        self._seen: set[str] = set()

    async def look(self, query: BoundQuery, wait: float = 0.0) -> Snapshot:
        self._seen.add(query.handle.id)
        if self._awaited:
            self._awaited.discard(query.handle.id)
            if not self._awaited:
                self._all_came.set()
        return Snapshot(Phase.RUNNING, "IN_PROGRESS")

    def came_from(self, numbers: range) -> bool:
        """Return whether each of these queries has been looked at."""
        return self._seen.issuperset(f"query {number}" for number in numbers)

    def come_from_all(self) -> bool:
        """Wait in another thread than the loop's until each query has been looked at once more; return whether it has."""
        self._all_came.clear()
        self._awaited = {f"query {number}" for number in range(MANY)}
        return self._all_came.wait(500)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    looks = Looks()
    connection = {"conn_type": "veza", "host": TENANT, "password": "key"}
    monkeypatch.setenv("AIRFLOW_CONN_VEZA_DEFAULT", json.dumps(connection))
    monkeypatch.setattr(BoundQuery, "alook", lambda query, wait=0.0: looks.look(query, wait))
    return looks


def owner(number: int) -> AsyncQueryTrigger:
    now = datetime.now(UTC)
    handle = QueryHandle(
        service="veza_nodes",
        id=f"query {number}",
        tenant=TENANT,
        conn_id="veza_default",
        submitted_at=now,
        deadline=Deadline.after(now, timedelta(hours=1)),
        fingerprint="",
    )
    trigger = AsyncQueryTrigger(handle.to_json(), fixed_interval=0.5, cancel_on_kill=True)
    trigger.task_instance = SimpleNamespace(dag_id="d", task_id="t", run_id="r", map_index=number, try_number=1)
    return trigger


async def the_loop_goes_round(number: int) -> None:
    """Let others run now and then: what this test itself does for all at once is not to be taken for the triggers' work."""
    if number % FEW == 0:
        await asyncio.sleep(0)


async def wait_all_until(is_enough: threading.Event) -> None:
    waits = []
    for number in range(MANY):
        waits.append(asyncio.ensure_future(anext(owner(number).run())))
        await the_loop_goes_round(number)
    await asyncio.to_thread(is_enough.wait, 1_000)
    for number, wait in enumerate(waits):
        wait.cancel()
        await the_loop_goes_round(number)
    await asyncio.gather(*waits, return_exceptions=True)


def test_looks_go_on_while_airflow_is_asked_about_all_of_them(
    monkeypatch: pytest.MonkeyPatch, looks: Looks, told_airflow: ToldAirflow
) -> None:
    for name in ("FIRST_AFTER", "LONGEST_AFTER", "BETWEEN_INQUIRIES"):
        monkeypatch.setattr(inquiries, name, 0.0)
    told_airflow.answer = Answer("deferred")
    enough, came = threading.Event(), []

    def answer() -> None:
        """Take so long that everybody looks meanwhile, twice; after that nobody may be left who does."""
        if enough.is_set():
            return
        came.append(looks.come_from_all())
        if len(came) == 2 or not came[-1]:
            enough.set()

    told_airflow.before_answer = answer
    asyncio.run(wait_all_until(enough))
    assert came[:2] == [True, True]


@pytest.mark.parametrize(("works", "is_noticed"), [(True, True), (False, False)])
def test_a_callback_that_works_for_too_long_is_noticed(
    monkeypatch: pytest.MonkeyPatch, *, works: bool, is_noticed: bool
) -> None:
    async def hold_the_loop() -> None:
        until = time.thread_time() + 0.05
        while works and time.thread_time() < until:
            pass

    with watched_loops(monkeypatch, 0.04) as held:
        asyncio.run(hold_the_loop())
    assert bool(held.callbacks) is is_noticed


async def begun(looks: Looks, numbers: range) -> list[asyncio.Future[TriggerEvent]]:
    """Let so many wait, each of which has looked."""
    waits = [asyncio.ensure_future(anext(owner(number).run())) for number in numbers]
    while not looks.came_from(numbers):
        await asyncio.sleep(0.01)
    return waits


async def ended(waits: list[asyncio.Future[TriggerEvent]]) -> None:
    for wait in waits:
        wait.cancel()
    await asyncio.gather(*waits, return_exceptions=True)


def objects() -> int:
    """Return how many objects a full collection walks."""
    gc.collect()
    return len(gc.get_objects())


def test_a_trigger_that_waits_keeps_few_objects_since_each_full_collection_stops_them_all(looks: Looks) -> None:
    with asyncio.Runner() as runner:
        waits = runner.run(begun(looks, range(1)))  # Whatever is loaded once is there.
        before = objects()
        waits += runner.run(begun(looks, range(1, 1 + FEW)))
        kept = (objects() - before) / FEW
        runner.run(ended(waits))

    assert kept <= MOST_OBJECTS
