"""The page of one task's query, as HTML without scripts; everything in it was written by others and is escaped."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any
from urllib.parse import urlsplit

from airflow_provider_veza.async_query.handle import HANDLE_KEY, URL_KEY
from airflow_provider_veza.async_query.record import RecordState
from airflow_provider_veza.pages.access_paths import access_paths, picture
from airflow_provider_veza.pages.facts import TaskFacts, mapping_of
from airflow_provider_veza.shown import one_line, shortened

MOST_ROWS = 10
LONGEST_VALUE = 4_000
"""Bytes of one value on the page."""
_ENDED = {"success", "failed", "skipped", "upstream_failed", "removed"}
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


def query_page(facts: TaskFacts, *, preview_rows: int) -> str:
    """Return the page.

    :param preview_rows: how many rows, and paths, may be shown: 0 to :data:`MOST_ROWS`. Rows are sensitive.
    """
    refresh = "" if facts.state in _ENDED else '<meta http-equiv="refresh" content="10">'
    head = f'<meta charset="utf-8"><title>Query of {_text(facts.task_id)}</title>{refresh}<style>{_STYLE}</style>'
    body = "".join(_sections(facts, min(max(preview_rows, 0), MOST_ROWS)))
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>'


def _sections(facts: TaskFacts, rows: int) -> Iterator[str]:
    yield f"<h1>{_text(phase(facts))}</h1>"
    yield _list("Query", _query(facts))
    yield _list("Task", _task(facts))
    yield _list("Result", _result(facts.xcoms.get("return_value")))
    yield _preview(facts.xcoms.get("return_value"), rows)
    yield _spec(facts.fields)


def phase(facts: TaskFacts) -> str:
    """Return how far the query has come, as far as Airflow knows."""
    record = facts.record or {}
    if record.get("state") == RecordState.CANCELLED:
        return "Cancelled"
    if record.get("state") == RecordState.DELIVERED or (facts.state == "success" and _handle(facts)):
        return "Succeeded, its rows are delivered"
    if record.get("state") == RecordState.INTENT:
        return "A submit was begun; its answer is not known"
    if not _handle(facts):
        return "Not submitted"
    if facts.state in _ENDED:
        return f"The task is {facts.state}; its log says what became of the query"
    return "Submitted; the task waits for it"


def _handle(facts: TaskFacts) -> Mapping[str, Any]:
    return mapping_of((facts.record or {}).get("handle")) or mapping_of(facts.xcoms.get(HANDLE_KEY))


def _query(facts: TaskFacts) -> Iterator[tuple[str, str]]:
    handle = _handle(facts)
    for label, name in (("id", "id"), ("service", "service"), ("tenant", "tenant"), ("connection", "conn_id")):
        yield label, _text(handle.get(name, ""))
    yield "in Veza", _link(facts.xcoms.get(URL_KEY))
    yield "submitted", _text(handle.get("submitted_at", ""))
    yield "deadline", _text(handle.get("deadline", ""))
    if handle.get("owned") is False:
        yield "attached", "to a cached result, which is never cancelled"
    yield "cancel", _cancel(facts.record or {})


def _cancel(record: Mapping[str, Any]) -> str:
    if record.get("state") != RecordState.CANCELLED:
        return "none confirmed"
    return f"confirmed, by {_text(record.get('cancelled_by') or 'an attempt of the task')}"


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
        yield "took", f"{(facts.ended - facts.started).total_seconds():.0f} s"


def _result(returned: object) -> Iterator[tuple[str, str]]:
    if isinstance(returned, list):
        yield "rows", f"{len(returned)}, in XCom"
    for name in ("count", "rows", "parts", "bytes", "format", "partial", "finished_at", "manifest"):
        if name in mapping_of(returned):
            yield name.replace("_", " "), _text(mapping_of(returned)[name])


def _preview(returned: object, rows: int) -> str:
    shown = returned[:rows] if isinstance(returned, list) else []
    if not shown:
        return ""
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
    text = str(url or "")
    if urlsplit(text).scheme not in ("http", "https"):
        return ""
    return f'<a href="{escape(one_line(text))}" target="_blank" rel="noopener noreferrer">{_text(text)}</a>'


def _time(moment: datetime | None) -> str:
    return _text(moment.astimezone(UTC).isoformat(timespec="seconds")) if moment else ""


def _text(value: object) -> str:
    return escape(shortened(one_line(str(value)), LONGEST_VALUE))


def _json(value: Sequence[Any] | Mapping[str, Any]) -> str:
    written = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return escape("\n".join(one_line(line) for line in shortened(written, 4 * LONGEST_VALUE).splitlines()))
