"""Connections that triggers have looked up, for a minute per process: Airflow serves only some 20 to 35 look-ups a second."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Hashable
from contextvars import Context
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from airflow_provider_veza.exceptions import AsyncQueryError

log = logging.getLogger(__name__)

LIFETIME_SECONDS = 60.0
PATIENCE_SECONDS = 5.0
"""For a look-up that older settings can stand in for: all looks of the connection wait meanwhile."""


@dataclass(frozen=True)
class _Entry:
    settings: Any
    expires: float


class SettingsCache:
    """Settings by key; of many callers at once, one looks up and the others wait for it."""

    def __init__(
        self,
        lifetime: float = LIFETIME_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._lifetime = lifetime
        self._patience = patience
        self._clock = clock
        self._entries: dict[Hashable, _Entry] = {}
        self._locks: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Hashable, asyncio.Lock]] = WeakKeyDictionary()

    async def get(self, key: Hashable, look_up: Callable[[], Awaitable[Any]]) -> Any:
        """Return the settings of ``key``, looking them up if there are none or they are too old.

        Where that fails in a way that may heal, or takes too long, the old ones stay in use: a short failure of Airflow ends
        nobody's wait, and holds up nobody for long.
        """
        if (settings := self.fresh(key)) is not None:
            return settings
        async with self._lock(key):
            if (settings := self.fresh(key)) is None:
                settings = self._known(key, await self._look_up(key, look_up))
                self._entries[key] = _Entry(settings, self._clock() + self._lifetime)
            return settings

    def fresh(self, key: Hashable) -> Any:
        """Return the settings of ``key`` that need no look-up; None where there are none."""
        entry = self._entries.get(key)
        return entry.settings if entry is not None and self._clock() < entry.expires else None

    def forget(self, key: Hashable, outdated: Any) -> None:
        """Let the next :meth:`get` look up again, unless somebody has done so since ``outdated`` was returned."""
        entry = self._entries.get(key)
        if entry is not None and entry.settings == outdated:
            del self._entries[key]

    def _known(self, key: Hashable, settings: Any) -> Any:
        """Return settings as they are kept already where nothing has changed, so that all that was made by them stays."""
        old = self._entries.get(key)
        return old.settings if old is not None and old.settings == settings else settings

    async def _look_up(self, key: Hashable, look_up: Callable[[], Awaitable[Any]]) -> Any:
        old = self._entries.get(key)
        try:
            async with asyncio.timeout(None if old is None else self._patience):
                return await look_up()
        except Exception as e:
            if old is None or (isinstance(e, AsyncQueryError) and not e.heals):
                raise
            self._tell_of_old_settings(key, e)
            return old.settings

    def _tell_of_old_settings(self, key: Hashable, error: Exception) -> None:
        why = str(error) or f"no answer within {self._patience:g} s"
        text = "%s could not be looked up again and is used as it was: %s: %s"
        # Not in the log of the one task whose trigger happened to ask.
        Context().run(log.warning, text, key, type(error).__name__, why)

    def _lock(self, key: Hashable) -> asyncio.Lock:
        locks = self._locks.setdefault(asyncio.get_running_loop(), {})
        return locks.setdefault(key, asyncio.Lock())


SETTINGS_CACHE = SettingsCache()
