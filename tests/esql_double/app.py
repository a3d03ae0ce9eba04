"""The double's HTTP side: the calls of ``/_query/async`` by the rules of a version, and ``/_double`` for tests."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from esql_double.admin import admin_routes
from esql_double.answers import PRODUCT, acknowledged, answer, refusal
from esql_double.cluster import Cluster, RefusedError
from esql_double.execution import Execution, is_id
from esql_double.harm import Harm, harming

PATH = "/_query/async"
_UNITS = {"nanos": 1e-9, "micros": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_FOR_EVER = 10.0**6
_BODY = frozenset(
    {"query", "params", "filter", "columnar", "locale", "profile", "include_ccs_metadata"}
    | {"wait_for_completion_timeout", "keep_alive", "keep_on_completion"}
)

Handler = Callable[[Request], Awaitable[Response]]


def seconds(text: str) -> float:
    """Read a time value."""
    found = re.fullmatch(r"(\d+)(nanos|micros|ms|s|m|h|d)", text)
    if found:
        return int(found[1]) * _UNITS[found[2]]
    if text in ("-1", "0"):
        return float(text)
    raise RefusedError.of(
        400, "illegal_argument_exception", f"failed to parse setting with value [{text}] as a time value"
    )


def build_app(cluster: Cluster) -> Starlette:
    """Return the cluster's HTTP side."""
    calls = _Calls(cluster)
    return Starlette(
        routes=[
            Route("/", calls.guarded(calls.info), methods=["GET"]),
            Route(PATH, calls.guarded(calls.submit), methods=["POST"]),
            Route(PATH + "/{id}", calls.guarded(calls.get), methods=["GET"]),
            Route(PATH + "/{id}", calls.guarded(calls.delete), methods=["DELETE"]),
            Route(PATH + "/{id}/stop", calls.guarded(calls.stop), methods=["POST"]),
            *admin_routes(cluster),
        ]
    )


class _Calls:
    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def guarded(self, handler: Handler) -> Handler:
        """Return the handler behind what every request passes: media type, credentials, the journal."""

        async def handle(request: Request) -> Response:
            settings = self._cluster.settings
            if settings.harm and request.method == settings.harmed_method:
                return harming(Harm(settings.harm), request, PRODUCT)
            try:
                self._check_headers(request)
                response = await handler(request)
            except RefusedError as e:
                response = refusal(e)
            self._cluster.requests.append(f"{request.method} {request.url.path} {response.status_code}")
            return response

        return handle

    async def info(self, request: Request) -> Response:
        """Return name and version."""
        version = {"number": self._cluster.settings.version, "build_flavor": "default"}
        return JSONResponse({"name": "double", "version": version, "tagline": "You Know, for Search"}, headers=PRODUCT)

    async def submit(self, request: Request) -> Response:
        """Start a query and wait for it a moment; what fails in that moment is not stored."""
        params = self._params(request, {"drop_null_columns", "format", "delimiter"}, partial=True)
        body = self._body(await request.body())
        execution = self._cluster.start(body, _owner(request), seconds(body.get("keep_alive", "5d")))
        wait = seconds(body.get("wait_for_completion_timeout", "1s"))
        await execution.wait(min(max(wait, 0.0), self._cluster.settings.longest_submit_wait))
        if execution.is_running:
            return self._answer(execution, params)
        keeps = bool(body.get("keep_on_completion")) and execution.script.failure is None
        execution.deleted = not keeps
        if execution.script.failure is not None:
            raise RefusedError.failure(execution.script.failure)
        return answer(execution, self._cluster.settings, drop_null_columns=_drops(params), shows_id=keeps)

    async def get(self, request: Request) -> Response:
        """Return where a query stands, after a wait if one was asked for."""
        params = self._params(
            request, {"drop_null_columns", "format", "delimiter", "keep_alive", "wait_for_completion_timeout"}
        )
        asked_at = time.time()
        execution = self._cluster.found(request.path_params["id"], _owner(request))
        execution.gets += 1
        if "keep_alive" in params:
            execution.extend(seconds(params["keep_alive"]))
        blocks = self._cluster.settings.get_default == "block"
        wait = seconds(params["wait_for_completion_timeout"]) if "wait_for_completion_timeout" in params else None
        if wait is None or wait > 0:
            await execution.wait(wait if wait is not None else _FOR_EVER if blocks else 0.0)
        if execution.deleted:
            raise self._cluster.unknown(execution.id)
        execution.note_answer(asked_at)
        return self._answer(execution, params)

    async def delete(self, request: Request) -> Response:
        """End a query, if it runs, and forget its result."""
        query_id = request.path_params["id"]
        if not is_id(query_id):
            raise self._cluster.unknown(query_id)
        self._cluster.forget(self._cluster.found(query_id, _owner(request)))
        return acknowledged()

    async def stop(self, request: Request) -> Response:
        """End a query with the rows that it has."""
        if not self._cluster.settings.knows(18, 0):
            raise RefusedError(400, f"no handler found for uri [{request.url.path}] and method [POST]")
        params = self._params(request, {"drop_null_columns"})
        execution = self._cluster.found(request.path_params["id"], _owner(request))
        execution.stop()
        return self._answer(execution, params)

    def _answer(self, execution: Execution, params: dict[str, str]) -> Response:
        form = params.get("format", "json")
        shows_id = execution.is_running or bool(execution.body.get("keep_on_completion"))
        return answer(execution, self._cluster.settings, form=form, drop_null_columns=_drops(params), shows_id=shows_id)

    def _check_headers(self, request: Request) -> None:
        accept = request.headers.get("accept", "")
        major = self._cluster.settings.release[0]
        asked = re.search(r"compatible-with=(\d+)", accept)
        if asked and int(asked[1]) not in (major, major - 1):
            reason = f"A compatible version is required on Accept header, but was [{accept}]"
            raise RefusedError.of(400, "media_type_header_exception", reason)
        if self._cluster.refusals:
            raise RefusedError.failure(self._cluster.refusals.popleft())
        given = request.headers.get("authorization", "")
        if not self._cluster.settings.is_open and given not in self._cluster.keys:
            raise RefusedError.of(401, "security_exception", "unable to authenticate with provided credentials")

    def _params(self, request: Request, known: set[str], *, partial: bool = False) -> dict[str, str]:
        if partial and self._cluster.settings.knows(19, 1):
            known = known | {"allow_partial_results"}
        strange = [name for name in request.query_params if name not in known]
        if strange:
            reason = f"request [{request.url.path}] contains unrecognized parameter: [{strange[0]}]"
            raise RefusedError.of(400, "illegal_argument_exception", reason)
        if "delimiter" in request.query_params and request.query_params.get("format") != "csv":
            reason = f"parameter: [delimiter] only supported with format [csv], not for [{request.url.path}]"
            raise RefusedError.of(400, "illegal_argument_exception", reason)
        return dict(request.query_params)

    def _body(self, text: bytes) -> dict[str, Any]:
        body = _object(text)
        release = self._cluster.settings.release
        later = {"include_execution_metadata": (9, 3), "time_zone": (9, 4), "settings": (9, 5)}
        strange = set(body) - _BODY - {name for name, since in later.items() if release >= since}
        if strange:
            reason = f"[1:2] [esql/async_query] unknown field [{min(strange)}]"
            raise RefusedError.of(400, "x_content_parse_exception", reason)
        if not str(body.get("query") or "").strip():
            kind, reason = "action_request_validation_exception", "Validation Failed: 1: [query] is required;"
            raise RefusedError.of(400, kind, reason)
        return body


def _object(text: bytes) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise RefusedError.of(400, "x_content_parse_exception", "[1:1] the request's body cannot be parsed")
    return body


def _owner(request: Request) -> str:
    return request.headers.get("authorization", "")


def _drops(params: dict[str, str]) -> bool:
    return params.get("drop_null_columns") == "true"
