"""The operations of query specs as the OpenAPI document shows them; `http.endpoints` serves them."""

from __future__ import annotations

from veza_emulator.openapi.operations import (
    BOOLEAN,
    STRING,
    Answer,
    Body,
    Operation,
    Parameter,
    Schema,
    object_of,
    ref,
)
from veza_emulator.openapi.schemas import PAGE_SIZE
from veza_emulator.openapi.spec_schemas import SPEC_FIELDS

PAGE_PARAMETERS = (
    Parameter("page_size", "Rows a page; a size past the maximum reads as the maximum", PAGE_SIZE),
    Parameter("page_token", "The next_page_token of the page before"),
)
ORDER_BY = Parameter("order_by", "destination_node_count ASC or DESC, risk_score ASC or DESC")
RESULT = Answer("The number of rows, and a page of them if the spec includes nodes", ref("Result"))
ROW_PAGE = Answer("A page of rows; only has_more tells whether more follow", ref("RowPage"))
TICKET = Answer("What the query is looked at and cancelled by", ref("NodesTicket"))
NODES_FAMILY = "Look at it and cancel it with query_spec:nodes_async_get and query_spec:nodes_async_cancel."

_PATH = "/api/v1/assessments"
_ID: Schema = {"type": "string", "minLength": 1}
_TASK = object_of({"task": ref("AsyncTask")}, required=["task"])
_WRAPPED_SPEC: Schema = object_of(
    {"request": object_of({"body": ref("QuerySpec")}, required=["body"])}, required=["request"]
)
_CREATION: Schema = {
    "oneOf": [
        object_of({"immediate_run": _WRAPPED_SPEC}, required=["immediate_run"]),
        object_of(
            {
                "cached_result_if_available": object_of(
                    {**_WRAPPED_SPEC["properties"], "max_staleness": {"type": "string", "pattern": "^[0-9]{1,9}s$"}},
                    required=["request"],
                )
            },
            required=["cached_result_if_available"],
        ),
        object_of(
            {"cached_result_context": object_of({"cache_id": _ID}, required=["cache_id"])},
            required=["cached_result_context"],
        ),
    ]
}
_LOOK: Schema = object_of(
    {"query_result_id": _ID, "page_size": PAGE_SIZE, "page_token": STRING},
    required=["query_result_id"],
)
_RESULT_REQUEST: Schema = object_of(
    {**SPEC_FIELDS, "page_size": PAGE_SIZE, "page_token": STRING}, required=["source_node_types"]
)
_INFERRED_LOOK = "Path, method and fields are inferred: Veza documents the call by name only."

ASSESSMENT_OPERATIONS = (
    Operation(
        "CreateAssessmentQuerySpecNodesAsync",
        "POST",
        f"{_PATH}/query_spec:nodes_async_create",
        "Run a query for nodes asynchronously, or show a cached result",
        TICKET,
        description=NODES_FAMILY,
        body=Body(_CREATION),
    ),
    Operation(
        "GetQuerySpecNodesAsync",
        "POST",
        f"{_PATH}/query_spec:nodes_async_get",
        "Look at a nodes query, and read a page of its rows once it is done",
        Answer("Where the query stands", ref("NodesLook")),
        description=_INFERRED_LOOK,
        body=Body(_LOOK),
    ),
    Operation(
        "GetQuerySpecNodesAsyncByGet",
        "GET",
        f"{_PATH}/query_spec:nodes_async_get",
        "The same look, asked for in the query string",
        Answer("Where the query stands", ref("NodesLook")),
        description=_INFERRED_LOOK,
        query=(Parameter("query_result_id", "The id from the submit", required=True), *PAGE_PARAMETERS),
    ),
    Operation(
        "CancelQuerySpecNodesAsync",
        "POST",
        f"{_PATH}/query_spec:nodes_async_cancel",
        "Cancel a nodes query, which makes it unreadable",
        Answer("The cancellation is accepted"),
        body=Body(object_of({"query_result_id": _ID}, required=["query_result_id"])),
    ),
    Operation(
        "GetAssessmentQuerySpecResultAsync",
        "POST",
        f"{_PATH}/query_spec:result_async_create",
        "Run a query for its result asynchronously",
        Answer("The task that runs it", _TASK),
        body=Body(ref("QuerySpec")),
    ),
    Operation(
        "GetAsyncTask",
        "GET",
        f"{_PATH}/async_tasks/{{task_id}}",
        "Look at a task, and read its result once it is complete",
        Answer("Where the task stands", _TASK),
    ),
    Operation(
        "GetAssessmentQuerySpecNodes",
        "POST",
        f"{_PATH}/query_spec:nodes",
        "Answer a query for nodes at once",
        ROW_PAGE,
        description="Page size and token belong in the query string; in the body they are ignored.",
        query=(
            *PAGE_PARAMETERS,
            ORDER_BY,
            Parameter(
                "skip_single_entity_access_stats", "Without effect, since the emulator has no such stats", BOOLEAN
            ),
        ),
        body=Body(ref("QuerySpec")),
    ),
    Operation(
        "GetAssessmentQuerySpecResult",
        "POST",
        f"{_PATH}/query_spec:result",
        "Answer a query for its result at once",
        RESULT,
        body=Body(_RESULT_REQUEST),
    ),
)
