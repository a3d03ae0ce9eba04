#!/usr/bin/env bash
# elasticsearch 9.5.1 (elastic-transport 9.4.2): `request_timeout` is one thing in Elasticsearch and another in AsyncElasticsearch.
# The synchronous client gives it to urllib3, where it bounds the silence between two pieces; the asynchronous one gives it to
# aiohttp as the time of the whole request. One expects one setting of one library to mean one thing.
# For users: an answer that comes slowly but steadily (a large ES|QL result through a slow proxy) is read in a worker and times
# out in a triggerer, with the same connection; and in a worker nothing bounds it.
# The provider gives each request a bound on its silence and one on its whole time, in both drivers.
# Seen: an answer in pieces, one every 0.5 s for more than 3 s, request_timeout=2: sync whole, async ConnectionTimeout
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check elasticsearch[async]==9.5.1 elastic-transport==9.4.2
cd "$tmp"
venv/bin/python - <<'PY'
import asyncio
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import elastic_transport
import elasticsearch

BODY = b'{"id": "query-1", "is_running": true, "columns": [], "values": []}'


class Slow(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("X-Elastic-Product", "Elasticsearch")
        self.send_header("Content-Type", "application/vnd.elasticsearch+json;compatible-with=9")
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        try:
            for start in range(0, len(BODY), 8):
                self.wfile.write(BODY[start : start + 8])
                time.sleep(0.5)
        except OSError:  # the asynchronous client has gone
            self.close_connection = True

    def log_message(self, *_):
        pass


async def ask_async():
    async with elasticsearch.AsyncElasticsearch(url, **settings) as client:
        return (await client.esql.async_query(query="FROM logs"))["id"]


server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
threading.Thread(target=server.serve_forever, daemon=True).start()
url, settings = f"http://127.0.0.1:{server.server_port}", {"request_timeout": 2, "max_retries": 0}
began = time.monotonic()
with elasticsearch.Elasticsearch(url, **settings) as client:
    found = client.esql.async_query(query="FROM logs")["id"]
took = time.monotonic() - began
print("elasticsearch", elasticsearch.__versionstr__, "elastic-transport", elastic_transport.__version__)
print("sync", found, "after more than 3 s:", took > 3)
assert found == "query-1" and took > 3, "changed: the synchronous client behaves otherwise"
try:
    found = asyncio.run(ask_async())
except elasticsearch.ConnectionTimeout as e:
    print("async", type(e).__name__)
else:
    raise SystemExit(f"changed: the asynchronous client waits for {found}")
PY
