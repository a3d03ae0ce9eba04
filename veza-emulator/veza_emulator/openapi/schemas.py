"""The named JSON Schemas of answers; those of requests come from their readers, by `requests`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from veza_emulator.openapi.operations import NOTHING, page_of
from veza_emulator.reading.json_schema import STRING, Schema, list_of, object_of, ref

WHOLE_NUMBER: Schema = {"type": "integer", "minimum": 0}
TIME: Schema = {"type": "string", "format": "date-time"}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _with(schema: Schema, **properties: Schema) -> Schema:
    return object_of({**schema["properties"], **properties}, required=[*schema["required"], *properties])


_ROW_PAGE = _with(page_of(ref("SourceRow")), path_values=list_of(ref("PathRow")))
_NODE: dict[str, Any] = {"id": STRING, "type": STRING, "properties": NOTHING, "risk_level": STRING}

COMPONENTS: Mapping[str, Schema] = {
    "Error": object_of(
        {
            "code": STRING,
            "message": STRING,
            "request_id": STRING,
            "timestamp": TIME,
            "details": list_of(object_of({"@type": STRING}, required=["@type"])),
        },
        required=["code", "message", "request_id", "timestamp", "details"],
    ),
    "SourceRow": object_of(
        {
            **_NODE,
            "destination_node_count": WHOLE_NUMBER,
            "permissions": list_of(STRING),
            "destination_node_ids": list_of(STRING),
            "raw_permissions": list_of(STRING),
            "effective_permissions": list_of(STRING),
        },
        required=["id", "type", "properties", "destination_node_count"],
    ),
    "PathEnd": object_of(_NODE, required=list(_NODE)),
    "PathRow": object_of(
        {
            "source": ref("PathEnd"),
            "destination": ref("PathEnd"),
            "abstract_permissions": list_of(STRING),
            "concrete_permissions": list_of(STRING),
            "path_summary_nodes": list_of(NOTHING),
        },
        required=["source", "destination", "abstract_permissions", "concrete_permissions", "path_summary_nodes"],
    ),
    "RowPage": _ROW_PAGE,
    "NodesLook": _with(_ROW_PAGE, status=STRING, progress_status=object_of({"row_count": WHOLE_NUMBER})),
    "NodesTicket": object_of(
        {"query_result_id": STRING, "cache_id": STRING, "last_completed_cache_id": STRING},
        required=["query_result_id", "cache_id"],
    ),
    "Result": object_of(
        {
            "result_type": STRING,
            "number_value": {"type": "string", "pattern": "^[0-9]+$"},
            "timestamp_value": _or_null(TIME),
            "nodes_value": _or_null(ref("RowPage")),
        },
        required=["result_type", "number_value", "nodes_value"],
    ),
    "AsyncTask": object_of(
        {
            "id": STRING,
            "state": {"enum": ["UNKNOWN_STATE", "PENDING", "IN_PROGRESS", "COMPLETE"]},
            "status": {"enum": ["UNKNOWN_STATUS", "SUCCEEDED", "FAILED", "CANCELED"]},
            "error_reason": STRING,
            "error_status": _or_null(NOTHING),
            "result": _or_null(ref("Result")),
        },
        required=["id", "state", "status", "error_reason", "error_status", "result"],
    ),
    "SavedQuery": object_of(
        {"id": STRING, "name": STRING, "source_node_types": object_of({"nodes": list_of(NOTHING)}, required=["nodes"])},
        required=["id", "name", "description", "labels", "query_type", "source_node_types"],
    ),
    "SavedQueryPage": page_of(ref("SavedQuery")),
    "Report": object_of(
        {"id": STRING, "name": STRING, "queries": list_of(object_of({"query": STRING}, required=["query"]))},
        required=["id", "name", "description", "queries"],
    ),
    "ReportPage": page_of(ref("Report")),
}
