"""The double of four APIs, over TLS in a process of its own: whatever is asked runs, says each answer, 100 ms after its question.

`GET /_seen` tells what came since it was last cleared: requests, looks that were late by more than an interval, new connections.
`GET /_seen/clear` clears that, too, and `GET /_seen/forget` also who was asked for.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from tools.loopback_server import Answer, serve

ANSWER_AFTER = 0.1
SEEN, CLEAR, FORGET = "/_seen", "/_seen/clear", "/_seen/forget"
NUMBER_OF_QUERY = re.compile(rb'(?:number-|/runs/|/number/|"run_id": ?)(\d+)')


@dataclass(frozen=True)
class Running:
    """How an API says that something runs."""

    path: str
    status: HTTPStatus
    body: bytes


def _json(**fields: object) -> bytes:
    return json.dumps(fields).encode()


APIS = (
    Running("/api/v1/", HTTPStatus.OK, _json(query_result_id="q", status="IN_PROGRESS", values=[], has_more=False)),
    Running("/api/v2/accounts/", HTTPStatus.OK, _json(data={"status": 3})),
    Running("/api/2.", HTTPStatus.OK, _json(state={"life_cycle_state": "RUNNING", "state_message": ""})),
    Running("/number/", HTTPStatus.NOT_FOUND, _json()),
)


@dataclass
class Seen:
    """What came, since it was told last; who was asked for, and when last."""

    interval: float
    requests: int = 0
    late: int = 0
    connections: int = 0
    unknown: int = 0
    at_once: int = 0
    last: dict[bytes, float] = field(default_factory=dict)

    def note(self, request: bytes, now: float) -> None:
        """Note one request."""
        found = NUMBER_OF_QUERY.search(request)
        if found is None:
            self.unknown += 1
            return
        before = self.last.get(found[1], now)
        self.requests += 1
        self.late += now - before > 2 * self.interval
        self.last[found[1]] = now

    def told(self, path: str, now: float) -> bytes:
        """Tell, and clear what the path says; `silent` are the queries that are late now. Who asks this is not counted."""
        self.connections -= 1
        silent = sum(now - last > 2 * self.interval for last in self.last.values())
        shown = {name: getattr(self, name) for name in ("requests", "late", "connections", "unknown")}
        told = _json(**shown, silent=silent, asked_for=len(self.last), at_once=self.at_once - 1)
        if path in {CLEAR, FORGET}:
            self.requests = self.late = self.connections = self.unknown = 0
        if path == FORGET:
            self.last.clear()
        return told


@dataclass(frozen=True)
class RunningApis:
    """Answers in the words of each API that what was asked for runs."""

    seen: Seen

    def connected(self) -> None:
        """Note one more connection."""
        self.seen.connections += 1
        self.seen.at_once += 1

    def disconnected(self) -> None:
        """Note one connection less."""
        self.seen.at_once -= 1

    def asked(self, request: bytes, answer: Answer) -> None:
        """Answer a look later, and at once what was seen."""
        path = request.split(b" ", 2)[1].decode()
        if path.startswith(SEEN):
            answer(HTTPStatus.OK, self.seen.told(path, time.monotonic()))
            return
        self.seen.note(request, time.monotonic())
        api = next(api for api in APIS if path.startswith(api.path))
        asyncio.get_running_loop().call_later(ANSWER_AFTER, answer, api.status, api.body)


def main() -> None:
    """Serve until whoever started this process ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--interval", type=float, required=True)
    options = parser.parse_args()
    asyncio.run(serve(RunningApis(Seen(options.interval)), options.folder))


if __name__ == "__main__":
    main()
