"""The operations of saved queries and reports as the OpenAPI document shows them; `http.endpoints` serves them."""

from __future__ import annotations

from veza_emulator.openapi.operations import NOTHING, Answer, Operation, Parameter
from veza_emulator.openapi.query_operations import NODES_FAMILY, RESULT, ROW_PAGE, TICKET
from veza_emulator.openapi.requests import body_of, noting, parameters_of
from veza_emulator.reading.json_schema import BOOLEAN, object_of, ref
from veza_emulator.tenant.saved_query_requests import (
    read_cached_run,
    read_definition,
    read_destinations,
    read_force,
    read_inactive_too,
    read_live_run,
    read_query_list,
    read_report,
    read_report_list,
)

_QUERIES = "/api/v1/assessments/queries"
_REPORTS = "/api/preview/assessments/reports"
_AS_THE_SDK_CALLS_IT = "As Veza's SDK oaaclient 1.2.0 calls it."

_SAVED_QUERY = Answer("The saved query", object_of({"value": ref("SavedQuery")}, required=["value"]))
_REPORT = Answer("The report", object_of({"value": ref("Report")}, required=["value"]))
_DELETED = Answer("It is forgotten", NOTHING)
_FETCH_CACHED = Parameter("fetch_cached_results", "Without effect here, since a fresh answer is never staler", BOOLEAN)
_RUN_PARAMETERS = (*parameters_of(noting(read_live_run)), _FETCH_CACHED)

SAVED_QUERY_OPERATIONS = (
    Operation(
        "ListAssessmentQueries",
        "GET",
        _QUERIES,
        "List the saved queries",
        Answer("A page of saved queries", ref("SavedQueryPage")),
        query=parameters_of(read_query_list),
    ),
    Operation("CreateAssessmentQuery", "POST", _QUERIES, "Save a query", _SAVED_QUERY, body=body_of(read_definition)),
    Operation("GetAssessmentQuery", "GET", f"{_QUERIES}/{{query_id}}", "Get a saved query", _SAVED_QUERY),
    Operation(
        "UpdateAssessmentQuery",
        "PUT",
        f"{_QUERIES}/{{query_id}}",
        "Replace a saved query",
        _SAVED_QUERY,
        description="The whole body counts: Veza documents that partial updates are not supported.",
        body=body_of(read_definition),
    ),
    Operation(
        "DeleteAssessmentQuery",
        "DELETE",
        f"{_QUERIES}/{{query_id}}",
        "Delete a saved query",
        _DELETED,
        query=parameters_of(read_force),
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
        query=parameters_of(noting(read_destinations)),
    ),
    Operation(
        "CreateAssessmentQueryNodesAsync",
        "POST",
        f"{_QUERIES}/{{query_id}}:nodes_async_create",
        "Run a saved query asynchronously",
        TICKET,
        description=f"The path is inferred from its siblings. {NODES_FAMILY}",
        body=body_of(read_cached_run, required=False),
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
        query=parameters_of(read_report_list),
    ),
    Operation(
        "CreateReport",
        "POST",
        _REPORTS,
        "Create a report",
        _REPORT,
        description=_AS_THE_SDK_CALLS_IT,
        body=body_of(read_report),
    ),
    Operation(
        "GetReport",
        "GET",
        f"{_REPORTS}/{{report_id}}",
        "Get a report",
        _REPORT,
        description=_AS_THE_SDK_CALLS_IT,
        query=parameters_of(read_inactive_too),
    ),
    Operation(
        "UpdateReport",
        "PUT",
        f"{_REPORTS}/{{report_id}}",
        "Replace a report",
        _REPORT,
        description=_AS_THE_SDK_CALLS_IT,
        body=body_of(read_report),
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
