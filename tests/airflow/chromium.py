"""The browser that the emulator's tests drive, for Airflow's own pages; there is but one driver of it in this repository."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType

from tools.real_airflow.run_folder import REPOSITORY

_DRIVER = REPOSITORY / "veza-emulator" / "tests" / "page" / "browser.py"


def _driver() -> ModuleType:
    spec = spec_from_file_location("chromium_driver", _DRIVER)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_module = _driver()
BrowserPage = _module.BrowserPage
browser = _module.browser
chromium = _module.chromium
