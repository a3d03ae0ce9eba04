#!/usr/bin/env bash
# NO_PROXY=127.0.0.0/8 holds for requests 2.34.2; Python's urllib, aiohttp 3.14.5 (trust_env) and httpx 0.28.1 pass it over.
# Networks in NO_PROXY are usual on Kubernetes (10.0.0.0/8). No standard says what NO_PROXY means; each library reads it its own way.
# For users: a service by its address is reached from a worker (sync), and from a triggerer (async) it is asked for at the proxy.
# The provider reads networks and addresses in NO_PROXY through all its drivers.
# Seen: requests {} (no proxy); urllib False (no bypass); aiohttp the proxy; httpx asks the proxy.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check requests==2.34.2 aiohttp==3.14.5 httpx==0.28.1
cd "$tmp"
env -u http_proxy -u no_proxy -u ALL_PROXY -u all_proxy NO_PROXY=127.0.0.0/8 venv/bin/python - <<'PY'
import asyncio
import os
import socketserver
import threading
from urllib.request import proxy_bypass

import aiohttp
import httpx
import requests
from requests.utils import get_environ_proxies


class Says(socketserver.StreamRequestHandler):
    def handle(self):
        while self.rfile.readline().strip():
            pass
        word = self.server.word
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(word), word))


def serve(word):
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Says)
    server.word = word
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}/"


async def with_aiohttp():
    async with aiohttp.ClientSession(trust_env=True) as session, session.get(url) as response:
        return await response.text()


url, os.environ["HTTP_PROXY"] = serve(b"direct"), serve(b"proxy")
read = {"requests": requests.get(url, timeout=60).text, "aiohttp": asyncio.run(with_aiohttp()), "httpx": httpx.get(url).text}
print(read, "requests", get_environ_proxies(url), "urllib", bool(proxy_bypass("127.0.0.1")))
assert read == {"requests": "direct", "aiohttp": "proxy", "httpx": "proxy"}, "changed: NO_PROXY is read in another way"
assert not proxy_bypass("127.0.0.1"), "changed: urllib reads networks now"
PY
