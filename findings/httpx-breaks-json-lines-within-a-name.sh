#!/usr/bin/env bash
# httpx 0.28.1, iter_lines: a line also ends at U+0085, U+2028 and six more characters that may stand within a JSON text, and in any CSV
# field; so does requests 2.34.2 with decode_unicode=True, and not without. JSON Lines and RFC 4180 end a line at a line feed. (It
# is what str.splitlines does, which both call.) One expects the lines of a line-wise format, or at least one rule within one library.
# For users: three users come as five lines. JSON then fails to parse, which is seen; a plain list of names has two names more, which
# is not. U+0085 is the line end of mainframes and is left in names that came from there. Split iter_bytes() at b"\n".
# The provider reads whole JSON documents, and parts of JSON Lines by line feeds.
# Seen: three lines: httpx 5, requests with decode_unicode=True 5, requests 3
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check httpx==0.28.1 requests==2.34.2
cd "$tmp"
venv/bin/python - <<'PY'
import http.server
import threading

import httpx
import requests

lines = ['{"user": "anna"}', '{"user": "ben\u2028b"}', '{"user": "carl\u0085"}']


class Export(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        answer = "\n".join(lines).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson; charset=utf-8")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_args: object) -> None: ...


server = http.server.HTTPServer(("127.0.0.1", 0), Export)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
with httpx.stream("GET", url) as answer:
    by_httpx = list(answer.iter_lines())
decoded, plain = (list(requests.get(url, stream=True).iter_lines(decode_unicode=decode)) for decode in (True, False))
server.shutdown()
print("httpx", httpx.__version__, len(by_httpx), "requests", requests.__version__, len(decoded), len(plain), by_httpx)
assert [line.decode() for line in plain] == lines
assert len(by_httpx) == len(decoded) == 5, "changed: a line ends at a line feed"
PY
