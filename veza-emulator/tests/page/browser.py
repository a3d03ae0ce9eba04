"""A real browser for tests of the local page: Debian's chromium, spoken to over the DevTools protocol."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
import requests

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
)
ADVICE = (
    "The tests of the emulator's page need a browser. Install chromium so that it is on PATH "
    "(Debian, Ubuntu: apt-get install chromium), or run them as root where apt-get can install it."
)
INSTALL = ("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", "chromium")

PATIENCE = 10.0
ANSWER_LIMIT = 30.0
"""Seconds; for what the browser itself answers."""
_LISTENING = "DevTools listening on "
_UNTIL = """
new Promise((resolve, reject) => {
  const end = Date.now() + %d;
  const look = () => {
    if (%s) resolve(true);
    else if (Date.now() > end) reject(new Error("not in time: " + document.body.innerText));
    else setTimeout(look, 20);
  };
  look();
})
"""


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a browser that has no history, and return the address that its DevTools listen on.

    A machine without one gets it from its distribution, if this is root.
    """
    if not _on_path():
        _install()
    command = [_on_path() or pytest.fail(ADVICE), *FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('browser')}"]
    with subprocess.Popen([*command, "about:blank"], stderr=subprocess.PIPE, text=True) as process:
        try:
            yield _devtools_address(process)
        finally:
            process.kill()


@pytest.fixture
def browser(chromium: str) -> Iterator[BrowserPage]:
    """Open an empty page."""
    page = requests.put(f"http://{chromium}/json/new?about:blank", timeout=10).json()
    with asyncio.Runner() as runner:
        wire = runner.run(_connected(page["webSocketDebuggerUrl"]))
        yield BrowserPage(wire, runner)
        runner.run(wire.session.close())
    requests.get(f"http://{chromium}/json/close/{page['id']}", timeout=10)


class _NavigatedError(AssertionError):
    """The page that was asked is no longer there, since another one is being opened in its place."""


def _error(told: dict[str, Any]) -> AssertionError:
    is_gone = any(words in told["message"] for words in ("navigated or closed", "context was destroyed"))
    return (_NavigatedError if is_gone else AssertionError)(told)


class BrowserPage:
    """One page of the browser, and what it asked the network for and complained of."""

    def __init__(self, wire: _Wire, runner: asyncio.Runner) -> None:
        self._wire = wire.socket
        self._runner = runner
        self._sent = 0
        self._wait = ANSWER_LIMIT
        self.requested: list[str] = []
        self.complaints: list[str] = []

    def open(self, url: str, within: float = PATIENCE) -> None:
        for domain in ("Page", "Network", "Log", "Runtime", "Accessibility"):
            self.call(f"{domain}.enable")
        self.call("Page.navigate", url=url)
        self.until("document.readyState === 'complete'", within)

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression, awaited."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]["exception"]["description"]
        return answer["result"].get("value")

    def until(self, condition: str, within: float = PATIENCE) -> None:
        """Wait until a JavaScript condition holds, here or on the page that comes next, for so many seconds at most."""
        self._wait = within + ANSWER_LIMIT
        end = time.monotonic() + within
        while True:
            try:
                return self.evaluate(_UNTIL % ((end - time.monotonic()) * 1000, condition))
            except _NavigatedError:
                if time.monotonic() >= end:
                    raise

    def text(self, selector: str) -> str:
        return str(self.evaluate(f"document.querySelector({json.dumps(selector)}).textContent"))

    def press(self, key: str, text: str = "") -> None:
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, text=text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the DevTools protocol."""
        return self._runner.run(self._call(method, parameters))

    async def _call(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        self._sent += 1
        await self._wire.send_json({"id": self._sent, "method": method, "params": parameters})
        while True:
            message = await self._wire.receive_json(timeout=self._wait)
            if message.get("id") == self._sent:
                if "error" in message:
                    raise _error(message["error"])
                return dict(message["result"])
            self._note(message.get("method", ""), message.get("params", {}))

    def _note(self, event: str, details: dict[str, Any]) -> None:
        if event == "Network.requestWillBeSent":
            self.requested.append(details["request"]["url"])
        elif event == "Log.entryAdded":
            self.complaints.append(details["entry"]["text"])
        elif event == "Runtime.exceptionThrown":
            self.complaints.append(details["exceptionDetails"]["text"])


def _on_path() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _install() -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        pytest.fail(ADVICE)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "--quiet"], check=False, timeout=300, env=environment)
    done = subprocess.run(INSTALL, capture_output=True, text=True, check=False, timeout=600, env=environment)
    if done.returncode:
        pytest.fail(f"{ADVICE}\n{' '.join(INSTALL)} failed:\n{done.stderr}")


def _devtools_address(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(_LISTENING):
            return line.removeprefix(_LISTENING).split("/")[2]
    raise AssertionError(f"chromium ended with status {process.wait()} before it listened")


@dataclass(frozen=True)
class _Wire:
    session: aiohttp.ClientSession
    socket: aiohttp.ClientWebSocketResponse


async def _connected(url: str) -> _Wire:
    session = aiohttp.ClientSession()
    return _Wire(session, await session.ws_connect(url, max_msg_size=0))
