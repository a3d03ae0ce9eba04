"""How the double writes its answers: JSON, and csv, tsv and txt in rough; headers as servers set them."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from esql_double.cluster import RefusedError
from esql_double.execution import Execution
from esql_double.schema import validated
from esql_double.script import Race, Script, Settings

_SEPARATORS = {"csv": (",", "\r\n"), "tsv": ("\t", "\n"), "txt": (" | ", "\n")}
_RACES = {
    Race.NO_INDEX: (404, "index_not_found_exception", "no such index [.async-search]"),
    Race.NO_SHARD: (503, "no_shard_available_action_exception", "No shard available for [get [.async-search][x]: r]"),
}
PRODUCT = {"X-Elastic-Product": "Elasticsearch"}


def refusal(error: RefusedError) -> Response:
    """Return an error."""
    body = {"error": error.error, "status": error.status}
    return _json(validated("error", body) if isinstance(error.error, dict) else body, error.status, {})


def acknowledged() -> Response:
    """Return the answer to a deletion."""
    return _json(validated("deleted", {"acknowledged": True}), 200, {})


def answer(
    execution: Execution,
    settings: Settings,
    *,
    form: str = "json",
    drop_null_columns: bool = False,
    shows_id: bool = True,
) -> Response:
    """Return where a query stands, with its table once it has ended.

    :raises RefusedError: when it failed, or its result cannot be read yet.
    """
    script, running = execution.script, execution.is_running
    _require_readable(execution)
    if not running and script.failure is not None:
        raise RefusedError.failure(script.failure)
    headers = {"X-Elasticsearch-Async-Is-Running": "?1" if running else "?0"}
    headers |= {"X-Elasticsearch-Async-Id": execution.id} if shows_id else {}
    if not running and script.warnings:
        headers["Warning"] = ", ".join(f'299 Elasticsearch-{settings.version}-abc "{w}"' for w in script.warnings)
    if form != "json":
        return Response(_text(script, form, running=running), headers={**headers, **PRODUCT}, media_type=f"text/{form}")
    bare: dict[str, Any] = ({"id": execution.id} if shows_id else {}) | {"is_running": running}
    if running and settings.running_body == "bare":
        return _json(bare, 200, headers)
    table = {"columns": [], "values": []} if running else _table(execution, drop_null_columns=drop_null_columns)
    return _json(validated("result", bare | table), 200, headers)


def _require_readable(execution: Execution) -> None:
    if execution.is_readable:
        return
    if execution.script.race is Race.UNKNOWN_ID:
        raise RefusedError.of(404, "resource_not_found_exception", execution.id)
    raise RefusedError.of(*_RACES[execution.script.race])


def _table(execution: Execution, *, drop_null_columns: bool) -> dict[str, Any]:
    script = execution.script
    kept = range(len(script.columns))
    if drop_null_columns:
        kept = [i for i in kept if any(row[i] is not None for row in script.values)]  # type: ignore[assignment]
    rows = [[row[i] for i in kept] for row in script.values]
    table: dict[str, Any] = {
        "took": 7,
        "is_partial": script.partial,
        "documents_found": len(rows),
        "values_loaded": len(rows) * len(script.columns),
        "columns": [script.columns[i] for i in kept],
        "values": [list(column) for column in zip(*rows, strict=True)] if execution.is_columnar else rows,
    }
    if drop_null_columns:
        table["all_columns"] = script.columns
    return table | ({"_clusters": script.clusters} if script.clusters else {})


def _text(script: Script, form: str, *, running: bool) -> str:
    between, end = _SEPARATORS[form]
    if running:
        return "" if form == "txt" else end
    rows = [[column["name"] for column in script.columns], *script.values]
    return "".join(between.join("" if v is None else str(v) for v in row) + end for row in rows)


def _json(body: dict[str, Any], status: int, headers: dict[str, str]) -> Response:
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    return Response(text, status, {**headers, **PRODUCT}, "application/vnd.elasticsearch+json;compatible-with=8")
