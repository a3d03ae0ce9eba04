"""A tenant in a process of its own that answers each POST a while later that the query runs; GET tells what it saw."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from pathlib import Path

from tools.loopback_server import Answer, serve

ANSWER_AFTER = 0.1
RUNNING = json.dumps({"query_result_id": "q", "status": "IN_PROGRESS", "values": [], "has_more": False}).encode()


@dataclass
class Seen:
    """What it saw."""

    requests: int = 0
    connections: int = 0
    at_once: int = 0
    most_at_once: int = 0


@dataclass
class RunningQueries:
    """Answers that the query runs, after so many seconds at the soonest and at the latest."""

    soonest: float
    latest: float
    seen: Seen = field(default_factory=Seen)

    def connected(self) -> None:
        """Note one more connection."""
        self.seen.connections += 1
        self.seen.at_once += 1
        self.seen.most_at_once = max(self.seen.most_at_once, self.seen.at_once)

    def disconnected(self) -> None:
        """Note one connection less."""
        self.seen.at_once -= 1

    def asked(self, request: bytes, answer: Answer) -> None:
        """Answer a look later, and at once what was seen."""
        if request.startswith(b"GET"):
            answer(HTTPStatus.OK, json.dumps(asdict(self.seen)).encode())
            return
        self.seen.requests += 1
        after = random.uniform(self.soonest, self.latest)
        asyncio.get_running_loop().call_later(after, answer, HTTPStatus.OK, RUNNING)


def main() -> None:
    """Serve until whoever started this process ends it; the certificate goes to the folder that is named.

    The other two arguments are the seconds after which answers come, at the soonest and at the latest.
    """
    folder, soonest, latest = sys.argv[1:4]
    asyncio.run(serve(RunningQueries(float(soonest), float(latest)), Path(folder)))


if __name__ == "__main__":
    main()
