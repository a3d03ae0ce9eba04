"""How hypothesis runs here: the same examples each time, and no time limit, since the machine may be busy."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")
