#!/usr/bin/env bash
# aiohttp 3.14.5 refuses an answer that says the same Content-Length twice; requests 2.34.2 and httpx 0.28.1 read it.
# RFC 9110 (8.6) leaves a recipient the choice when all values are equal, and answers from behind two layers that each add the
# header do occur. So a query works from a worker (sync) and fails from a triggerer (async), on the same server.
# For users: switching an operator to deferrable=True fails with "Duplicate Content-Length", though the server did not change.
# The provider refuses it through all its drivers, so that one DAG means the same deferred or not; the error names this cause.
# Seen: requests and httpx b'{"id": 1}'; aiohttp ClientResponseError 400 "Duplicate Content-Length"
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check requests==2.34.2 aiohttp==3.14.5 httpx==0.28.1
cd "$tmp"
venv/bin/python - <<'PY'
import asyncio
import socketserver
import threading

import aiohttp
import httpx
import requests

ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\nContent-Length: 9\r\nConnection: close\r\n\r\n{"id": 1}'


class Server(socketserver.StreamRequestHandler):
    def handle(self):
        while self.rfile.readline().strip():
            pass
        self.wfile.write(ANSWER)


async def with_aiohttp():
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return await response.read()


server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_address[1]}/"
read = {"requests": requests.get(url, timeout=60).content, "httpx": httpx.get(url, timeout=60).content}
print("aiohttp", aiohttp.__version__, read)
assert read == dict.fromkeys(read, b'{"id": 1}'), "changed: requests or httpx refuses it now"
try:
    asyncio.run(with_aiohttp())
except aiohttp.ClientResponseError as e:
    print(type(e).__name__, e.status, e.message.splitlines()[0])
    assert "Duplicate Content-Length" in e.message, "changed: refused for another reason"
else:
    raise SystemExit("changed: aiohttp reads it now")
finally:
    server.shutdown()
PY
