"""A tenant in its own process that sends prebuilt pages of nodes as fast as a socket takes them; it judges no request."""

from __future__ import annotations

import argparse
import json
import socketserver
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BufferedIOBase

from tools.bench_landing.tenant import CREATE_PATH, PAGE_ROWS, QUERY_ID, Tenant, page_token

# Fields as in Veza's documented answer for AwsIamUser, fewer of them; written as the service writes JSON, without blanks.
_NODE = (
    '{"id":"arn:aws:iam::877042069677:user/user.%s","type":"AwsIamUser","properties":{"created_at":"%s",'
    '"datasource_id":"877042069677:awsiam","full_admin":%s,"name":"user.%s","password_last_used_at":"%s",'
    '"programmatic_access_count":%d,"root":false,"user_type":""},"destination_node_count":%d,"permissions":[],'
    '"risk_level":"%s","effective_permissions":[]}'
)
_RISKS = ("NONE", "LOW", "MEDIUM", "HIGH", "CRITICAL")


@contextmanager
def serving(rows: int) -> Iterator[Tenant]:
    """Run a tenant with that many rows in its own process."""
    command = [sys.executable, "-m", "tools.bench_landing.server", str(rows)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Tenant(int(process.stdout.readline()), rows)
        finally:
            process.terminate()


class Pages:
    """The whole answers to all requests for one result."""

    def __init__(self, rows: int) -> None:
        count = rows // PAGE_ROWS
        self._pages = {page_token(page): _page(page, is_last=page == count - 1) for page in range(count)}
        self._look = _answer(b'{"status":"DONE","values":[],"path_values":[],"has_more":false,"next_page_token":""}')
        self._created = _answer(json.dumps({"query_result_id": QUERY_ID}).encode())

    def answer(self, path: str, body: bytes) -> bytes:
        """Return what is sent for one request, its head included."""
        if path == CREATE_PATH:
            return self._created
        fields = json.loads(body)
        # Only a look asks for another page size.
        if fields["page_size"] != PAGE_ROWS:
            return self._look
        return self._pages[fields.get("page_token") or page_token(0)]


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, pages: Pages) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.pages = pages


class _Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    server: _Server

    def handle(self) -> None:
        while request_line := self.rfile.readline():
            _, path, _ = request_line.decode().split()
            body = self.rfile.read(_body_length(self.rfile))
            self.connection.sendall(self.server.pages.answer(path, body))


def _body_length(head: BufferedIOBase) -> int:
    length = 0
    while (line := head.readline().strip()) != b"":
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return length


def _page(page: int, *, is_last: bool) -> bytes:
    first = page * PAGE_ROWS
    values = ",".join(map(_node, range(first, first + PAGE_ROWS)))
    token = "" if is_last else page_token(page + 1)
    has_more = json.dumps(not is_last)
    return _answer(
        f'{{"status":"DONE","values":[{values}],"path_values":[],"has_more":{has_more},'
        f'"next_page_token":"{token}"}}'.encode()
    )


def _node(number: int) -> str:
    name = f"{number:07d}.{_scattered(number):08x}"
    full_admin = json.dumps(number % 97 == 0)
    created, used = _date_time(_scattered(number)), _date_time(_scattered(number + 1))
    risk = _RISKS[number % len(_RISKS)]
    return _NODE % (name, created, full_admin, name, used, number % 13, number % 1_000, risk)


def _scattered(number: int) -> int:
    """Return 32 bits without order, so that no file format finds less in the rows than there would be."""
    return number * 2_654_435_761 % 2**32


def _date_time(seconds: int) -> str:
    at = datetime.fromtimestamp(2**30 + seconds % 2**29, UTC)
    return at.isoformat().replace("+00:00", "Z")


def _answer(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def main() -> None:
    """Build the pages, print the port, and serve until terminated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int)
    with _Server(Pages(parser.parse_args().rows)) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
