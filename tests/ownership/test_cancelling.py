"""What is said, and counted, of each end of a cancel; the words must be true and must help."""

from __future__ import annotations

import asyncio
import logging
import shlex
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.providers.common.compat import sdk

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.service import Cancellation
from airflow_provider_veza.async_query.vocabulary import Phase
from airflow_provider_veza.exceptions import NoAnswerError
from airflow_provider_veza.hooks.bound import BoundQuery, nobody_knows, nobody_knows_async
from airflow_provider_veza.hooks.veza import VezaHook
from airflow_provider_veza.ownership.cancelling import (
    CancelOutcome,
    cancel_command,
    try_to_cancel,
    try_to_cancel_async,
    try_to_cancel_beside_others,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HANDLE = QueryHandle("veza_nodes", "q1", "https://acme.vezacloud.com", "it's mine", NOON, Deadline(NOON))
LOG = logging.getLogger("task")

OUTCOMES = pytest.mark.parametrize(
    ("result", "outcome", "level", "text"),
    [
        (
            Cancellation(True, Phase.RUNNING),
            CancelOutcome.CANCELLED,
            logging.INFO,
            "Query q1 of https://acme.vezacloud.com was cancelled.",
        ),
        (
            Cancellation(False, Phase.SUCCEEDED, "the query had already ended (state DONE)"),
            CancelOutcome.ALREADY_ENDED,
            logging.INFO,
            "Query q1 of https://acme.vezacloud.com was not cancelled: the query had already ended (state DONE).",
        ),
        (
            Cancellation(False, Phase.RUNNING, "veza_result documents no cancel"),
            CancelOutcome.NOT_POSSIBLE,
            logging.WARNING,
            "Query q1 of https://acme.vezacloud.com was not cancelled: veza_result documents no cancel.",
        ),
        (
            Cancellation(False, None, "it is only attached"),
            CancelOutcome.NOT_POSSIBLE,
            logging.WARNING,
            "Query q1 of https://acme.vezacloud.com was not cancelled: it is only attached.",
        ),
        (
            NoAnswerError("no whole answer"),
            CancelOutcome.FAILED,
            logging.WARNING,
            (
                "Query q1 of https://acme.vezacloud.com could not be cancelled and may still run (NoAnswerError: no whole "
                f"answer). To cancel it by hand: {cancel_command(HANDLE, 'veza_default')}"
            ),
        ),
    ],
    ids=["cancelled", "ended", "not possible", "not owned", "failed"],
)


class Counters:
    """Keeps what Airflow would send to statsd."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, str]]] = []

    def incr(self, name: str, tags: dict[str, str]) -> None:
        self.seen.append((name, tags))


@pytest.fixture
def counters(monkeypatch: pytest.MonkeyPatch) -> Counters:
    counters = Counters()
    monkeypatch.setattr(sdk, "Stats", counters, raising=False)
    return counters


def end_with(result: Any) -> Any:
    if isinstance(result, Exception):
        raise result
    return result


class EndingQuery(BoundQuery):
    """A query whose cancel ends as it is told, whichever way it is asked for."""

    def __init__(self, result: Any) -> None:
        super().__init__(HANDLE, "veza_default", VezaHook)
        self.result = result

    def cancel(self, is_cancelled: Any = nobody_knows) -> Any:
        return end_with(self.result)

    def cancel_now(self, is_cancelled: Any = nobody_knows) -> Any:
        return end_with(self.result)

    async def acancel(self, is_cancelled: Any = nobody_knows_async) -> Any:
        return end_with(self.result)


WAYS: dict[str, Callable[[BoundQuery], CancelOutcome]] = {
    "in a worker": lambda query: try_to_cancel(query, LOG),
    "in a worker that is being killed": lambda query: try_to_cancel(query, LOG, in_bounded_time=True),
    "in a worker beside others": lambda query: try_to_cancel_beside_others(query, LOG, nobody_knows),
    "in a trigger": lambda query: asyncio.run(try_to_cancel_async(query, LOG, nobody_knows_async)),
}


@pytest.mark.parametrize("cancel", WAYS.values(), ids=WAYS)
@OUTCOMES
def test_a_cancel_is_told_and_counted_and_never_raises(
    counters: Counters,
    caplog: pytest.LogCaptureFixture,
    cancel: Callable[[BoundQuery], CancelOutcome],
    result: Any,
    outcome: CancelOutcome,
    level: int,
    text: str,
) -> None:
    with caplog.at_level(logging.INFO):
        said = cancel(EndingQuery(result))

    assert said is outcome
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [(level, text)]
    assert counters.seen == [(f"veza.cancel.{outcome}", {"outcome": outcome.value})]


@pytest.mark.parametrize("outcome", CancelOutcome)
def test_an_error_says_that_a_query_may_still_run_unless_it_is_known_to_have_ended(outcome: CancelOutcome) -> None:
    has_ended = outcome in (CancelOutcome.CANCELLED, CancelOutcome.ALREADY_ENDED)

    assert ("may still run" in outcome.of_query) is not has_ended


def test_the_command_survives_a_shell_and_carries_the_whole_handle() -> None:
    words = shlex.split(cancel_command(HANDLE, HANDLE.conn_id))

    assert words[:-1] == ["python", "-m", "airflow_provider_veza", "cancel", "--conn-id", "it's mine"]
    assert QueryHandle.from_json(words[-1]) == HANDLE


def test_the_real_counter_takes_the_call(caplog: pytest.LogCaptureFixture) -> None:
    assert try_to_cancel(EndingQuery(Cancellation(True)), LOG) is CancelOutcome.CANCELLED
