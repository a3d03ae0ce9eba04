"""The page of one task's query, as HTML without scripts; everything in it was written by others and is escaped."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

from airflow_provider_veza.async_query.attempt_report import REPORT_KEY
from airflow_provider_veza.async_query.deadline import utc_from_iso
from airflow_provider_veza.async_query.handle import URL_KEY
from airflow_provider_veza.async_query.record import RecordState
from airflow_provider_veza.async_query.watch import Outcome
from airflow_provider_veza.ownership.cancelling import CancelOutcome
from airflow_provider_veza.pages.access_paths import access_paths, picture
from airflow_provider_veza.pages.facts import TaskFacts, mapping_of
from airflow_provider_veza.pages.its_query import given_handle, is_handed_over, own_handle
from airflow_provider_veza.pages.landed import LandedLook
from airflow_provider_veza.pages.progress_now import ShownProgress
from airflow_provider_veza.shown import one_line, shortened

MOST_ROWS = 10
LONGEST_VALUE = 4_000
"""Bytes of one value on the page."""
_NOT_STORED = "not stored"
_OUTCOMES: Mapping[str, str] = {
    Outcome.SUCCEEDED: "succeeded",
    Outcome.FAILED: "failed",
    Outcome.CANCELED: "cancelled by somebody else",
    Outcome.GONE: "unknown to the service by then",
    Outcome.DEADLINE_PASSED: "not in time",
    Outcome.UNREACHABLE: "it could not be looked at",
    Outcome.REFUSED: "it may not be looked at",
}
_UNHAPPY: Mapping[str, str] = {
    Outcome.FAILED: "Failed",
    Outcome.CANCELED: "Cancelled by somebody else",
    Outcome.GONE: "Unknown to the service",
    Outcome.DEADLINE_PASSED: "Not in time",
}
_CANCELS: Mapping[str, str] = {
    CancelOutcome.CANCELLED: "confirmed, by an attempt of the task",
    CancelOutcome.ALREADY_ENDED: "not needed: the query had ended",
    CancelOutcome.NOT_POSSIBLE: "not possible, the task's log says why",
    CancelOutcome.FAILED: "failed, the query may still run; the task's log has the command that cancels it",
}
_STYLE = """
body{font:14px/1.5 system-ui,sans-serif;margin:1.5rem;max-width:60rem;color:#1b2733;background:#fff}
h1{font-size:1.3rem}h2{font-size:1.05rem;margin-top:1.6rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.2rem}dt{color:#55606c}dd{margin:0;overflow-wrap:anywhere}
pre{background:#f3f5f7;padding:.8rem;overflow:auto;max-height:24rem;border-radius:6px}
.paths{width:100%}.paths rect{fill:#eef4f8;stroke:#2f6f8f}.paths path{fill:none;stroke:#2f6f8f;stroke-width:1.5}
.paths text{font-size:13px;fill:#1b2733}.paths .head{fill:#55606c}
@media(prefers-color-scheme:dark){body{color:#e6ebf0;background:#14191f}dt,.paths .head{color:#9aa7b4;fill:#9aa7b4}
pre{background:#1e252d}.paths rect{fill:#1e2b35}.paths text{fill:#e6ebf0}}
"""


_MOST = 2**63


def query_page(
    facts: TaskFacts, *, preview_rows: int, landed: LandedLook | None = None, progress: ShownProgress | None = None
) -> str:
    """Return the page.

    :param preview_rows: how many rows, and paths, may be shown: 0 to :data:`MOST_ROWS`. Rows are sensitive.
    :param landed: what a look at the landed files showed; None where nothing was landed.
    :param progress: of a query that somebody waits for; None where nobody does.
    """
    refresh = "" if facts.is_over else '<meta http-equiv="refresh" content="10">'
    head = f'<meta charset="utf-8"><title>Query of {_text(facts.task_id)}</title>{refresh}<style>{_STYLE}</style>'
    body = "".join(_sections(facts, min(max(preview_rows, 0), MOST_ROWS), landed, progress))
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>'


def _sections(facts: TaskFacts, rows: int, landed: LandedLook | None, progress: ShownProgress | None) -> Iterator[str]:
    returned = facts.xcoms.get("return_value")
    yield f"<h1>{_text(phase(facts, progress))}</h1>"
    yield _list("Now", ((label, _text(said)) for label, said in progress.lines()) if progress else iter(()))
    yield _list("Query", _query(facts))
    yield _list("Wait", _wait(facts))
    yield _list("Task", _task(facts))
    yield _list("Result", chain(_result(returned), _landing(landed)))
    yield _preview(landed.rows if landed else returned, rows, landed.why_not if landed else "")
    yield _spec(facts.fields)


def phase(facts: TaskFacts, progress: ShownProgress | None = None) -> str:
    """Return how far the query has come, as far as Airflow knows, or as a look for this page has shown."""
    state, seen = (facts.record or {}).get("state"), progress.heading if progress else ""
    if state == RecordState.CANCELLED:
        return "Cancelled"
    if is_handed_over(facts):
        return f"{seen or 'Submitted'}; the DAG run answers for it"
    if state == RecordState.DELIVERED or (facts.state == "success" and own_handle(facts)):
        return "Succeeded, its rows are delivered"
    if state == RecordState.INTENT:
        return "A submit was begun; its answer is not known"
    if not own_handle(facts):
        return ": ".join(filter(None, ("A query of another task", seen))) if given_handle(facts) else "Not submitted"
    return _of_the_wait(facts, seen or "Submitted", has_ended=progress is not None and progress.has_ended)


def _of_the_wait(facts: TaskFacts, seen: str, *, has_ended: bool) -> str:
    report = mapping_of(facts.xcoms.get(REPORT_KEY))
    if report.get("cancel") == CancelOutcome.CANCELLED:
        return "Cancelled"
    if heading := _UNHAPPY.get(_name(report.get("outcome"))):
        return heading
    if facts.is_over:
        return f"The task is {facts.state}; its log says what became of the query"
    return f"{seen}; the task {'has not seen that yet' if has_ended else 'waits for it'}"


def _query(facts: TaskFacts) -> Iterator[tuple[str, str]]:
    handle = own_handle(facts) or given_handle(facts)
    for label, name in (("id", "id"), ("service", "service"), ("tenant", "tenant"), ("connection", "conn_id")):
        yield label, _text(handle.get(name, ""))
    yield "in Veza", _link(facts.xcoms.get(URL_KEY))
    yield "submitted", _text(handle.get("submitted_at", ""))
    yield "deadline", _text(handle.get("deadline", ""))
    if handle.get("owned") is False:
        yield "attached", "to a cached result, which is never cancelled"


def _wait(facts: TaskFacts) -> Iterator[tuple[str, str]]:
    """Yield what is stored of the way of a query, and what is not."""
    handle, report = own_handle(facts), mapping_of(facts.xcoms.get(REPORT_KEY))
    if not handle or is_handed_over(facts):
        return
    is_waiting = not facts.is_over
    yield "ended", _ended(handle, report) or ("not yet, as far as is stored" if is_waiting else _NOT_STORED)
    yield "looks", _looks(report) or ("in the task's log, until the wait has ended" if is_waiting else _NOT_STORED)
    yield "rows, by the service", _text(_number(report.get("rows")))
    yield "delivered", _text(report.get("delivered_at") or "")
    yield "cancel", _cancel(facts.record or {}, report)


def _ended(handle: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    outcome, seen = report.get("outcome"), _moment(report.get("seen_at"))
    if not _name(outcome) or seen is None:
        return ""
    began = _moment(handle.get("submitted_at"))
    after = f", {_span(began, seen)} after the submit" if began else ""
    said = _OUTCOMES.get(_name(outcome), f"as {_name(outcome)}")
    return _text(f"{said}, seen {seen.isoformat(timespec='seconds')}{after}")


def _looks(report: Mapping[str, Any]) -> str:
    looks, failed = _number(report.get("looks")), _number(report.get("failed_looks"))
    if not looks:
        return ""
    return f"{looks}, {failed or 'none'} of them failed, by the process that saw the end"


def _cancel(record: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    if record.get("state") == RecordState.CANCELLED:
        return f"confirmed, by {_text(record.get('cancelled_by') or 'an attempt of the task')}"
    return _CANCELS.get(_name(report.get("cancel")), "none is stored")


def _name(stored: object) -> str:
    return stored if isinstance(stored, str) else ""


def _number(value: object) -> int | str:
    """Return a count that an attempt can have stored, and nothing for what else may stand there."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST else ""


def _moment(text: object) -> datetime | None:
    try:
        return utc_from_iso(_name(text)) if text else None
    except (TypeError, ValueError, OverflowError):
        return None


def _span(start: datetime, end: datetime) -> str:
    return f"{(end - start).total_seconds():.0f} s"


def _task(facts: TaskFacts) -> Iterator[tuple[str, str]]:
    yield "task", _text(f"{facts.dag_id}.{facts.task_id}")
    yield "run", _text(facts.run_id)
    if facts.map_index >= 0:
        yield "map index", str(facts.map_index)
    yield "state", _text(facts.state or "none")
    yield "attempt", f"{facts.try_number} of {max(facts.max_tries + 1, facts.try_number)}"
    yield "started", _time(facts.started)
    yield "ended", _time(facts.ended)
    if facts.started and facts.ended:
        yield "took", _span(facts.started, facts.ended)


def _result(returned: object) -> Iterator[tuple[str, str]]:
    if isinstance(returned, list):
        yield "rows", f"{len(returned)}, in XCom"
    for name in ("count", "rows", "parts", "bytes", "format", "partial", "finished_at", "manifest"):
        if name in mapping_of(returned):
            yield name.replace("_", " "), _text(mapping_of(returned)[name])


def _landing(landed: LandedLook | None) -> Iterator[tuple[str, str]]:
    if landed is None or landed.manifest is None:
        return
    manifest = landed.manifest
    yield "landed in", f"{_span(manifest.started_at, manifest.finished_at)}, {manifest.pages} pages"
    yield "pages asked for again", str(manifest.retries)
    yield "gone on after an attempt", f"{manifest.resumed} times" if manifest.resumed else ""
    yield "warnings", _text("; ".join(manifest.warnings))


def _preview(found: object, rows: int, why_not: str) -> str:
    shown = list(found[:rows]) if isinstance(found, list | tuple) else []
    if not shown:
        return f"<h2>First rows</h2><p>{_text(why_not)}</p>" if why_not else ""
    paths = picture(access_paths(shown))
    drawn = f"<h2>Access paths</h2>{paths}" if paths else ""
    return f"{drawn}<h2>First rows</h2><pre>{_json(shown)}</pre>"


def _spec(fields: Mapping[str, Any]) -> str:
    asked = {name: value for name, value in fields.items() if value not in (None, "", "None")}
    return f"<h2>Arguments, as rendered</h2><pre>{_json(asked)}</pre>" if asked else ""


def _list(title: str, entries: Iterator[tuple[str, str]]) -> str:
    filled = [f"<dt>{label}</dt><dd>{value}</dd>" for label, value in entries if value]
    return f"<h2>{title}</h2><dl>{''.join(filled)}</dl>" if filled else ""


def _link(url: object) -> str:
    """Return a link where the task left an address of the web, which only it can have written."""
    text = _name(url)
    if urlsplit(text).scheme not in ("http", "https"):
        return ""
    return f'<a href="{escape(one_line(text))}" target="_blank" rel="noopener noreferrer">{_text(text)}</a>'


def _time(moment: datetime | None) -> str:
    return _text(moment.astimezone(UTC).isoformat(timespec="seconds")) if moment else ""


def _text(value: object) -> str:
    try:
        written = str(value)
    except (ValueError, RecursionError):  # Python writes no number of thousands of digits.
        written = "What is stored cannot be shown"
    return escape(shortened(one_line(written), LONGEST_VALUE))


def _json(value: Sequence[Any] | Mapping[str, Any]) -> str:
    try:
        written = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    except (ValueError, TypeError, RecursionError) as e:
        written = f"What is stored cannot be shown as JSON: {e}"
    return escape("\n".join(one_line(line) for line in shortened(written, 4 * LONGEST_VALUE).splitlines()))
