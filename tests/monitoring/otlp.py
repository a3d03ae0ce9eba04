"""A double of an OpenTelemetry collector: it receives OTLP over HTTP and keeps what came. No registry has a real one."""

from __future__ import annotations

import gzip
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class SeenSpan:
    """A span, and in which one it is."""

    name: str
    id: bytes
    parent: bytes
    attributes: dict[str, str]


@dataclass
class Received:
    """What came; `status` is the answer."""

    status: int = 200
    metrics: set[str] = field(default_factory=set)
    spans: list[SeenSpan] = field(default_factory=list)

    def keep(self, path: str, body: bytes) -> None:
        if path.endswith("/metrics"):
            self.metrics |= _metric_names(ExportMetricsServiceRequest.FromString(body))
        else:
            self.spans += _spans(ExportTraceServiceRequest.FromString(body))

    def in_span(self, name: str) -> list[SeenSpan]:
        """The spans that are in the one of that name."""
        ids = {span.id for span in self.spans if span.name == name}
        return [span for span in self.spans if span.parent in ids]


class _Handler(BaseHTTPRequestHandler):
    received: ClassVar[Received]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        packed = self.headers.get("Content-Encoding") == "gzip"
        self.received.keep(self.path, gzip.decompress(body) if packed else body)
        self.send_response(self.received.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep the tests' output clean."""


class Collector:
    """It listens while it is entered."""

    def __init__(self, status: int = 200) -> None:
        self.received = Received(status)
        handler = type("Handler", (_Handler,), {"received": self.received})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Collector:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _metric_names(request: ExportMetricsServiceRequest) -> set[str]:
    scopes = [scope for resource in request.resource_metrics for scope in resource.scope_metrics]
    return {metric.name for scope in scopes for metric in scope.metrics}


def _spans(request: ExportTraceServiceRequest) -> list[SeenSpan]:
    scopes = [scope for resource in request.resource_spans for scope in resource.scope_spans]
    return [
        SeenSpan(
            span.name,
            span.span_id,
            span.parent_span_id,
            {each.key: each.value.string_value for each in span.attributes},
        )
        for scope in scopes
        for span in scope.spans
    ]
