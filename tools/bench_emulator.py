"""What the emulator costs: the sample specs in scans of the node table, and a poll in answers of a bare Starlette route."""

from __future__ import annotations

import argparse
import json
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from statistics import median
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tools.sample_specs import SAMPLE_SPECS, Spec
from veza_emulator.clock import utc_now
from veza_emulator.demo.tenant import demo_graph
from veza_emulator.graph.tenant_graph import TenantGraph
from veza_emulator.http.server import LOOPBACK, running_tenant
from veza_emulator.query.evaluation.evaluate import Circumstances, evaluate
from veza_emulator.query.spec import QuerySpec, read_query_spec
from veza_emulator.reading.fields import Fields, Findings
from veza_emulator.tenant.behaviours import Behaviour
from veza_emulator.tenant.query_requests import AskedSpec, RunNow
from veza_emulator.tenant.settings import TenantSettings
from veza_emulator.tenant.tenant import Tenant
from veza_emulator.variants import NODES_GET_PATH

SCANS_BUDGET = 10.0
POLL_BUDGET = 2.0
SEED = 7
_RUNNING: Spec = {"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}
_LENGTH = re.compile(rb"content-length: ([0-9]+)", re.IGNORECASE)


def main() -> int:
    """Measure, print, and return 1 where a budget is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=100_000, help="nodes of the demo tenant (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=5, help="evaluations of each spec (default: %(default)s)")
    parser.add_argument("--polls", type=int, default=2_000, help="polls of a running query (default: %(default)s)")
    arguments = parser.parse_args()
    graph = demo_graph(arguments.size, SEED)
    scans = _bench_specs(graph, arguments.runs)
    polls = _bench_polls(graph, arguments.polls)
    return int(scans > SCANS_BUDGET or polls > POLL_BUDGET)


def _bench_specs(graph: TenantGraph, runs: int) -> float:
    """Print the cost of every sample spec and return the largest, in scans. Scans and specs take turns."""
    print(f"demo tenant: {len(graph.nodes):,} nodes, {graph.columns.shape[1]:,} edges")
    first = _seconds(lambda: _evaluate(graph, _read(SAMPLE_SPECS["Rollbar users with an Okta identity (report)"])))
    print(f"first query, which also builds the indices: {first * 1000:.0f} ms")
    worst = 0.0
    for name, value in SAMPLE_SPECS.items():
        scanning, evaluating = partial(_scan, graph), partial(_evaluate, graph, _read(value))
        times = [(_seconds(scanning), _seconds(evaluating)) for _ in range(runs)]
        scan, own = (median(column) for column in zip(*times, strict=True))
        worst = max(worst, own / scan)
        print(f"{own / scan:6.2f} scans  {own * 1000:7.1f} ms  {evaluating():7,} rows  {name}")
    print(f"largest: {worst:.2f} scans of {scan * 1000:.1f} ms of CPU (budget {SCANS_BUDGET})")
    return worst


def _scan(graph: TenantGraph) -> None:
    for node in graph.nodes:
        _, _ = node.type, node.properties


def _evaluate(graph: TenantGraph, spec: QuerySpec) -> int:
    return len(evaluate(graph, spec, Circumstances(utc_now())).rows)


def _read(value: Spec) -> QuerySpec:
    findings = Findings()
    spec = read_query_spec(Fields(value, findings))
    findings.raise_violations()
    return spec


def _seconds(act: Callable[[], object]) -> float:
    # CPU time, since others may be at work on the machine.
    start = time.process_time()
    act()
    return time.process_time() - start


def _bench_polls(graph: TenantGraph, polls: int) -> float:
    """Print and return what a poll of a running query costs, in answers of a bare route. The two take turns."""
    tenant = Tenant(TenantSettings(), graph)
    tenant.set_behaviour(Behaviour(duration=None))
    query_id = tenant.create_nodes(RunNow(AskedSpec(_read(_RUNNING), _RUNNING))).execution.id
    with running_tenant(tenant) as running, _bare_server() as bare_address:
        address = urlsplit(running.url)
        callers = [
            _Caller((str(address.hostname), int(address.port or 0)), NODES_GET_PATH, running.api_key, query_id),
            _Caller(bare_address, "/", running.api_key, query_id),
        ]
        times = [[_seconds(caller.call) for caller in callers] for _ in range(polls)]
    poll, bare = (median(column) for column in zip(*times, strict=True))
    print(f"poll of a running query: {poll * 1e6:.0f} us of CPU; bare Starlette route: {bare * 1e6:.0f} us")
    ratio: float = poll / bare
    print(f"ratio: {ratio:.2f} (budget {POLL_BUDGET})")
    return ratio


class _Caller:
    """Sends the same poll again and again over one socket, with next to no cost of its own."""

    def __init__(self, address: tuple[str, int], path: str, key: str, query_id: str) -> None:
        self._socket = socket.create_connection(address, timeout=10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        body = json.dumps({"query_result_id": query_id})
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._request = (head + body).encode()

    def call(self) -> None:
        """Poll once, and wait for the whole answer."""
        self._socket.sendall(self._request)
        answer = b""
        while not self._is_whole(answer):
            answer += self._socket.recv(65_536)
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"a poll was answered {answer[:200]!r}")

    def _is_whole(self, answer: bytes) -> bool:
        head, end, body = answer.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        return bool(end and length) and len(body) >= int(length[1] if length else 0)


@contextmanager
def _bare_server() -> Iterator[tuple[str, int]]:
    """Serve one Starlette route that reads JSON and answers JSON, on a server like the emulator's."""
    app = Starlette(routes=[Route("/", _answer, methods=["POST"])])
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            access_log=False,
            http="h11",
            lifespan="off",
            log_config=None,
            log_level="warning",
            loop="asyncio",
            ws="none",
        )
    )
    with socket.create_server((LOOPBACK, 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()
        finally:
            server.should_exit = True
            thread.join()


async def _answer(request: Request) -> JSONResponse:
    asked = await request.json()
    return JSONResponse({"status": "IN_PROGRESS", "query_result_id": asked["query_result_id"], "values": []})


if __name__ == "__main__":
    sys.exit(main())
