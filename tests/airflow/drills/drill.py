"""What a drill is, and the verdict over it, which the tenant's journal gives; no drill is told here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from drills.bench import Bench, Case, Query, Tenant

PROMPT_SECONDS = 30.0


@dataclass(frozen=True)
class Tally:
    """What became of the queries of a drill.

    :param running: those that run on, since nobody can name or cancel them.
    """

    submitted: int = 1
    cancelled: int = 0
    running: int = 0

    @classmethod
    def of(cls, queries: Sequence[Query]) -> Tally:
        """Count what the tenant shows."""
        return cls(len(queries), len(_cancelled(queries)), len(_running(queries)))


ONE_QUERY = Tally()


@dataclass(frozen=True)
class Expected:
    """What must have come of a drill.

    :param delivers: the task whose return value is the rows of the last query; empty where no rows are wanted any more.
    :param said: what the task's log must say.
    :param within: seconds in which a cancel must follow the strike.
    :param instead: another tally that is as good, where chance decides.
    """

    tally: Tally = ONE_QUERY
    delivers: str = ""
    said: str = ""
    within: float = PROMPT_SECONDS
    instead: Tally | None = None


CANCELLED = Expected(Tally(cancelled=1))
CANCELLED_BY_AND_BY = Expected(Tally(cancelled=1), within=100.0)
DELIVERED = Expected(delivers="ask")
ASKED_ANEW = Expected(Tally(2, cancelled=1), delivers="ask")


@dataclass(frozen=True)
class Drill:
    """A row of the table.

    :param act: brings the query to the point, does what the drill is about, and waits for what must follow.
    :param dag: the DAG without its prefix.
    :param hold_at: where the first attempt stands still.
    :param note: what a reader of the table should know of the outcome.
    """

    subject: str
    event: str
    act: Callable[[Case], None]
    expected: Expected
    dag: str = "deferred"
    tenant: Tenant = Tenant.USUAL
    hold_at: str = ""
    note: str = ""

    @property
    def name(self) -> str:
        """A name that no other drill has."""
        return f"{self.subject}: {self.event}"

    def carry_out(self, bench: Bench) -> Outcome:
        """Start its DAG, do it, and judge."""
        case = bench.start(self.dag, self.tenant, self.hold_at)
        self.act(case)
        outcome = Outcome.of(self, case)
        for query in _running(case.queries()):
            case.tenant.finish(query["id"])
        return outcome


@dataclass(frozen=True)
class Outcome:
    """What the tenant saw of a drill."""

    drill: Drill
    case: Case
    tally: Tally
    delays: tuple[float, ...]

    @classmethod
    def of(cls, drill: Drill, case: Case) -> Outcome:
        """Judge what the tenant saw.

        :raises AssertionError: when that is not what was expected.
        """
        queries, expected = case.queries(), drill.expected
        tally = Tally.of(queries)
        assert tally in (expected.tally, expected.instead), queries
        assert [query for query in _cancelled(queries) if query["finished"]] == [], (
            "a query was cancelled after its end"
        )
        assert [query for query in queries if query.get("stored")] == [], "a result is left behind"
        assert expected.said in case.log_text()
        _check_rows(expected, case)
        delays = _delays(case, queries)
        assert all(delay < expected.within for delay in delays), f"cancelled late: {delays}"
        return cls(drill, case, tally, delays)

    def is_overtaken(self) -> bool:
        """Tell whether anything was submitted or cancelled since the verdict."""
        now = Tally.of(self.case.queries())
        return (now.submitted, now.cancelled) != (self.tally.submitted, self.tally.cancelled)

    def row(self) -> dict[str, str]:
        """Return the row of the table."""
        drill = self.drill
        return {"subject": drill.subject, "event": drill.event, "outcome": self._text(), "note": drill.note}

    def _text(self) -> str:
        tally = self.tally
        parts = [f"{tally.submitted} submitted"]
        parts += [f"{tally.cancelled} cancelled{_spell(self.delays)}"] if tally.cancelled else []
        parts += [f"{tally.running} ran on"] if tally.running else []
        parts += ["rows delivered"] if self.drill.expected.delivers else []
        return ", ".join(parts)


def _cancelled(queries: Sequence[Query]) -> list[Query]:
    return [query for query in queries if query["cancelled"]]


def _running(queries: Sequence[Query]) -> list[Query]:
    return [query for query in queries if not (query["cancelled"] or query["finished"])]


def _check_rows(expected: Expected, case: Case) -> None:
    if expected.delivers:
        rows = case.tenant.rows([query for query in case.queries() if not query["cancelled"]][-1]["id"])
        assert rows
        assert case.delivered(expected.delivers) == rows
    else:
        assert case.task().xcom() is None


def _delays(case: Case, queries: Sequence[Query]) -> tuple[float, ...]:
    if case.struck_at is None:
        return ()
    passed = (
        (datetime.fromisoformat(query["cancelled"]) - case.struck_at).total_seconds() for query in _cancelled(queries)
    )
    return tuple(max(0.0, seconds) for seconds in passed)


def _spell(delays: tuple[float, ...]) -> str:
    return "".join(" at once" if delay < 1 else f" after {delay:.0f} s" for delay in delays)
