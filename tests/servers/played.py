"""Other people's servers, a row each: how it is started, with idle connections closed after a second where that can be said.

What is not installed is left out; `make test-servers` installs what PyPI has, and Debian's own where apt-get can fetch them.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from string import Template

import pytest

from transport.servers import LOOPBACK, free_port

HERE = Path(__file__).parent
CONFIGURATIONS = HERE / "configurations"
ROOT = HERE.parents[1]
ENVIRONMENT = ROOT / ".venv" / "servers"
DEBIAN = ENVIRONMENT / "debian"
SEARCHED = os.pathsep.join(
    [
        str(ENVIRONMENT / "bin"),
        *(str(DEBIAN / "usr" / name) for name in ("sbin", "bin")),
        os.environ["PATH"],
        "/usr/sbin",
    ]
)
LIBRARIES = os.pathsep.join(str(DEBIAN / name / "x86_64-linux-gnu") for name in ("usr/lib", "lib"))


@dataclass(frozen=True)
class Place:
    """Where one server runs.

    :param folder: for what it writes; requests are noted there, too.
    :param behind: the port of the server that a gateway stands before.
    :param certificate: PEM file of key and chain; None for plain HTTP.
    :param modes: which lines of a configuration count, by the word after their ``#``.
    """

    folder: Path
    port: int
    behind: int = 0
    certificate: Path | None = None
    modes: frozenset[str] = frozenset({"plain"})


@dataclass(frozen=True)
class Server:
    """One row.

    :param program: what has to be installed.
    :param arguments: what follows its name; a gateway's may ask for a configuration.
    :param gateway: whether another server does its work.
    """

    program: str
    arguments: Callable[[Place], list[str]]
    gateway: bool = False

    @property
    def path(self) -> str | None:
        return shutil.which(self.program, path=SEARCHED)


def _configured(name: str, *before: str) -> Callable[[Place], list[str]]:
    """Return how to write a configuration, and name it as the last argument."""

    def write(place: Place) -> list[str]:
        values = {
            "port": place.port,
            "behind": place.behind,
            "folder": place.folder,
            "debian": DEBIAN,
            "certificate": place.certificate,
        }
        lines = (CONFIGURATIONS / name).read_text().splitlines(keepends=True)
        text = Template("".join(_in_modes(lines, place.modes))).safe_substitute(values)
        path = place.folder / name
        path.write_text(text)
        return [*before, str(path)]

    return write


def _in_modes(lines: list[str], modes: frozenset[str]) -> Iterator[str]:
    for line in lines:
        indent, is_marked, marked = line.partition("#")
        mode, _, rest = marked.partition(" ")
        if not is_marked or indent.strip():
            yield line
        elif mode in modes:
            yield indent + rest


def _bound(*arguments: str) -> Callable[[Place], list[str]]:
    return lambda place: [
        argument.format(port=place.port, address=f"{LOOPBACK}:{place.port}") for argument in arguments
    ]


def _python(program: str) -> Callable[[Place], list[str]]:
    return lambda place: ["-c", program, str(place.port)]


TORNADO = """
import asyncio, sys
from concurrent.futures import ThreadPoolExecutor
from tornado.httpserver import HTTPServer
from tornado.wsgi import WSGIContainer
from app import wsgi
async def main():
    server = HTTPServer(WSGIContainer(wsgi, ThreadPoolExecutor(16)), idle_connection_timeout=1)
    server.listen(int(sys.argv[1]), "127.0.0.1")
    await asyncio.Event().wait()
asyncio.run(main())
"""
WERKZEUG = """
import sys
from werkzeug.serving import run_simple
from app import wsgi
run_simple("127.0.0.1", int(sys.argv[1]), wsgi, threaded=True)
"""
TWISTED = """
import sys
from twisted.internet import endpoints, reactor
from twisted.web.server import Site
from twisted.web.wsgi import WSGIResource
from app import wsgi
reactor.suggestThreadPoolSize(32)
site = Site(WSGIResource(reactor, reactor.getThreadPool(), wsgi), timeout=1)
endpoints.TCP4ServerEndpoint(reactor, int(sys.argv[1]), interface="127.0.0.1").listen(site)
reactor.run()
"""

SERVERS = {
    "uvicorn, h11": Server(
        "uvicorn", _bound("app:asgi", "--port={port}", "--http=h11", "--timeout-keep-alive=1", "--log-level=error")
    ),
    "uvicorn, httptools": Server(
        "uvicorn",
        _bound("app:asgi", "--port={port}", "--http=httptools", "--timeout-keep-alive=1", "--log-level=error"),
    ),
    "hypercorn": Server("hypercorn", _bound("app:asgi", "--bind={address}", "--keep-alive=1")),
    "granian": Server("granian", _bound("app:asgi", "--interface=asginl", "--port={port}", "--http=1", "--no-ws")),
    "gunicorn, sync": Server("gunicorn", _bound("app:wsgi", "--bind={address}", "--workers=8", "--no-control-socket")),
    "gunicorn, gthread": Server(
        "gunicorn",
        _bound(
            "app:wsgi",
            "--bind={address}",
            "--worker-class=gthread",
            "--threads=32",
            "--keep-alive=1",
            "--no-control-socket",
        ),
    ),
    "waitress": Server(
        "waitress-serve",
        _bound("--listen={address}", "--channel-timeout=1", "--cleanup-interval=1", "--threads=16", "app:wsgi"),
    ),
    "cheroot": Server("cheroot", _bound("app:wsgi", "--bind={address}", "--timeout=1", "--threads=32")),
    "tornado": Server("python", _python(TORNADO)),
    "twisted": Server("python", _python(TWISTED)),
    "werkzeug": Server("python", _python(WERKZEUG)),
    "node": Server("node", lambda place: [str(HERE / "app.mjs"), str(place.port)]),
    "nginx": Server(
        "nginx",
        _configured("nginx.conf", "-e", "stderr", "-c"),
        gateway=True,
    ),
    "haproxy": Server("haproxy", _configured("haproxy.cfg", "-db", "-f"), gateway=True),
    "caddy": Server("caddyserver", _configured("Caddyfile", "run", "--adapter=caddyfile", "--config"), gateway=True),
    "envoy": Server(
        "envoy",
        _configured("envoy.yaml", "-l", "error", "--concurrency", "1", "--use-dynamic-base-id", "-c"),
        gateway=True,
    ),
    "apache": Server("apache2", _configured("apache.conf", "-X", "-f"), gateway=True),
    "mitmproxy": Server(
        "mitmdump",
        lambda place: [
            "-q",
            f"--mode=reverse:http://{LOOPBACK}:{place.behind}",
            f"--listen-port={place.port}",
            f"--set=confdir={place.folder}",
        ],
        gateway=True,
    ),
}
BEHIND_GATEWAYS = SERVERS["uvicorn, h11"]


TLS_SERVERS = {name: SERVERS[name] for name in ("nginx", "haproxy", "caddy", "envoy")} | {
    "node": Server("node", lambda place: [str(HERE / "app.mjs"), str(place.port), *sorted(place.modes)]),
    "hypercorn": Server("hypercorn", lambda place: _secured(place, "app:asgi", "--keep-alive=1")),
    "stunnel": Server("stunnel4", _configured("stunnel.conf"), gateway=True),
}


LOGIN = "somebody:pr0xy-passw0rd"


def _with_login(arguments: Callable[[Place], list[str]], *option: str) -> Callable[[Place], list[str]]:
    """Return what follows the name of a proxy that may want a login, which lies in a file, too."""

    def write(place: Place) -> list[str]:
        user, _, password = LOGIN.partition(":")
        hashed = base64.b64encode(hashlib.sha1(password.encode()).digest()).decode()
        (place.folder / "logins").write_text(f"{user}:{{SHA}}{hashed}\n")
        return [*arguments(place), *(option if "login" in place.modes else ())]

    return write


FORWARD_PROXIES = {
    "squid": Server("squid", lambda place: ["-n", f"s{place.port}", *_configured("squid.conf", "-N", "-f")(place)]),
    "tinyproxy": Server("tinyproxy", _configured("tinyproxy.conf", "-d", "-c")),
    "privoxy": Server("privoxy", _configured("privoxy.conf", "--no-daemon")),
    "apache": Server("apache2", _with_login(_configured("apache-forward.conf", "-X", "-f"))),
    "proxy.py": Server(
        "proxy",
        _with_login(
            lambda place: [f"--hostname={LOOPBACK}", f"--port={place.port}", "--num-workers=1", "--num-acceptors=1"],
            f"--basic-auth={LOGIN}",
        ),
    ),
    "mitmproxy": Server(
        "mitmdump",
        _with_login(
            lambda place: [
                "-q",
                f"--listen-host={LOOPBACK}",
                f"--listen-port={place.port}",
                f"--set=confdir={place.folder}",
                "--ssl-insecure",
            ],
            f"--proxyauth={LOGIN}",
        ),
    ),
}
"""mitmproxy reads what goes through its tunnels: its own certificate stands before the server's."""

WITHOUT_LOGINS = {"privoxy"}


def _secured(place: Place, *arguments: str) -> list[str]:
    address, pem = f"--bind={LOOPBACK}:{place.port}", place.certificate
    client = [f"--ca-certs={pem}", "--verify-mode=CERT_REQUIRED"] if "client" in place.modes else []
    return [address, f"--certfile={pem}", f"--keyfile={pem}", *client, *arguments]


@contextmanager
def running(
    server: Server, folder: Path, behind: int = 0, certificate: Path | None = None, *modes: str
) -> Iterator[Place]:
    """Start a server, and end it."""
    if server.path is None:
        pytest.skip(f"{server.program} is not installed")
    place = Place(folder, free_port(), behind, certificate, frozenset(modes or ["plain"]))
    environment = {
        "PATH": SEARCHED,
        "HOME": str(folder),
        "LD_LIBRARY_PATH": LIBRARIES,
        "NOTES": str(folder),
        "PYTHONPATH": str(HERE),
        "PYTHONDONTWRITEBYTECODE": "1",
        **({"CERTIFICATE": str(certificate)} if certificate else {}),
    }
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [server.path, *server.arguments(place)], env=environment, cwd=folder, stdout=log, stderr=log
        )
        try:
            _wait_for(place.port, process, folder / "log")
            yield place
        finally:
            _end(process)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < give_up:
        with suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=5):
            return
        time.sleep(0.05)
    pytest.fail(f"no server answered at port {port}: {log.read_text()[-2_000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
