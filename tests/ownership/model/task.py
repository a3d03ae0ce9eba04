"""The task of the check: the provider's own operator and hook, on the model's tenant; no lifecycle of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.identity import Fingerprint
from airflow_provider_veza.async_query.message import Call, Response
from airflow_provider_veza.async_query.vocabulary import Phase
from airflow_provider_veza.exceptions import NotFoundError, RequestError
from airflow_provider_veza.hooks.base import AsyncQueryHook
from airflow_provider_veza.operators.query import VezaQueryOperator
from airflow_provider_veza.transport.settings import TotalTimes
from ownership.model import promises
from ownership.model.airflow_row import Attempt
from ownership.model.tenant import URL, ModelService
from ownership.model.turnstile import Turn, current
from ownership.model.world import IDENTITY, StoryLog, World

CONN_ID = "model"
_SETTINGS = SimpleNamespace(
    tenant=URL,
    ui_url=lambda query_id: f"{URL}/{query_id}",
    transport=SimpleNamespace(total_times=TotalTimes()),
)
_UNSURE = frozenset({Turn.FAIL, Turn.LOSE})


class ModelHook(AsyncQueryHook):
    """The provider's hook; its requests go to the model's tenant."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._service = ModelService(keeps_result=world.wishes.keeps_result)

    conn_id = CONN_ID  # type: ignore[assignment]
    settings = _SETTINGS  # type: ignore[assignment]
    tenant = URL  # type: ignore[assignment]

    def read_settings(self, conn: Any) -> Any:
        return _SETTINGS

    def service_for(self, handle: QueryHandle, settings: Any) -> Any:
        return self._service

    def run(self, call: Call[Any], retry: Any = None, within: float | None = None) -> Any:
        method, query_id = call.request.method, call.request.path
        text = f"{method} {query_id}"
        try:
            return self._world.perform(text, lambda: call.read(self._answer(method, query_id)), turns=_UNSURE)
        except RequestError:
            query = self._world.tenant.named(query_id)
            query.is_lost |= current().process is query.submitter and query.recorded_at is None
            raise

    async def arun(self, call: Call[Any], *_: Any, **__: Any) -> Any:
        return self.run(call)

    async def settings_about(self, handle: QueryHandle, within: float | None = None) -> Any:
        return _SETTINGS

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[AsyncQueryHook]:
        yield self

    def close(self) -> None:
        """Nothing is open."""

    def submit(self, attempt: Attempt, deadline: Deadline) -> QueryHandle:
        query = self._world.perform("SUBMIT", lambda: self._submitted(attempt), turns=frozenset({Turn.FAIL, Turn.LOSE}))
        self._world.tell(f"     {attempt} has submitted {query}")
        return QueryHandle("model", query, URL, CONN_ID, self._world.now(), deadline)

    def _submitted(self, attempt: Attempt) -> str:
        promises.before_submit(self._world, attempt)
        query = self._world.tenant.submit(attempt, self._world.turn)
        query.is_lost = current().turn is Turn.LOSE
        return query.id

    def _answer(self, method: str, query_id: str) -> Response:
        query = self._world.tenant.named(query_id)
        if method == "CANCEL" and query.phase is Phase.RUNNING:
            promises.before_end(self._world, query, "cancels")
            query.phase, query.ended_by = Phase.CANCELED, current().process.name
        if method == "RELEASE" and not query.is_released:
            if query.phase is Phase.SUCCEEDED:
                promises.before_end(self._world, query, promises.RELEASES)
            query.is_released = True
        if method == "READ" and (query.is_released or query.phase is not Phase.SUCCEEDED):
            raise NotFoundError(404, "no such result")
        return Response(200, {}, self._world.tenant.seen(query_id).value.encode())


class ModelQuery:
    """What the task asks, the same each time."""

    def fingerprint(self, tenant: str) -> Fingerprint:
        return Fingerprint.of(spec={}, tenant=tenant)


class ModelTask(VezaQueryOperator):
    """A task that owns its query to the end."""

    def __init__(self, *, world: World, attempt: Attempt, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._world = world
        self._attempt = attempt
        self._hook = ModelHook(world)
        self._story_log = StoryLog(world)

    @property
    def hook(self) -> AsyncQueryHook:
        return self._hook

    @property
    def log(self) -> Any:
        return self._story_log

    def checked_query(self) -> ModelQuery:
        return ModelQuery()

    def submit(self, query: Any, *, deadline: Deadline) -> QueryHandle:
        return self._hook.submit(self._attempt, deadline)

    def has_landed(self, handle: QueryHandle) -> bool:
        def look() -> bool:
            return self._world.wishes.lands and self._world.tenant.named(handle.id).is_landed

        return self._world.perform("looks whether the rows lie in the folder", look)

    def collect(self, handle: QueryHandle, context: Any) -> list[str]:
        if self._world.wishes.lands and self.has_landed(handle):
            return [handle.id]
        self._hook.run(ModelService(keeps_result=True).page(handle.id, None))
        if self._world.wishes.lands:
            self._check_attempt()
            self._world.perform("writes the manifest", lambda: self._land(handle))
        return [handle.id]

    def _check_attempt(self) -> None:
        if self._charge is not None:
            self._charge.check()

    def _land(self, handle: QueryHandle) -> None:
        self._world.tenant.named(handle.id).is_landed = True


def task_of(world: World, attempt: Attempt) -> ModelTask:
    """Return the task as the process of an attempt parses it."""
    return ModelTask(
        task_id=IDENTITY.task_id,
        query_spec={"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}},
        world=world,
        attempt=attempt,
        retries=world.wishes.retries,
        deferrable=world.wishes.defers,
        poll_interval=0.5,
        timeout=timedelta(days=30),
    )
