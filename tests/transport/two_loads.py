"""A process in which one thread is stopped inside the load of a library, while another thread needs the library too.

Run as ``python -m transport.two_loads LIBRARY STOPPED GOING``; the two are names of :data:`LOADS`. It prints how many places the
first thread was stopped at, each in a process of its own, and what went wrong.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from importlib.machinery import SourceFileLoader
from types import ModuleType
from typing import Any

from airflow_provider_veza.transport.clients import async_client_for
from airflow_provider_veza.transport.elastic_settings import ElasticSettings
from airflow_provider_veza.transport.settings import ApiKeyAuth, TransportSettings

VEZA = TransportSettings("http://127.0.0.1:9", ApiKeyAuth("key"), "tests")
ESQL = ElasticSettings("http://127.0.0.1:9", None, "tests")
LOADS: dict[str, Callable[[str], object]] = {
    "veza": lambda _: async_client_for(VEZA),
    "esql": lambda _: async_client_for(ESQL),
    "others": import_module,
}
_PATIENCE_SECONDS = 60.0
_NO_SUCH_PLACE = 3
_WAITING = ("acquire", "async_client_for")
"""The functions in which a thread waits for a lock: importlib's own, and ours."""


class Stop:
    """Stops a thread before it executes one of the modules of a library."""

    def __init__(self, library: str, place: int) -> None:
        self.is_there, self.go_on = threading.Event(), threading.Event()
        self.thread: threading.Thread | None = None
        self._library, self._left = library, place

    def before(self, execute: Callable[[Any, ModuleType], None]) -> Callable[[Any, ModuleType], None]:
        """Return what executes a module, behind this stop."""

        def stopped(loader: Any, module: ModuleType) -> None:
            if threading.current_thread() is self.thread and module.__name__.startswith(f"{self._library}."):
                self._left -= 1
                if self._left == 0:
                    self.is_there.set()
                    self.go_on.wait()
            execute(loader, module)

        return stopped


def begun(load: Callable[[str], object], library: str, errors: list[str]) -> threading.Thread:
    def told() -> None:
        try:
            load(library)
        except BaseException:
            errors.append(traceback.format_exc())

    return threading.Thread(target=told, daemon=True)


def let_go_on(thread: threading.Thread) -> None:
    """Return once a thread has ended, or waits for another one's load."""
    waits = 0
    while thread.is_alive() and waits < 5:
        frame = sys._current_frames().get(thread.ident or 0)
        waits = waits + 1 if frame and frame.f_code.co_name in _WAITING else 0
        time.sleep(0.01)


def loaded_at_once(library: str, place: int, stopped: str, going: str) -> str | None:
    """Return what went wrong; None where the library has no such place."""
    errors: list[str] = []
    stop = Stop(library, place)
    SourceFileLoader.exec_module = stop.before(SourceFileLoader.exec_module)  # type: ignore[method-assign]
    first, second = (begun(LOADS[name], library, errors) for name in (stopped, going))
    stop.thread = first
    first.start()
    while first.is_alive() and not stop.is_there.wait(0.01):
        pass
    if not stop.is_there.is_set():
        return None
    second.start()
    let_go_on(second)
    stop.go_on.set()
    for thread in (first, second):
        thread.join(_PATIENCE_SECONDS)
    return "".join(errors) or ("it waits for ever" if first.is_alive() or second.is_alive() else "")


def main(library: str, stopped: str, going: str) -> None:
    """Play each place in a process of its own, which has loaded nothing yet."""
    assert library not in sys.modules
    place, failures = 0, []
    while True:
        place += 1
        reading, writing = os.pipe()
        if not (child := os.fork()):
            failed = loaded_at_once(library, place, stopped, going)
            os.write(writing, (failed or "").encode()[-4000:])
            os._exit(_NO_SUCH_PLACE if failed is None else 0)
        os.close(writing)
        with os.fdopen(reading) as told:
            failed = told.read()
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status == _NO_SUCH_PLACE:
            break
        if failed or status:
            failures.append(f"{place}: {failed or status}")
    print(place - 1, *failures, sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
