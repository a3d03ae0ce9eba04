"""Puts the model's world under the provider's code: clocks, threads, stores and answers; decisions stay the provider's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace
from typing import Any

import pytest

from airflow_provider_veza.hooks import of_service, waiting, wall_clock
from airflow_provider_veza.hooks.bound import BoundQuery
from airflow_provider_veza.operators import airflow_rules, deferral, owning
from airflow_provider_veza.ownership import (
    acceptance,
    asking,
    bounded,
    charge,
    deferred_kill,
    marked,
    noted_cancel,
    submission,
    sweep,
    taking_charge,
)
from airflow_provider_veza.ownership.records import airflow_store, record_path, registry
from airflow_provider_veza.triggers import async_query
from ownership.model import answers
from ownership.model.actors import Terminated
from ownership.model.airflow_row import Attempt
from ownership.model.stores import ListedFile, RecordFile
from ownership.model.task import ModelHook
from ownership.model.turnstile import Died, Stop, Strand, Turn, current, wait_for_turn
from ownership.model.world import RECORD_PATH, World

_PATIENCE = 3.0


def rebuild(patch: pytest.MonkeyPatch, world: World) -> None:
    """Let the provider's code run in this world."""
    _clocks(patch, world)
    _threads(patch, world)
    _places(patch, world)
    _answers(patch, world)


def _clocks(patch: pytest.MonkeyPatch, world: World) -> None:
    clock = SimpleNamespace(monotonic=world.seconds, sleep=lambda seconds: world.rest("pauses", seconds))
    for module in (wall_clock, waiting, charge, submission, sweep, marked, async_query):
        patch.setattr(module, "utc_now", world.now)
    for module in (waiting, charge, owning, marked):
        patch.setattr(module, "time", clock)
    patch.setattr(charge, "ASK_PATIENCE_SECONDS", _PATIENCE)
    patch.setattr(charge, "heartbeat_timeout", lambda: 300.0)
    patch.setattr(deferral, "earliest_resume", lambda now: now)
    patch.setattr(charge, "os", SimpleNamespace(getppid=_parent, _exit=lambda status: _exit(world)))
    for module in (deferred_kill, noted_cancel):
        patch.setattr(module, "asyncio", SimpleNamespace(**vars(asyncio) | {"timeout": _no_timeout}))


def _threads(patch: pytest.MonkeyPatch, world: World) -> None:
    for module in (charge, noted_cancel, submission):
        patch.setattr(module, "Uninterrupted", lambda work: _Uninterrupted(world, work))
    patch.setattr(bounded, "result_of", lambda work, **_: work())
    patch.setattr(charge, "channel_is_held", lambda: current().process.is_channel_held)
    for module in (deferred_kill, noted_cancel):
        patch.setattr(module, "sync_to_async", _at_once)


def _places(patch: pytest.MonkeyPatch, world: World) -> None:
    path = RECORD_PATH if world.rules.has_file else ""
    for module in (airflow_store, deferred_kill, marked, noted_cancel):
        patch.setattr(module, "configured_record_path", lambda: path)
    patch.setattr(record_path.RecordPathStore, "__init__", lambda store, *_: setattr(store, "_file", RecordFile(world)))
    patch.setattr(registry.RecordRegistry, "_files", lambda _: _listing(world))


def _listing(world: World) -> list[ListedFile]:
    return world.perform("lists the records", lambda: [ListedFile(world)] if world.file.data is not None else [])


def _answers(patch: pytest.MonkeyPatch, world: World) -> None:
    for module in (asking, taking_charge):
        patch.setattr(module, "airflow_for_tasks", lambda: answers.airflow_for_tasks(world))
    patch.setattr(deferred_kill, "answer_about", lambda waiter: answers.answer_about(world, waiter))
    patch.setattr(asking, "_task_row", lambda identity: answers.task_row(world, identity))
    patch.setattr(
        asking,
        "_announced_in_database",
        lambda identity: world.perform("asks what the task has announced", lambda: answers.announced_id(world)),
    )
    if not world.rules.has_state_store:
        patch.setattr(asking, "require_own_id", lambda ti, store: answers.require_own_id(world, ti.attempt))
    for module in (charge, asking, airflow_rules):
        patch.setattr(module, "HAS_TASK_SDK", world.rules.is_airflow_3)
    for module in (deferred_kill, of_service):
        patch.setattr(module, "hook_of", lambda service, conn_id: ModelHook(world))
    patch.setattr(BoundQuery, "cancel_now", BoundQuery.cancel)
    patch.setattr(acceptance, "get_listener_manager", lambda: current().process.listeners)  # type: ignore[attr-defined]


def _parent() -> int:
    process = current().process
    return 1 if isinstance(process, Attempt) and process.is_alone else 1000


def _exit(world: World) -> None:
    process = current().process
    world.tell(f"     {process} exits")
    process.is_alive = False
    world.needs_sweep = True
    raise Died


class _Uninterrupted:
    """The provider's class of that name, with a strand for its thread."""

    def __init__(self, world: World, work: Callable[[], Any]) -> None:
        self._world = world
        self._work = work
        self._strand: Strand | None = None
        self._result: Any = None
        self._error: Exception | None = None

    @property
    def is_mine(self) -> bool:
        return self._strand is current()

    def begin(self) -> None:
        self._begun()

    def result(self, timeout: float | None = None) -> Any:
        turns = frozenset({Turn.TIME_OUT}) if timeout is not None else frozenset()
        if self._waited(turns) is Turn.TIME_OUT:
            raise TimeoutError
        if self._error is not None:
            raise self._error
        return self._result

    def is_done_within(self, seconds: float) -> bool:
        return self._waited(frozenset({Turn.TIME_OUT})) is not Turn.TIME_OUT

    def wait_out(self, seconds: float) -> Exception | None:
        while True:
            with suppress(Terminated):
                if self._waited(frozenset({Turn.TIME_OUT})) is Turn.TIME_OUT:
                    return TimeoutError()
                return self._error

    def _waited(self, turns: frozenset[Turn]) -> Turn:
        strand = self._begun()
        if self._is_done():
            return Turn.GO
        turn = wait_for_turn(Stop(f"waits for {strand.name}", self._is_done, turns))
        process = strand.process
        if turn is Turn.TIME_OUT and isinstance(process, Attempt):
            self._world.needs_sweep = process.is_unanswered = True
        return turn

    def _begun(self) -> Strand:
        if self._strand is None:
            process = current().process
            name = f"{process}, helper {len(process.strands)}"
            self._strand = self._world.spawn(process, self._do, name)
        return self._strand

    def _is_done(self) -> bool:
        return self._strand is not None and self._strand.is_finished

    def _do(self) -> None:
        try:
            self._result = self._work()
        except AssertionError:
            raise
        except Exception as e:
            self._error = e


@asynccontextmanager
async def _no_timeout(seconds: float) -> Any:
    yield


def _at_once(work: Callable[..., Any], *, thread_sensitive: bool = True) -> Callable[..., Any]:
    del thread_sensitive

    async def run(*args: Any) -> Any:
        return work(*args)

    return run
