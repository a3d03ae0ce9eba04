"""What the result family answers about a task, in the form that the variants say; `tenant.executions` decides what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from veza_emulator.http.answers.spelling import TASK_STATES, TASK_STATUSES, number_value, spell
from veza_emulator.http.answers.variant_pages import shown_page
from veza_emulator.query.rows import render_rows
from veza_emulator.tenant.executions import Execution, ExecutionState, Sight
from veza_emulator.variants import EnumEncoding, TaskEnvelope, TaskResult, Variants

_INTERNAL = 13  # the number of INTERNAL in google.rpc.Code
_RESULT_TYPE = {"@type": "type.googleapis.com/veza.assessments.v1.GetAssessmentQuerySpecResultResponse"}


def task_answer(sight: Sight, variants: Variants) -> dict[str, Any]:
    """Return the answer that shows a task."""
    state, status = _state_and_status(sight.state, variants.enum_encoding)
    failed = sight.state is ExecutionState.FAILED
    reason = sight.execution.behaviour.error_reason
    task = {
        "id": sight.execution.id,
        "state": state,
        "status": status,
        "error_reason": reason if failed else "",
        "error_status": {"code": _INTERNAL, "message": reason, "details": []} if failed else None,
        "result": _result(sight, variants) if sight.state is ExecutionState.SUCCEEDED else None,
    }
    return _enveloped({**task, "warnings": list(variants.warnings)} if variants.warnings else task, variants)


def submitted_answer(execution: Execution, variants: Variants) -> dict[str, Any]:
    """Return the answer to the request that a task was submitted with."""
    return task_answer(Sight(execution, ExecutionState.PENDING, 0, execution.result), variants)


def lost_task_answer(task_id: str, variants: Variants) -> dict[str, Any]:
    """Return the answer that shows no task, where that is no error."""
    state, status = (spell(names[0], variants.enum_encoding, numbered=names) for names in (TASK_STATES, TASK_STATUSES))
    task = {"id": task_id, "state": state, "status": status, "error_reason": "", "error_status": None, "result": None}
    return _enveloped(task, variants)


def _enveloped(task: dict[str, Any], variants: Variants) -> dict[str, Any]:
    bare = variants.task_envelope is TaskEnvelope.BARE
    return task if bare else {variants.task_envelope.value: task}


def _state_and_status(state: ExecutionState, encoding: EnumEncoding) -> tuple[str | int, str | int]:
    running = state.is_running
    return (
        spell(state if running else "COMPLETE", encoding, TASK_STATES),
        spell("UNKNOWN_STATUS" if running else state, encoding, TASK_STATUSES),
    )


def _result(sight: Sight, variants: Variants) -> Mapping[str, Any]:
    rows = render_rows(sight.result.kind, sight.result.rows)
    page = shown_page({**rows, "next_page_token": "", "has_more": False}, variants)
    nodes = page if sight.execution.spec.include_nodes else None
    number = {
        "result_type": spell("NUMBER", variants.enum_encoding),
        "number_value": number_value(len(sight.result.rows), variants),
        "timestamp_value": None,
    }
    match variants.task_result:
        case TaskResult.NODES_VALUE:
            return {**number, "nodes_value": nodes}
        case TaskResult.NODES_LIST:
            return {**number, "nodes_value": nodes and (rows["values"] or rows["path_values"])}
        case TaskResult.ROWS:
            return page
        case TaskResult.ANY:
            return {**_RESULT_TYPE, **number, "nodes_value": nodes}
        case TaskResult.NUMBER:
            return {**number, "nodes_value": None}
