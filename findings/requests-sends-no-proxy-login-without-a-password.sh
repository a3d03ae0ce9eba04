#!/usr/bin/env bash
# requests 2.34.2 sends no login of http://TOKEN@proxy (no colon) to the proxy; aiohttp 3.14.5 and httpx 0.28.1 send it.
# Some proxies take a token as the user and no password. RFC 3986 (3.2.1) lets a URL hold a user alone. And to characters outside
# Latin-1, percent-encoded as UTF-8, requests answers with a UnicodeEncodeError, where httpx sends their bytes.
# For users: one URL in HTTPS_PROXY works from a triggerer (async) and is answered 407 from a worker (sync).
# The provider writes the header itself, the same bytes through both libraries.
# Seen: requests None, aiohttp and httpx 'Basic dG9rZW46'; requests UnicodeEncodeError for a password with a euro sign.
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

seen = []


class Proxy(socketserver.StreamRequestHandler):
    def handle(self):
        head = {}
        while line := self.rfile.readline().decode().strip():
            name, _, value = line.partition(":")
            head[name.lower()] = value.strip()
        seen.append(head.get("proxy-authorization"))
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


async def with_aiohttp(proxy):
    async with aiohttp.ClientSession() as session, session.get("http://tenant.example/", proxy=proxy) as response:
        await response.read()


server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Proxy)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"127.0.0.1:{server.server_address[1]}"
token, euro = f"http://token@{address}", f"http://me:%E2%82%AC@{address}"
try:
    requests.get("http://tenant.example/", proxies={"http": token}, timeout=60)
    asyncio.run(with_aiohttp(token))
    httpx.Client(proxy=token, trust_env=False).get("http://tenant.example/")
    print(dict(zip(("requests", "aiohttp", "httpx"), seen)))
    assert seen == [None, "Basic dG9rZW46", "Basic dG9rZW46"], "changed: another login is sent"
    try:
        requests.get("http://tenant.example/", proxies={"http": euro}, timeout=60)
    except UnicodeEncodeError as e:
        print("requests", type(e).__name__)
    else:
        raise SystemExit("changed: requests sends characters outside Latin-1")
finally:
    server.shutdown()
PY
