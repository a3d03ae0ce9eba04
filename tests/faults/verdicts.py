"""What must hold of a task when it has ended, judged by the tenant's own books; and what to print if it does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any

from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_veza.exceptions import AmbiguousSubmitError, AsyncQueryError
from faults.plans import Plan, PlannedQuery
from faults.soaked_task import Ending
from veza_emulator.query.rows import render_rows
from veza_emulator.query.spec import read_query_spec
from veza_emulator.reading.fields import Fields, Findings
from veza_emulator.tenant.executions import Execution, Family
from veza_emulator.tenant.journal import JournalEntry
from veza_emulator.tenant.query_requests import AskedSpec
from veza_emulator.tenant.tenant import Tenant

SAID_TO_RUN = ("may still run", "documents no cancel")


def complaints(plan: Plan, ending: Ending, tenant: Tenant) -> list[str]:
    """Return everything that is wrong with how a task ended."""
    return [
        *_of_delivery(plan.query, ending, tenant),
        *_of_orphans(ending, tenant),
        *_of_overlaps(ending, tenant),
    ]


def story(seed: int, plan: Plan, ending: Ending, tenant: Tenant, wrong: list[str]) -> str:
    """Return all that one needs to understand what went wrong with a task."""
    return "\n".join(
        [
            f"SOAK_SEED={seed}, task {plan.number}: {'; '.join(wrong)}",
            f"asks {plan.query}, goes {plan.course}, behaves {plan.conduct}",
            "faults, in order:",
            *(f"  after {mishap.after} s: {mishap.fault}" for mishap in plan.mishaps),
            "attempts ended so:",
            *(f"  {type(error).__name__}: {error}" for error in ending.errors),
            f"  {'delivered' if ending.succeeded else 'failed'}",
            "journal of its tenant:",
            *_journal_lines(tenant),
            "log of the task:",
            *(f"  {line}" for line in ending.log),
        ]
    )


def root_error(error: Exception) -> BaseException | None:
    """Return the provider's error beneath what a task raised, None if there is none."""
    beneath = error.__cause__ if isinstance(error, AirflowFailException) else error
    return beneath if isinstance(beneath, AsyncQueryError) and type(beneath) is not AsyncQueryError else None


def ambiguous_submits(ending: Ending) -> int:
    """How often the task said that one query may run that nobody can name."""
    return sum(isinstance(root_error(error), AmbiguousSubmitError) for error in ending.errors)


def _journal_lines(tenant: Tenant) -> Iterator[str]:
    """Yield the journal, with equal requests in a row on one line."""
    for line, alike in groupby(tenant.journal.entries(), key=_journal_line):
        times = [entry.time for entry in alike]
        yield f"  {times[0]:%H:%M:%S.%f} {line}" + (f" ({len(times)} times)" if len(times) > 1 else "")


def _journal_line(entry: JournalEntry) -> str:
    note = entry.note
    said = [
        entry.method,
        entry.path.rpartition("/")[2],
        str(entry.status or "no answer"),
        note.query_id,
        note.query_state,
    ]
    return " ".join([*filter(None, said), *([f"fault: {note.fault}"] if note.fault else [])])


def _of_delivery(query: PlannedQuery, ending: Ending, tenant: Tenant) -> Iterator[str]:
    if ending.succeeded and ending.delivered != expected(query, tenant):
        yield "it delivered other rows than its query's"
    if not ending.succeeded and root_error(ending.errors[-1]) is None:
        yield f"it failed with an error that has no name here: {ending.errors[-1]!r}"


def expected(query: PlannedQuery, tenant: Tenant) -> Any:
    """Return what the tenant itself finds for a query, as a task should return it."""
    spec = read_query_spec(Fields(query.spec, Findings()))
    result = tenant.answer(AskedSpec(spec, query.spec))
    if query.family is Family.RESULT and not spec.include_nodes:
        return {"count": len(result.rows)}
    rendered = render_rows(result.kind, result.rows)
    return json.loads(json.dumps(rendered["values"] or rendered["path_values"]))


def _of_orphans(ending: Ending, tenant: Tenant) -> Iterator[str]:
    running = {execution.id for execution in tenant.running()}
    for query_id in running & ending.announced:
        if not _is_said_to_run(query_id, ending):
            yield f"query {query_id} still runs, and the log does not say so"
    if len(running - ending.announced) > ambiguous_submits(ending):
        yield f"queries {running - ending.announced} still run, which nobody was warned of"


def _of_overlaps(ending: Ending, tenant: Tenant) -> Iterator[str]:
    now = tenant.clock.now()
    named = [execution for execution in tenant.executions() if execution.id in ending.announced]
    for one, next_one in pairwise(named):
        if _end(one, now) > next_one.submitted and not _is_said_to_run(one.id, ending):
            yield f"query {next_one.id} was submitted while query {one.id} ran"


def _end(execution: Execution, now: datetime) -> datetime:
    return execution.finished(now) or execution.cancelled or now


def _is_said_to_run(query_id: str, ending: Ending) -> bool:
    return any(query_id in line and any(words in line for words in SAID_TO_RUN) for line in ending.log)
