"""A fetched access token is a secret to Airflow: what prints it shows asterisks, in this process and in its supervisor."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import redact

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.hooks.veza import VezaHook
from airflow_provider_veza.ownership.airflow_versions import HAS_TASK_SDK
from airflow_provider_veza.services.veza_saved_queries import list_one
from airflow_provider_veza.transport.tokens import TOKENS
from transport.servers import HttpServer, answer

if not HAS_TASK_SDK:
    from airflow.utils.log.secrets_masker import RedactedIO


@pytest.fixture
def serve() -> Iterator[Callable[..., HttpServer]]:
    servers: list[HttpServer] = []

    def start(*replies: Any) -> HttpServer:
        servers.append(HttpServer(*replies))
        servers[-1].__enter__()
        return servers[-1]

    yield start
    for server in servers:
        server.__exit__(None, None, None)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """Return what a supervisor is told to mask, and whether that was from another thread than the test's."""
    heard: list[tuple[str, bool]] = []
    if HAS_TASK_SDK:
        from airflow.sdk.execution_time import task_runner

        here = threading.get_ident()

        def send(message: Any) -> None:
            if "f3tched" in str(message.value):  # Airflow itself tells of what stands in the connection.
                heard.append((message.value, threading.get_ident() != here))

        comms = SimpleNamespace(send=send)
        monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", comms, raising=False)
    return heard


def connect(
    serve: Callable[..., HttpServer], define_connection: Callable[..., None], token: str, *answers: Any
) -> HttpServer:
    endpoint = serve(answer(200, {"access_token": token, "token_type": "Bearer", "expires_in": 3600}))
    tenant = serve(*answers)
    extra = {"auth": "oauth2_client_credentials", "token_url": f"{endpoint.url}/token"}
    define_connection(
        "veza_default", host=tenant.url, login=f"client of {token}", password="cl1ent-s3cret", extra=extra
    )
    return tenant


def printed(text: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what a task that prints a text leaves in its log."""
    capsys.readouterr()
    if not HAS_TASK_SDK:
        RedactedIO().write(text)
        return capsys.readouterr().out
    return str(redact(text))


def test_a_printed_token_is_asterisks(
    serve: Callable[..., HttpServer],
    define_connection: Callable[..., None],
    told: list[tuple[str, bool]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    connect(serve, define_connection, "f3tched-in-a-worker", answer(200, {"values": []}))

    VezaHook().run(list_one())

    assert printed("f3tched-in-a-worker", capsys) == "***"
    assert told == ([("f3tched-in-a-worker", False)] if HAS_TASK_SDK else [])


def test_a_token_that_a_trigger_fetched_is_told_off_its_event_loop(
    serve: Callable[..., HttpServer],
    define_connection: Callable[..., None],
    told: list[tuple[str, bool]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    connect(serve, define_connection, "f3tched-in-a-triggerer", answer(200, {"values": []}))

    async def fetch() -> None:
        async with VezaHook().connected() as hook:
            await hook.arun(list_one())

    asyncio.run(fetch())

    assert printed("f3tched-in-a-triggerer", capsys) == "***"
    assert told == ([("f3tched-in-a-triggerer", True)] if HAS_TASK_SDK else [])


def test_a_process_that_is_being_killed_tells_nobody_since_that_may_never_return(
    serve: Callable[..., HttpServer], define_connection: Callable[..., None], told: list[tuple[str, bool]]
) -> None:
    tenant = connect(serve, define_connection, "f3tched-in-a-kill", answer(200, {"status": "DONE"}))
    now = datetime.now(UTC)
    handle = QueryHandle("veza_nodes", "q1", tenant.url, "veza_default", now, Deadline.after(now, timedelta(hours=1)))

    assert not VezaHook().cancel_now(handle).cancelled
    assert told == []


def test_whoever_is_told_once_is_told_once_of_each_token() -> None:
    from airflow_provider_veza.hooks.masking import mask_in_logs

    TOKENS.tell(mask_in_logs)
    assert [listener for listener in TOKENS._listeners if listener is mask_in_logs] == [mask_in_logs]
