"""Answers of Elasticsearch about an ES|QL query, as data."""

from __future__ import annotations

import json
from typing import Any

from airflow_provider_veza.async_query.message import Response

QUERY_ID = "FkpMRkJGS1gzVDRlM3g4ZzMyRGlLbkEaTXlJZHdNT09TU2VTZVBoNDM3cFZMUToxMDM="
"""The id in Elasticsearch's documents."""
GATEWAY_PAGE = b"<html><head><title>Bad Gateway</title></head></html>"
COLUMNS = [{"name": "user", "type": "keyword"}, {"name": "requests", "type": "long"}, {"name": "last", "type": "date"}]
VALUES: list[list[Any]] = [["amara", 17, "2026-11-20T14:12:44.120Z"], [None, 1, None], [["a", "b"], 2, None]]
ROWS = [dict(zip(("user", "requests", "last"), row, strict=True)) for row in VALUES]


def answered(body: Any, status: int = 200, **headers: str) -> Response:
    """Return an answer with a JSON body, or with these very bytes."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, headers, content)


def table(**fields: Any) -> dict[str, Any]:
    """Return the body of an ended query."""
    body = {"id": QUERY_ID, "is_running": False, "took": 7, "is_partial": False, "columns": COLUMNS, "values": VALUES}
    return body | fields


def failure(status: int, kind: str, reason: str | None = "why", **more: Any) -> Response:
    """Return an error."""
    cause = {"type": kind, "reason": reason}
    return answered({"error": {"root_cause": [cause], **cause, **more}, "status": status}, status)
