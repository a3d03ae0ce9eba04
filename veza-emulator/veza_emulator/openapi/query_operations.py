"""The operations of query specs as the OpenAPI document shows them; `http.endpoints` serves them."""

from __future__ import annotations

from functools import partial

from veza_emulator.openapi.operations import Answer, Operation, Parameter
from veza_emulator.openapi.requests import body_of, body_of_one, noting, parameters_of
from veza_emulator.reading.json_schema import BOOLEAN, object_of, ref
from veza_emulator.tenant.query_requests import (
    CURRENT_MODES,
    read_asked_spec,
    read_cancelled,
    read_live_options,
    read_nodes_creation,
    read_nodes_look,
    read_spec_and_page,
)

RESULT = Answer("The number of rows, and a page of them if the spec includes nodes", ref("Result"))
ROW_PAGE = Answer("A page of rows; only has_more tells whether more follow", ref("RowPage"))
TICKET = Answer("What the query is looked at and cancelled by", ref("NodesTicket"))
NODES_FAMILY = "Look at it and cancel it with query_spec:nodes_async_get and query_spec:nodes_async_cancel."

_PATH = "/api/v1/assessments"
_TASK = object_of({"task": ref("AsyncTask")}, required=["task"])
_CREATIONS = [partial(read_nodes_creation, mode=mode) for mode in CURRENT_MODES]
_WITHOUT_EFFECT = Parameter(
    "skip_single_entity_access_stats", "Without effect, since the emulator has no such stats", BOOLEAN
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
        body=body_of_one(_CREATIONS),
    ),
    Operation(
        "GetQuerySpecNodesAsync",
        "POST",
        f"{_PATH}/query_spec:nodes_async_get",
        "Look at a nodes query, and read a page of its rows once it is done",
        Answer("Where the query stands", ref("NodesLook")),
        description=_INFERRED_LOOK,
        body=body_of(read_nodes_look),
    ),
    Operation(
        "GetQuerySpecNodesAsyncByGet",
        "GET",
        f"{_PATH}/query_spec:nodes_async_get",
        "The same look, asked for in the query string",
        Answer("Where the query stands", ref("NodesLook")),
        description=_INFERRED_LOOK,
        query=parameters_of(read_nodes_look),
    ),
    Operation(
        "CancelQuerySpecNodesAsync",
        "POST",
        f"{_PATH}/query_spec:nodes_async_cancel",
        "Cancel a nodes query, which makes it unreadable",
        Answer("The cancellation is accepted"),
        body=body_of(read_cancelled),
    ),
    Operation(
        "GetAssessmentQuerySpecResultAsync",
        "POST",
        f"{_PATH}/query_spec:result_async_create",
        "Run a query for its result asynchronously",
        Answer("The task that runs it", _TASK),
        body=body_of(read_asked_spec),
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
        query=(*parameters_of(noting(read_live_options)), _WITHOUT_EFFECT),
        body=body_of(read_asked_spec),
    ),
    Operation(
        "GetAssessmentQuerySpecResult",
        "POST",
        f"{_PATH}/query_spec:result",
        "Answer a query for its result at once",
        RESULT,
        body=body_of(noting(read_spec_and_page)),
    ),
)
