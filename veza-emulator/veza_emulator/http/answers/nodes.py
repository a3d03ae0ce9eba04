"""What a look at a nodes query answers, in the form that the variants say; `tenant.executions` decides what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from veza_emulator.hostility import Counts
from veza_emulator.http.answers.spelling import spell
from veza_emulator.http.answers.variant_pages import shown_page, varied_page, within_maximum
from veza_emulator.tenant.executions import ExecutionState, Sight
from veza_emulator.tenant.pages import NO_PAGE, PageRequest
from veza_emulator.tenant.tenant import NodesTicket
from veza_emulator.variants import PageTokenPlace, RowCount, Variants


def page_asked(named: PageRequest, query: Mapping[str, str], variants: Variants) -> PageRequest:
    """Return the page that a look asks for: its token from its place, its size within the maximum."""
    anywhere = variants.page_token_place is PageTokenPlace.BODY
    token = named.token if anywhere else query.get("page_token", "")
    return within_maximum(PageRequest(named.size, token), variants)


def ticket_answer(ticket: NodesTicket) -> dict[str, str]:
    """Return the answer to a submit."""
    ids = {"query_result_id": ticket.execution.id, "cache_id": ticket.execution.cache_id}
    newest = ticket.last_completed_cache_id
    return {**ids, "last_completed_cache_id": newest} if newest else ids


def sight_answer(sight: Sight, wanted: PageRequest, variants: Variants) -> dict[str, Any]:
    """Return the answer to a look that shows a query."""
    done = sight.state is ExecutionState.SUCCEEDED
    page = varied_page(sight.result, sight.execution.id, wanted, variants) if done else shown_page(NO_PAGE, variants)
    return {"status": spell(_status(sight.state, variants), variants.enum_encoding), **_about(sight, variants), **page}


def lost_answer(variants: Variants) -> dict[str, Any]:
    """Return the answer to a look that shows no query."""
    status = spell("UNKNOWN", variants.enum_encoding)
    return {"status": status, **_progress(0, variants), **shown_page(NO_PAGE, variants)}


def _status(state: ExecutionState, variants: Variants) -> str:
    match state:
        case ExecutionState.SUCCEEDED:
            return "DONE"
        case ExecutionState.PENDING:
            return variants.queued_status or variants.running_status
        case ExecutionState.IN_PROGRESS:
            return variants.running_status
        case _:
            return variants.failed_status


def _about(sight: Sight, variants: Variants) -> dict[str, Any]:
    warnings = {"warnings": list(variants.warnings)} if variants.warnings else {}
    return {**_progress(sight.row_count, variants), **warnings}


def _progress(row_count: int, variants: Variants) -> dict[str, Any]:
    if variants.counts is not Counts.USUAL:
        return {"progress_status": {"row_count": variants.counts.value_in_place}}
    match variants.row_count:
        case RowCount.ABSENT:
            return {}
        case RowCount.TEXT:
            return {"progress_status": {"row_count": str(row_count)}}
        case RowCount.WRONG:
            return {"progress_status": {"row_count": row_count + 1}}
        case _:
            return {"progress_status": {"row_count": row_count}}
