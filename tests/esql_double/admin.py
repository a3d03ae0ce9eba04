"""The double's other side, under ``/_double``: tests script queries there, end them, and ask what was seen."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from esql_double.cluster import Cluster
from esql_double.execution import Execution
from esql_double.script import Failure, Script, Settings

ROOT = "/_double"


def admin_routes(cluster: Cluster) -> list[Route]:
    """Return the routes."""

    def change(apply: Callable[[Any], object]) -> Callable[[Request], Any]:
        async def handle(request: Request) -> Response:
            apply(json.loads(await request.body() or b"null"))
            return JSONResponse({})

        return handle

    async def state(request: Request) -> Response:
        queries = [_described(execution) for execution in cluster.executions.values()]
        return JSONResponse({"queries": queries, "submits": cluster.submits, "requests": cluster.requests})

    async def act(request: Request) -> Response:
        execution = cluster.executions[request.path_params["id"]]
        given = await request.body()
        match request.path_params["act"]:
            case "end":
                execution.end(Script.from_json(json.loads(given)) if given else None)
            case "cancel":
                execution.cancel("by user request")
            case "expire":
                execution.extend(0.0)
        return JSONResponse({})

    return [
        Route(ROOT, state, methods=["GET"]),
        Route(f"{ROOT}/script", change(lambda data: cluster.scripts.append(Script.from_json(data))), methods=["POST"]),
        Route(f"{ROOT}/usual", change(lambda data: _set(cluster, usual=Script.from_json(data))), methods=["POST"]),
        Route(f"{ROOT}/settings", change(lambda data: _set(cluster, settings=Settings(**data))), methods=["POST"]),
        Route(f"{ROOT}/keys", change(lambda data: _set(cluster, keys=frozenset(data))), methods=["POST"]),
        Route(f"{ROOT}/refuse", change(lambda data: cluster.refusals.append(Failure(**data))), methods=["POST"]),
        Route(f"{ROOT}/skip", change(cluster.clock.skip), methods=["POST"]),
        Route(ROOT + "/queries/{id}/{act}", act, methods=["POST"]),
    ]


def _set(cluster: Cluster, **values: Any) -> None:
    for name, value in values.items():
        setattr(cluster, name, value)


def _described(execution: Execution) -> dict[str, Any]:
    return {
        "id": execution.id,
        "query": execution.body["query"],
        "body": execution.body,
        "running": execution.is_running and not execution.deleted,
        "stored": not execution.is_running and not execution.deleted and not execution.is_expired,
        "gets": execution.gets,
        "submitted_at": execution.submitted_at,
        "ended_at": execution.ended_at,
        "asked_at": execution.asked_at,
        "answered_at": execution.answered_at,
    }
