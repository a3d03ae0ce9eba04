"""Where a connection is looked up, and that an error which an edit of it mends names it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from airflow_provider_veza.exceptions import (
    ConnectionSettingsError,
    ForbiddenError,
    NotSentError,
    RequestError,
    UnauthorizedError,
)
from airflow_provider_veza.hooks.veza import VezaHook
from hooks.tenant_site import UNPACED, Site
from veza_emulator.tenant.faults import FaultKind

NOWHERE = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"password": "wrong-key-of-acme"}, UnauthorizedError),
        ({"password": "no-query-rights"}, ForbiddenError),
        ({"host": NOWHERE}, NotSentError),
    ],
    ids=["key", "rights", "host"],
)
def test_an_error_that_an_edit_of_the_connection_mends_names_it_last(
    site: Site, wrong: dict[str, Any], error: type[RequestError]
) -> None:
    site.define_connection("acme", **{"host": site.demo.url, "password": site.demo.api_key, "extra": UNPACED} | wrong)
    hook = VezaHook(veza_conn_id="acme")

    with pytest.raises(error) as refused:
        next(iter(hook.saved_queries()))
    assert str(refused.value).endswith(f"Airflow connection {hook.conn_id!r})")
    assert refused.value.message in str(refused.value)


@pytest.mark.parametrize("status", [200, 404, 405])
def test_an_answer_that_is_not_the_tenants_names_the_connection(site: Site, status: int) -> None:
    hook = site.connect()
    site.spoil(FaultKind.HTML, status=status)

    with pytest.raises(RequestError, match=r"Airflow connection 'veza_default'\)$"):
        next(iter(hook.saved_queries()))


@pytest.mark.parametrize(
    "unreadable", ["{'conn_type': 'veza'}", "veza://:ab/cd+e=@acme.vezacloud.com"], ids=["a dict", "a slash in the key"]
)
def test_a_connection_that_the_environment_holds_and_airflow_cannot_read_is_not_called_undefined(
    monkeypatch: pytest.MonkeyPatch, unreadable: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ACME", unreadable)

    with pytest.raises(ConnectionSettingsError, match="cannot be read: the environment variable AIRFLOW_CONN_ACME"):
        _ = VezaHook(veza_conn_id="acme").settings


class OnlySync:
    """The supervisor of ``dag.test()`` on Airflow 3: it answers sync requests, and has no way to ask it otherwise."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def send(self, _message: Any) -> Any:
        return self._answer


@pytest.fixture
def supervised(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    task_runner = pytest.importorskip("airflow.sdk.execution_time.task_runner")
    return lambda answer: monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", OnlySync(answer), raising=False)


def test_a_trigger_under_dag_test_finds_a_connection_that_only_a_sync_request_is_answered(
    supervised: Callable[[Any], None],
) -> None:
    from airflow.sdk.execution_time.comms import ConnectionResult

    others = dict.fromkeys(("schema", "login", "port", "extra"))
    supervised(ConnectionResult(conn_id="kept", conn_type="veza", host=NOWHERE, password="key-of-acme", **others))

    assert asyncio.run(settings_of("kept")).tenant == NOWHERE


def test_what_no_supervisor_knows_is_not_defined_and_no_database_is_asked(supervised: Callable[[Any], None]) -> None:
    supervised(None)

    with pytest.raises(ConnectionSettingsError, match="'nowhere' is not defined"):
        asyncio.run(settings_of("nowhere"))


async def settings_of(conn_id: str) -> Any:
    async with VezaHook(veza_conn_id=conn_id).connected() as hook:
        return await hook._asettings()
