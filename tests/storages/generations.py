"""A server of Google's JSON API for objects that keeps conditions as Google documents them, which no emulator on PyPI does.

Documented: every write gives a new generation, larger than all before; ``ifGenerationMatch`` compares the live object's
generation in the same step, 0 stands for "no live object", and a mismatch (an absent object too) answers 412. Without the
parameter nothing is compared. Only what a versioned file and a listing ask for is here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True)
class Live:
    """A live object."""

    data: bytes
    generation: int


class AnswerError(Exception):
    """An answer with an error status."""

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(reason)


@dataclass
class GoogleBuckets:
    """All buckets; any name is one.

    :param before_media: called once before a body is read, as another process that comes between two requests.
    :param answers_to_lose: so many conditional requests are carried out, and answered by an error that clients repeat.
    """

    objects: dict[tuple[str, str], Live] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    before_media: Callable[[], Any] | None = None
    answers_to_lose: int = 0
    _lock: Any = field(default_factory=Lock)
    _generations: Iterator[int] = field(default_factory=lambda: count(1_700_000_000_000_000))

    def write(self, bucket: str, key: str, data: bytes, condition: str | None) -> dict[str, Any]:
        with self._lock:
            self._compare(bucket, key, condition)
            self.objects[bucket, key] = Live(data, next(self._generations))
            return self.described(bucket, key)

    def remove(self, bucket: str, key: str, condition: str | None) -> None:
        with self._lock:
            self._compare(bucket, key, condition)
            self.found(bucket, key)
            del self.objects[bucket, key]

    def found(self, bucket: str, key: str) -> Live:
        if (bucket, key) not in self.objects:
            raise AnswerError(404, "notFound")
        return self.objects[bucket, key]

    def described(self, bucket: str, key: str) -> dict[str, Any]:
        live = self.found(bucket, key)
        return {
            "kind": "storage#object",
            "name": key,
            "bucket": bucket,
            "size": str(len(live.data)),
            "generation": str(live.generation),
        }

    def listed(self, bucket: str, prefix: str, delimiter: str) -> dict[str, Any]:
        keys = [key for held, key in list(self.objects) if held == bucket and key.startswith(prefix)]
        below = {key for key in keys if delimiter and delimiter in key[len(prefix) :]}
        folders = {prefix + key[len(prefix) :].partition(delimiter)[0] + delimiter for key in below}
        return {"items": [self.described(bucket, key) for key in keys if key not in below], "prefixes": sorted(folders)}

    def _compare(self, bucket: str, key: str, condition: str | None) -> None:
        live = self.objects.get((bucket, key))
        if condition is not None and int(condition) != (live.generation if live else 0):
            raise AnswerError(412, "conditionNotMet")


class Handler(BaseHTTPRequestHandler):
    """HTTP for one GoogleBuckets, which the subclass made by serving() names."""

    buckets: GoogleBuckets
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def do_DELETE(self) -> None:
        self._answer(self._delete)

    def log_message(self, *_: Any) -> None:
        pass

    def _get(self) -> bytes:
        bucket, key = self._names()
        if key is None:
            return as_json(
                self.buckets.listed(bucket, self._parameter("prefix") or "", self._parameter("delimiter") or "")
            )
        if self._parameter("alt") != "media":
            return as_json(self.buckets.described(bucket, key))
        if self.buckets.before_media is not None:
            interruption, self.buckets.before_media = self.buckets.before_media, None
            interruption()
        return self.buckets.found(bucket, key).data

    def _post(self) -> bytes:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        assert self._parameter("uploadType") == "media"
        return as_json(
            self.buckets.write(
                self._names()[0], self._parameter("name") or "", data, self._parameter("ifGenerationMatch")
            )
        )

    def _delete(self) -> bytes:
        bucket, key = self._names()
        self.buckets.remove(bucket, key or "", self._parameter("ifGenerationMatch"))
        return b""

    def _answer(self, act: Callable[[], bytes]) -> None:
        self.buckets.requests.append(self.command)
        try:
            status, body = 200, act()
        except AnswerError as e:
            status, body = refusal(e.status, e.reason)
        if self._parameter("ifGenerationMatch") and self.buckets.answers_to_lose:
            self.buckets.answers_to_lose -= 1
            status, body = refusal(503, "backendError")
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _names(self) -> tuple[str, str | None]:
        """Return bucket and key of ``.../b/BUCKET/o/KEY``, and None for the key of a listing or an upload."""
        after_bucket = urlsplit(self.path).path.partition("/b/")[2].split("/")
        return unquote(after_bucket[0]), unquote(after_bucket[2]) if len(after_bucket) > 2 else None

    def _parameter(self, name: str) -> str | None:
        values = parse_qs(urlsplit(self.path).query, keep_blank_values=True).get(name)
        return values[0] if values else None


def refusal(status: int, reason: str) -> tuple[int, bytes]:
    return status, as_json({"error": {"code": status, "message": reason}})


def as_json(content: dict[str, Any]) -> bytes:
    return json.dumps(content).encode()


@contextmanager
def serving(buckets: GoogleBuckets) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("OfTheseBuckets", (Handler,), {"buckets": buckets}))
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
