#!/usr/bin/env bash
# requests 2.34.2 (urllib3 2.8.0): an interim answer "103 Early Hints" is taken for the answer: status 103, no body, and no error
# from raise_for_status(). The real answer behind it is lost. http.client skips interim answers, but only those of status 100.
# RFC 9110 (15.2) wants a client to read any number of 1xx answers and go on, asked for or not; aiohttp 3.14.5 and httpx 0.28.1 do.
# For users: behind a CDN or proxy that sends early hints, a POST that was accepted looks as if it had answered nothing.
# The provider's own connections read on to the final answer, for Veza and for Elasticsearch's synchronous client.
# Seen: requests (103, b''), aiohttp (200, b'{"id": 1}'), httpx (200, b'{"id": 1}')
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check requests==2.34.2 urllib3==2.8.0 aiohttp==3.14.5 httpx==0.28.1
cd "$tmp"
venv/bin/python - <<'PY'
import asyncio
import socketserver
import threading

import aiohttp
import httpx
import requests

ANSWERS = (
    b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
    b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n{"id": 1}'
)


class Server(socketserver.StreamRequestHandler):
    def handle(self):
        while self.rfile.readline().strip():
            pass
        self.wfile.write(ANSWERS)


async def with_aiohttp():
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.read()


server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_address[1]}/"
hinted = requests.get(url, timeout=60)
hinted.raise_for_status()
plain = httpx.get(url, timeout=60)
found = {
    "requests": (hinted.status_code, hinted.content),
    "aiohttp": asyncio.run(with_aiohttp()),
    "httpx": (plain.status_code, plain.content),
}
server.shutdown()
print("requests", requests.__version__, found)
answer = (200, b'{"id": 1}')
assert found == {"requests": (103, b""), "aiohttp": answer, "httpx": answer}, "changed: a client reads interim answers otherwise"
PY
