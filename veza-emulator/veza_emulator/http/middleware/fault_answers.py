"""What a fault makes of the words of an answer, body and headers; nothing is sent here.

How they are sent is in :mod:`.faults`.
"""

from __future__ import annotations

from collections.abc import Mapping

from veza_emulator.http.middleware.held import Answer
from veza_emulator.query.rows import QueryResult
from veza_emulator.tenant.executions import Execution
from veza_emulator.tenant.faults import Fault, FaultKind
from veza_emulator.tenant.journal import RequestNote
from veza_emulator.tenant.pages import DEFAULT_PAGE_SIZE, NO_PAGE, PageRequest, page_of, respell_token


def spoil_words(fault: Fault, answer: Answer, note: RequestNote, seen: Execution | None) -> Answer | None:
    """Return the answer with other words; None if the fault does not concern this answer.

    :param seen: the nodes query that the answer is about, if it may be seen.
    """
    match fault.kind:
        case FaultKind.TRUNCATED_JSON:
            return answer.with_body(answer.body[: len(answer.body) // 2])
        case FaultKind.MALFORMED_JSON:
            return answer.with_body(answer.body[:-1] + b"," + answer.body[-1:])
        case FaultKind.WRONG_CONTENT_TYPE:
            return answer.with_header(b"content-type", b"text/html; charset=utf-8")
        case FaultKind.UNKNOWN_STATUS:
            return _with_status(answer, fault.status_name)
        case FaultKind.STALE_ANSWER if seen is not None and "status" in answer.json() and note.page_token is None:
            return _stale(answer, seen, int(note.page_size or DEFAULT_PAGE_SIZE))
        case FaultKind.REPEAT_PAGE_TOKEN | FaultKind.EMPTY_PAGE if (
            note.page_token and "next_page_token" in answer.json()
        ):
            return _on_detour(fault.kind, answer, note.page_token)
        case _:
            return None


def _with_status(answer: Answer, status_name: str) -> Answer | None:
    fields = answer.json()
    task = {"state": status_name, "result": None}
    for envelope in ("task", "value"):
        if isinstance(fields.get(envelope), Mapping):
            return answer.with_json({envelope: {**fields[envelope], **task}})
    if "state" in fields:
        return answer.with_json(task)
    return answer.with_json({"status": status_name, **NO_PAGE}) if "status" in fields else None


def _stale(answer: Answer, execution: Execution, page_size: int) -> Answer:
    """Return the answer that an older result would give, which lacks half of the rows."""
    rows = execution.result.rows
    older = QueryResult(execution.result.kind, rows[: len(rows) // 2])
    page = page_of(older, execution.id, PageRequest(page_size))
    return answer.with_json({"status": "DONE", "progress_status": {"row_count": len(older.rows)}, **page})


def _on_detour(kind: FaultKind, answer: Answer, page_token: str) -> Answer:
    if kind is FaultKind.REPEAT_PAGE_TOKEN:
        return answer.with_json({"next_page_token": page_token, "has_more": True})
    return answer.with_json({**NO_PAGE, "next_page_token": respell_token(page_token), "has_more": True})
