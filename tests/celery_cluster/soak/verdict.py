"""The verdict over a soak, from journals of services, chaos log and traces of attempts; Airflow's states say nothing here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from soak.chaos import FREEZES, Event
from soak.load import OF_THE_RUN, SoakQuery
from soak.trace import Key, Trace

LAST_KINDS = ("last_running", "last_deferred")
RELEASED_ROWS = "esql"
"""The task whose rows go to XCom and whose source is released: the second named exception is allowed only to it."""
CLOCK_SLACK_SECONDS = 2.0
WAKING_SECONDS = 10.0
"""In which an attempt on a host that is awake has done what comes next, on a busy machine too."""

Rows = Callable[[Key], Any]


@dataclass(frozen=True)
class Finding:
    """Something that breaks the promise."""

    kind: str
    key: str
    detail: str

    def as_json(self) -> dict[str, str]:
        """Return it as JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Evidence:
    """All that a verdict is given by.

    :param rows: what a task instance delivered, None if nothing.
    """

    queries: Sequence[SoakQuery]
    events: Sequence[Event]
    traces: Sequence[Trace]
    rows: Rows

    def of(self, key: Key) -> list[Trace]:
        """Return the traces of one task instance."""
        return [trace for trace in self.traces if trace.key == key]

    def excused(self, key: Key, before: float, after: float = 0.0) -> list[Event]:
        """Return what the chaos log says about a task instance in that time."""
        slack = CLOCK_SLACK_SECONDS
        return [event for event in self.events if event.concerns(key) and after - slack <= event.at <= before + slack]

    def wakings(self, host: str, since: float) -> list[float]:
        """Return when a host woke from what froze it after that time: the end of a request may lie behind a freeze."""
        frozen = [event for event in self.events if event.target == host and event.kind in FREEZES]
        return [event.at + FREEZES[event.kind] for event in frozen if event.at >= since - CLOCK_SLACK_SECONDS]

    def by_key(self) -> dict[Key, list[SoakQuery]]:
        """Return the queries of each task instance, in the order of their submits."""
        keys = dict.fromkeys(query.key for query in self.queries)
        return {key: [query for query in self.queries if query.key == key] for key in keys}


def judge(evidence: Evidence) -> list[Finding]:
    """Return all findings of a soak that has come to rest, after its sweep."""
    return [
        *wrong_cancels(evidence),
        *double_submits(evidence),
        *lost_rows(evidence),
    ]


def wrong_cancels(evidence: Evidence) -> Iterator[Finding]:
    """Name the cancels of queries that somebody waited for, and those of queries that had ended."""
    for query in evidence.queries:
        if query.cancelled is None:
            continue
        if query.finished is not None:
            yield Finding("cancelled after its end", query.key.words, query.id)
        elif not (
            query.key.task_id in LAST_KINDS
            or evidence.excused(query.key, query.cancelled)
            or any(_took_back(evidence, trace, query) for trace in evidence.of(query.key))
        ):
            yield Finding("wrong cancel", query.key.words, f"{query.id} cancelled at {query.cancelled:.1f}")


def double_submits(evidence: Evidence) -> Iterator[Finding]:
    """Name the queries that were asked while, or after, one of the same life ran or had ended."""
    for key, queries in evidence.by_key().items():
        for before, query in pairwise(queries):
            is_after_a_cancel = before.cancelled is not None and before.cancelled <= query.submitted
            if is_after_a_cancel or evidence.excused(key, query.submitted, before.submitted):
                continue
            if not _is_named_exception(evidence, before, query):
                yield Finding("double submit", key.words, f"{before.id}, then {query.id} at {query.submitted:.1f}")


def lost_rows(evidence: Evidence) -> Iterator[Finding]:
    """Name the task instances that nobody ended and that have not delivered exactly their query's rows."""
    for key, queries in evidence.by_key().items():
        owner = Key(key.run_id, "read") if key.task_id == OF_THE_RUN else key
        if _was_ended(evidence, key):
            continue
        delivered = evidence.rows(owner)
        ended = [query for query in queries if query.finished is not None and query.cancelled is None]
        if delivered is None and key.task_id in LAST_KINDS:
            continue
        expected = ended[-1].service.rows(ended[-1].id) if ended else None
        if delivered is None or delivered != expected:
            count = "nothing" if delivered is None else f"{len(delivered)} rows"
            wanted = "no query ended" if expected is None else f"{len(expected)} rows"
            yield Finding("rows lost or repeated", key.words, f"delivered {count}, expected {wanted}")


def orphans(evidence: Evidence, *, swept: bool) -> Iterator[Finding]:
    """Name the queries that run on though all has come to rest; without a sweep a lost last attempt may leave its own."""
    for query in evidence.queries:
        if not query.runs or (not swept and query.key.task_id in LAST_KINDS):
            continue
        if not any(_lost_its_name(trace, query) for trace in evidence.of(query.key)):
            yield Finding("orphan", query.key.words, query.id)


def _is_named_exception(evidence: Evidence, before: SoakQuery, query: SoakQuery) -> bool:
    mine = evidence.of(query.key)
    if any(_lost_its_name(trace, before) for trace in mine):
        return True
    released = any(trace.has("delivered") and trace.last.at <= query.submitted for trace in mine)
    return query.key.task_id == RELEASED_ROWS and before.finished is not None and released


def _lost_its_name(trace: Trace, query: SoakQuery) -> bool:
    """Whether an attempt died after it had sent a query and before it had noted which."""
    begun = [step.at for step in trace.steps if step.step == "submitting"]
    is_then = any(abs(at - query.submitted) < 2 * CLOCK_SLACK_SECONDS for at in begun)
    return trace.died_inside_its_submit and is_then


def _took_back(evidence: Evidence, trace: Trace, query: SoakQuery) -> bool:
    """Whether a superseded attempt, frozen inside its submit, ended the query that only it could name as soon as it was awake."""
    if query.cancelled is None or not trace.died_inside_its_submit:
        return False
    begun = any(step.step == "submitting" and step.at <= query.submitted for step in trace.steps)
    woke = [at for at in evidence.wakings(trace.last.host, query.submitted) if at <= query.cancelled]
    return begun and query.cancelled - max([query.submitted, *woke]) < WAKING_SECONDS


def _was_ended(evidence: Evidence, key: Key) -> bool:
    """Whether somebody ended the task, or its run, for good."""
    return any(event.concerns(key) and event.kind != "clear task" for event in evidence.events)
