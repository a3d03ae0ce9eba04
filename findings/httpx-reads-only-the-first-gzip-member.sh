#!/usr/bin/env bash
# httpx 0.28.1 reads the first member of a gzip body and drops the others, without an error; requests 2.34.2 and aiohttp 3.14.5
# give the whole body. RFC 1952 (2.2) has a gzip file be a series of members, and servers that compress block by block, or put
# stored .gz files together, send such bodies.
# For users: a line-wise export fetched with httpx ends early and looks complete, Content-Length included.
# The provider sends with requests and aiohttp only. Its own landings are one member a part.
# Seen: requests 4000 bytes, aiohttp 4000, httpx 2000
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check httpx==0.28.1 requests==2.34.2 aiohttp==3.14.5
cd "$tmp"
venv/bin/python - <<'PY'
import asyncio
import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import aiohttp
import httpx
import requests

half = b'{"row": 1234567890}\n' * 100
body = gzip.compress(half, mtime=0) + gzip.compress(half, mtime=0)


class Answers(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


async def with_aiohttp():
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return await response.read()


server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/"
found = {
    "requests": len(requests.get(url, timeout=60).content),
    "aiohttp": len(asyncio.run(with_aiohttp())),
    "httpx": len(httpx.get(url, timeout=60).content),
}
server.shutdown()
print("httpx", httpx.__version__, found)
assert found == {"requests": 4000, "aiohttp": 4000, "httpx": 2000}, "changed: a client reads the members otherwise"
PY
