#!/usr/bin/env bash
# requests 2.34.2 (urllib3 2.8.0), aiohttp 3.14.5, httpx 0.28.1: a gzip body that ends before its end counts as whole.
# What was decompressed so far is the answer, status 200, no error: neither the end mark nor the checksum is missed. The
# transfer itself is in order (Content-Length fits), as when a proxy or cache stored half an answer. Python's gzip module raises
# EOFError for the same bytes.
# For users: text that stays valid when cut (JSON Lines, CSV) loses rows.
# The provider reads JSON documents, whose missing end is seen, and lands only what reconciles with the service's count.
# Seen: all three give the first half without an error; gzip.decompress raises EOFError
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check httpx==0.28.1 requests==2.34.2 urllib3==2.8.0 aiohttp==3.14.5
cd "$tmp"
venv/bin/python - <<'PY'
import asyncio
import gzip
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import aiohttp
import httpx
import requests
import urllib3

half = b'{"row": 1234567890}\n' * 100
compressor = zlib.compressobj(wbits=31)
body = compressor.compress(half) + compressor.flush(zlib.Z_SYNC_FLUSH)  # the other half never comes


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
    "requests": requests.get(url, timeout=60).content == half,
    "aiohttp": asyncio.run(with_aiohttp()) == half,
    "httpx": httpx.get(url, timeout=60).content == half,
}
server.shutdown()
print("requests", requests.__version__, "urllib3", urllib3.__version__, "aiohttp", aiohttp.__version__, "httpx", httpx.__version__)
print("half of the text, without an error:", found)
assert all(found.values()), "changed: a client misses the end of the stream now"
try:
    gzip.decompress(body)
except EOFError as e:
    print("gzip:", e)
PY
