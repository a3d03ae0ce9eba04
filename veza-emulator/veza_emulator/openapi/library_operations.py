"""The operations of saved queries and reports as the OpenAPI document shows them; `http.endpoints` serves them."""

from __future__ import annotations

from veza_emulator.openapi.operations import (
    BOOLEAN,
    NAME_FILTER,
    NOTHING,
    STRING,
    Answer,
    Body,
    Operation,
    Parameter,
    list_of,
    object_of,
    ref,
)
from veza_emulator.openapi.query_operations import (
    NODES_FAMILY,
    ORDER_BY,
    PAGE_PARAMETERS,
    RESULT,
    ROW_PAGE,
    TICKET,
)
from veza_emulator.openapi.schemas import PAGE_SIZE

_QUERIES = "/api/v1/assessments/queries"
_REPORTS = "/api/preview/assessments/reports"
_AS_THE_SDK_CALLS_IT = "As Veza's SDK oaaclient 1.2.0 calls it."

_SAVED_QUERY = Answer("The saved query", object_of({"value": ref("SavedQuery")}, required=["value"]))
_REPORT = Answer("The report", object_of({"value": ref("Report")}, required=["value"]))
_DELETED = Answer("It is forgotten", NOTHING)
_DEFINITION = Body(ref("SavedQueryDefinition"))
_REPORT_DEFINITION = Body(ref("ReportDefinition"))
_INACTIVE_QUERIES = Parameter(
    "include_inactive_queries", "Also queries that name a node type which the tenant does not have", BOOLEAN
)
_LIST_PARAMETERS = (*PAGE_PARAMETERS, NAME_FILTER)
_RUN_PARAMETERS = (
    *PAGE_PARAMETERS,
    ORDER_BY,
    Parameter("properties_to_get", "Which properties of the sources are shown", list_of(STRING)),
    Parameter("fetch_cached_results", "Without effect here, since a fresh answer is never staler", BOOLEAN),
)

SAVED_QUERY_OPERATIONS = (
    Operation(
        "ListAssessmentQueries",
        "GET",
        _QUERIES,
        "List the saved queries",
        Answer("A page of saved queries", ref("SavedQueryPage")),
        query=(*_LIST_PARAMETERS, _INACTIVE_QUERIES),
    ),
    Operation("CreateAssessmentQuery", "POST", _QUERIES, "Save a query", _SAVED_QUERY, body=_DEFINITION),
    Operation("GetAssessmentQuery", "GET", f"{_QUERIES}/{{query_id}}", "Get a saved query", _SAVED_QUERY),
    Operation(
        "UpdateAssessmentQuery",
        "PUT",
        f"{_QUERIES}/{{query_id}}",
        "Replace a saved query",
        _SAVED_QUERY,
        description="The whole body counts: Veza documents that partial updates are not supported.",
        body=_DEFINITION,
    ),
    Operation(
        "DeleteAssessmentQuery",
        "DELETE",
        f"{_QUERIES}/{{query_id}}",
        "Delete a saved query",
        _DELETED,
        query=(Parameter("force", "Also if the query is part of a report", BOOLEAN),),
    ),
    Operation(
        "GetAssessmentQueryResult",
        "GET",
        f"{_QUERIES}/{{query_id}}:result",
        "Answer a saved query's result at once",
        RESULT,
        query=_RUN_PARAMETERS,
    ),
    Operation(
        "GetAssessmentQueryNodes",
        "GET",
        f"{_QUERIES}/{{query_id}}:nodes",
        "Answer a saved query's rows at once",
        ROW_PAGE,
        query=_RUN_PARAMETERS,
    ),
    Operation(
        "GetAssessmentQueryDestinationNodes",
        "GET",
        f"{_QUERIES}/{{query_id}}/destination_nodes",
        "Answer what one source of a saved query relates to",
        ROW_PAGE,
        query=(Parameter("source_node_id", "The id of the source", required=True), *PAGE_PARAMETERS),
    ),
    Operation(
        "CreateAssessmentQueryNodesAsync",
        "POST",
        f"{_QUERIES}/{{query_id}}:nodes_async_create",
        "Run a saved query asynchronously",
        TICKET,
        description=f"The path is inferred from its siblings. {NODES_FAMILY}",
        body=Body(
            object_of(
                {
                    "fetch_cached_results": BOOLEAN,
                    "properties_to_get": list_of(STRING),
                    "cache_strategy": {"enum": ["CACHE_STRATEGY_LEGACY"]},
                    "page_size": PAGE_SIZE,
                    "page_token": STRING,
                }
            ),
            required=False,
        ),
    ),
)

REPORT_OPERATIONS = (
    Operation(
        "ListReports",
        "GET",
        _REPORTS,
        "List the reports",
        Answer("A page of reports", ref("ReportPage")),
        description=_AS_THE_SDK_CALLS_IT,
        query=(
            *_LIST_PARAMETERS,
            _INACTIVE_QUERIES,
            Parameter("include_inactive_reports", "Also reports whose queries are all inactive", BOOLEAN),
        ),
    ),
    Operation(
        "CreateReport",
        "POST",
        _REPORTS,
        "Create a report",
        _REPORT,
        description=_AS_THE_SDK_CALLS_IT,
        body=_REPORT_DEFINITION,
    ),
    Operation(
        "GetReport",
        "GET",
        f"{_REPORTS}/{{report_id}}",
        "Get a report",
        _REPORT,
        description=_AS_THE_SDK_CALLS_IT,
        query=(_INACTIVE_QUERIES,),
    ),
    Operation(
        "UpdateReport",
        "PUT",
        f"{_REPORTS}/{{report_id}}",
        "Replace a report",
        _REPORT,
        description=_AS_THE_SDK_CALLS_IT,
        body=_REPORT_DEFINITION,
    ),
    Operation(
        "AddQueryToReport",
        "PUT",
        f"{_REPORTS}/{{report_id}}/queries/{{query_id}}",
        "Add a saved query to a report",
        _REPORT,
        description=_AS_THE_SDK_CALLS_IT,
    ),
    Operation(
        "DeleteReport",
        "DELETE",
        f"{_REPORTS}/{{report_id}}",
        "Delete a report",
        _DELETED,
        description=_AS_THE_SDK_CALLS_IT,
    ),
)
