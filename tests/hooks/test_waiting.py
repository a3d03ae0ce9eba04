"""The two loops that wait: they look, pause as told, log what is said, and end with the verdict."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from airflow_provider_veza.async_query import progress
from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.polling import PollSchedule
from airflow_provider_veza.async_query.process_counts import COUNTS, Counts
from airflow_provider_veza.async_query.vocabulary import Phase, Snapshot, Traits
from airflow_provider_veza.async_query.watch import Ended, LookAgain, Outcome, Watch
from airflow_provider_veza.exceptions import ForbiddenError, HandleError, NoAnswerError, RequestError
from airflow_provider_veza.hooks import metrics, tracing, waiting
from airflow_provider_veza.hooks.waiting import SharedLog, look_once, look_until_sure, wait, wait_async
from airflow_provider_veza.hooks.wall_clock import utc_now

LOG = logging.getLogger("task")
RUNNING = Snapshot(Phase.RUNNING, "IN_PROGRESS")
DONE = Snapshot(Phase.SUCCEEDED, "DONE", rows=12)
FAILED = Snapshot(Phase.FAILED, "FAILED", error="Out of memory")
ABSENT = Snapshot(Phase.GONE, "HTTP 404")
BLIP = NoAnswerError("no whole answer")
Seen = Snapshot | RequestError

WAITS = pytest.mark.parametrize(
    ("looks", "outcome", "detail"),
    [
        ([DONE], Outcome.SUCCEEDED, ""),
        ([RUNNING, RUNNING, DONE], Outcome.SUCCEEDED, ""),
        ([RUNNING, BLIP, BLIP, DONE], Outcome.SUCCEEDED, ""),
        ([RUNNING, FAILED], Outcome.FAILED, "Out of memory"),
        ([RUNNING, ForbiddenError(403, "no right")], Outcome.REFUSED, "ForbiddenError: no right"),
    ],
    ids=["at once", "later", "after blips", "failed", "refused"],
)


class Tenant:
    """Shows one thing after the other."""

    def __init__(self, *looks: Seen) -> None:
        self.looks = list(looks)

    def look(self, wait: float = 0.0) -> Snapshot:
        seen = self.looks.pop(0)
        if isinstance(seen, RequestError):
            raise seen
        return seen

    async def look_later(self, wait: float) -> Snapshot:
        return self.look()


@pytest.fixture
def watch() -> Callable[..., Watch]:
    def watch_for(wanted: timedelta = timedelta(hours=1)) -> Watch:
        now = datetime.now(UTC)
        deadline = Deadline.after(now, wanted)
        handle = QueryHandle("veza_nodes", "q1", "https://acme.vezacloud.com", "veza_default", now, deadline)
        return Watch(handle, Traits(), PollSchedule(fixed_interval=0.01), deadline)

    return watch_for


@WAITS
def test_a_worker_waits_to_the_end_and_pauses_between_two_looks(
    watch: Callable[..., Watch], looks: list[Seen], outcome: Outcome, detail: str
) -> None:
    tenant, pauses = Tenant(*looks), []

    ended = wait(watch(), tenant.look, LOG, pauses.append)

    assert (ended.outcome, ended.detail) == (outcome, detail)
    assert tenant.looks == []
    assert len(pauses) == len(looks) - 1
    assert all(0.009 <= seconds <= 0.011 for seconds in pauses)


@WAITS
def test_a_trigger_waits_to_the_end(
    watch: Callable[..., Watch], looks: list[Seen], outcome: Outcome, detail: str
) -> None:
    tenant = Tenant(*looks)

    ended = asyncio.run(wait_async(watch(), tenant.look_later, LOG))

    assert (ended.outcome, ended.detail) == (outcome, detail)
    assert tenant.looks == []


@dataclass
class Clock:
    """Passes as it is told; a pause passes by itself."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def test_a_success_that_may_be_an_older_one_is_looked_at_once_more_after_its_grace(
    watch: Callable[..., Watch],
) -> None:
    waited, tenant = watch(), Tenant(DONE, DONE)
    clock = Clock(waited.handle.submitted_at)
    may_be_stale = replace(waited.handle, stale_until=clock.now + timedelta(seconds=7))

    ended = wait(replace(waited, handle=may_be_stale), tenant.look, LOG, clock.pause, clock)

    assert (ended.outcome, tenant.looks, clock.now) == (Outcome.SUCCEEDED, [], may_be_stale.stale_until)


def test_a_trigger_looks_once_more_at_a_success_that_may_be_an_older_one(watch: Callable[..., Watch]) -> None:
    waited, tenant = watch(), Tenant(DONE, DONE)
    clock = Clock(waited.handle.submitted_at)
    may_be_stale = replace(waited.handle, stale_until=clock.now + timedelta(seconds=0.001))

    async def look(_wait: float) -> Snapshot:
        seen = await tenant.look_later(0.0)
        if not tenant.looks:
            clock.pause(0.001)
        return seen

    ended = asyncio.run(wait_async(replace(waited, handle=may_be_stale), look, LOG, clock=clock))

    assert (ended.outcome, tenant.looks) == (Outcome.SUCCEEDED, [])


def test_a_passed_deadline_ends_the_wait(watch: Callable[..., Watch]) -> None:
    ended = wait(watch(timedelta(0)), Tenant(RUNNING).look, LOG, lambda seconds: None)

    assert ended.outcome is Outcome.DEADLINE_PASSED


def test_a_pause_may_give_up_the_wait(watch: Callable[..., Watch]) -> None:
    def killed(seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        wait(watch(), Tenant(RUNNING).look, LOG, killed)


def test_an_error_that_is_no_failed_request_is_nobodys_to_swallow(watch: Callable[..., Watch]) -> None:
    def look() -> Snapshot:
        raise HandleError("not a handle")

    with pytest.raises(HandleError):
        look_once(watch(), look, LOG)


def test_each_new_state_is_logged_once_and_so_is_the_end(
    watch: Callable[..., Watch], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        wait(watch(), Tenant(RUNNING, RUNNING, RUNNING, DONE).look, LOG, lambda seconds: None)

    assert [message.partition(",")[0] for message in caplog.messages] == [
        "Query state IN_PROGRESS",
        "Query ended as SUCCEEDED (state DONE",
    ]


def test_one_look_gives_the_watch_for_the_next(watch: Callable[..., Watch]) -> None:
    first, verdict = look_once(watch(), Tenant(BLIP).look, LOG)
    then, end = look_once(first, Tenant(DONE).look, LOG)

    assert isinstance(verdict, LookAgain)
    assert first.failing_since is not None
    assert isinstance(end, Ended)
    assert then.handle == first.handle


@pytest.mark.parametrize(
    ("looks", "outcome", "pauses"),
    [([DONE], Outcome.SUCCEEDED, 0), ([ABSENT, ABSENT, DONE], Outcome.SUCCEEDED, 2), ([ABSENT] * 9, Outcome.GONE, 3)],
    ids=["seen at once", "seen after a race", "gone"],
)
def test_a_waiter_without_memory_looks_until_an_absent_query_is_surely_gone(
    watch: Callable[..., Watch],
    monkeypatch: pytest.MonkeyPatch,
    looks: list[Snapshot],
    outcome: Outcome,
    pauses: int,
) -> None:
    clock = [datetime.now(UTC)]
    monkeypatch.setattr(waiting, "utc_now", lambda: clock[0])
    paused: list[float] = []

    def pause(seconds: float) -> None:
        paused.append(seconds)
        clock[0] += timedelta(seconds=seconds)

    racing = replace(watch(), traits=Traits(storing_grace_seconds=2.5), schedule=PollSchedule(fixed_interval=30.0))
    _, verdict = look_until_sure(racing, Tenant(*looks).look, LOG, pause)
    assert isinstance(verdict, Ended)
    assert (verdict.outcome, len(paused)) == (outcome, pauses)


def test_deadlines_are_judged_by_a_clock_that_knows_its_zone() -> None:
    assert utc_now().tzinfo is UTC


def test_what_can_be_said_later_waits_until_the_process_has_room_for_it(
    watch: Callable[..., Watch], caplog: pytest.LogCaptureFixture
) -> None:
    shared = SharedLog()
    shared.note(1_000)
    with caplog.at_level(logging.INFO):
        asyncio.run(wait_async(watch(), Tenant(RUNNING, RUNNING, DONE).look_later, LOG, shared))

    assert [message.partition(" (")[0] for message in caplog.messages] == ["Query ended as SUCCEEDED"]


@pytest.mark.parametrize(
    ("room", "said"), [(1, []), (2, ["PENDING"]), (3, ["PENDING", "IN_PROGRESS"])], ids=["one", "two", "three"]
)
def test_a_wait_that_begins_takes_as_much_room_as_a_line_and_each_line_takes_its_own(
    watch: Callable[..., Watch],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    room: int,
    said: list[str],
) -> None:
    monkeypatch.setattr(progress, "LINES_PER_SECOND", 0.0)
    shared = SharedLog()
    shared.note(int(progress.LINES_AT_ONCE) - room)
    looks = Tenant(Snapshot(Phase.RUNNING, "PENDING"), RUNNING, DONE)
    with caplog.at_level(logging.INFO):
        asyncio.run(wait_async(watch(), looks.look_later, LOG, shared))

    assert [message.split()[2].rstrip(",") for message in caplog.messages if message.startswith("Query state")] == said


def test_each_look_of_a_trigger_waits_for_the_tick_that_it_shares_with_others(
    watch: Callable[..., Watch], monkeypatch: pytest.MonkeyPatch
) -> None:
    waits_at_ticks: list[int] = []
    monkeypatch.setattr(COUNTS, "waiting", 0)
    monkeypatch.setattr(waiting, "on_tick", lambda _seconds, _now, waits: waits_at_ticks.append(waits) or 0.0)

    async def two() -> None:
        tenants = [Tenant(RUNNING, DONE), Tenant(RUNNING, DONE)]
        await asyncio.gather(*(wait_async(watch(), tenant.look_later, LOG, SharedLog()) for tenant in tenants))

    asyncio.run(two())
    assert len(waits_at_ticks) == 4
    assert set(waits_at_ticks[1:3]) == {2}


@pytest.mark.parametrize("driver", ["worker", "trigger"])
def test_looks_and_the_time_until_the_end_was_noticed_are_counted(watch: Callable[..., Watch], driver: str) -> None:
    tenant = Tenant(RUNNING, BLIP, RUNNING, DONE)
    counted = Counts()

    def end() -> Ended:
        if driver == "worker":
            return wait(watch(), tenant.look, LOG, lambda seconds: None)
        return asyncio.run(wait_async(watch(), tenant.look_later, LOG))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waiting, "COUNTS", counted)
        end()

    assert (counted.answered, counted.failed, len(counted.delays)) == (3, 1, 1)


@pytest.mark.parametrize("looks", [[DONE], [BLIP, DONE]])
def test_how_late_the_first_look_of_a_process_is_nobody_can_tell(
    watch: Callable[..., Watch], monkeypatch: pytest.MonkeyPatch, looks: list[Seen]
) -> None:
    counted = Counts()
    monkeypatch.setattr(waiting, "COUNTS", counted)

    wait(watch(), Tenant(*looks).look, LOG, lambda seconds: None)

    assert (counted.answered, counted.delays) == (1, [])


@pytest.mark.parametrize("seen", [RUNNING, BLIP])
def test_a_look_outside_of_any_wait_is_counted_and_sent_at_once(
    watch: Callable[..., Watch], monkeypatch: pytest.MonkeyPatch, seen: Seen
) -> None:
    counted = Counts()
    reporter, sent = metrics.Reporter(counted), list[Counts]()
    monkeypatch.setattr(metrics, "_send", sent.append)
    for module, name, value in [
        (waiting, "COUNTS", counted),
        (metrics, "COUNTS", counted),
        (metrics, "REPORTER", reporter),
    ]:
        monkeypatch.setattr(module, name, value)

    look_once(watch(), Tenant(seen).look, LOG)

    assert [(counts.answered, counts.failed, counts.delays) for counts in sent] == [
        (int(seen is RUNNING), int(seen is BLIP), [])
    ]


def test_a_service_that_answers_when_a_query_ends_is_not_late(watch: Callable[..., Watch]) -> None:
    counted = Counts()
    long_poll = replace(watch(), traits=Traits(long_poll_seconds=30.0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waiting, "COUNTS", counted)
        wait(long_poll, Tenant(RUNNING, DONE).look, LOG, lambda seconds: None)

    assert counted.delays == []


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """All spans that have ended, inside one of Airflow's."""
    spans, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    monkeypatch.setattr(tracing.trace, "get_tracer", provider.get_tracer)
    with provider.get_tracer("airflow").start_as_current_span("trigger.ask"):
        yield spans


@pytest.mark.parametrize("driver", ["worker", "trigger"])
@pytest.mark.parametrize(
    ("shown", "outcome"),
    [
        (DONE, "SUCCEEDED"),
        (FAILED, "FAILED"),
        (Snapshot(Phase.CANCELED, "CANCELED"), "CANCELED"),
        (ForbiddenError(403, "no right"), "REFUSED"),
        (HandleError("not a handle"), "BROKEN_OFF"),
        (KeyboardInterrupt(), "BROKEN_OFF"),
    ],
    ids=["success", "failure", "cancel", "refusal", "error", "kill"],
)
def test_a_wait_is_a_span_inside_that_of_its_task_and_says_how_it_ended_whatever_way(
    watch: Callable[..., Watch], spans: InMemorySpanExporter, driver: str, shown: Snapshot | BaseException, outcome: str
) -> None:
    def look(_wait: float) -> Snapshot:
        if isinstance(shown, BaseException):
            raise shown
        return shown

    async def look_later(wait: float) -> Snapshot:
        return look(wait)

    with suppress(HandleError, KeyboardInterrupt):
        if driver == "worker":
            wait(watch(), look, LOG, lambda seconds: None)
        else:
            asyncio.run(wait_async(watch(), look_later, LOG))

    assert_is_the_wait(spans, outcome)


@pytest.mark.parametrize("where", ["pause", "look"])
def test_a_trigger_that_is_cancelled_ends_its_span(
    watch: Callable[..., Watch], spans: InMemorySpanExporter, where: str
) -> None:
    asyncio.run(cancelled(watch(), where))

    assert_is_the_wait(spans, "BROKEN_OFF")


@pytest.mark.parametrize("where", ["pause", "look"])
def test_a_trigger_that_is_cancelled_passes_on_why_since_airflow_knows_a_kill_by_that(
    watch: Callable[..., Watch], where: str
) -> None:
    assert asyncio.run(cancelled(watch(), where)).args == ("user action",)


async def cancelled(waited: Watch, where: str) -> BaseException:
    """Cancel a wait in its first pause, or in its first look, and return what it raises."""
    if where == "pause":
        waited = replace(waited, schedule=PollSchedule(fixed_interval=3_600.0))
    looks = asyncio.Event()

    async def look(_wait: float) -> Snapshot:
        looks.set()
        await asyncio.Event().wait()
        raise AssertionError

    waiting = asyncio.create_task(wait_async(waited, look, LOG))
    await (looks.wait() if where == "look" else asyncio.sleep(0))
    waiting.cancel("user action")
    with pytest.raises(asyncio.CancelledError) as raised:
        await waiting
    return raised.value


def assert_is_the_wait(spans: InMemorySpanExporter, outcome: str) -> None:
    [ours] = spans.get_finished_spans()
    around = trace.get_current_span().get_span_context()
    assert ours.name == "veza.wait"
    assert ours.parent is not None
    assert ours.parent.span_id == around.span_id
    assert ours.attributes == {"veza.service": "veza_nodes", "veza.query_id": "q1", "veza.outcome": outcome}


def test_a_step_that_nobody_traces_makes_nothing_current(watch: Callable[..., Watch]) -> None:
    before = copy_context()
    with tracing.span("veza.wait", watch().handle) as attributes:
        attributes["veza.outcome"] = "SUCCEEDED"
        within = copy_context()

    assert dict(within) == dict(before)
