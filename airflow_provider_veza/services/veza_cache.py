"""The cache modes of Veza's nodes family, a class each: its name, the argument it takes, what it sends and what it starts.

Whether it goes with the other arguments is checked in :mod:`.veza_choices`; the call it is sent with is in :mod:`.veza_nodes`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Self

from airflow_provider_veza.async_query.given_time import span_of
from airflow_provider_veza.async_query.json_value import words_of
from airflow_provider_veza.exceptions import ArgumentError

DEFAULT_STALENESS = timedelta(hours=24)
LONGEST_DURATION_SECONDS = 315_576_000_000
"""What a protobuf Duration can hold: ten thousand years."""


class CacheMode(ABC):
    """How a query uses Veza's cache; the attributes say all that other modules have to know of a mode."""

    name: ClassVar[str]
    takes: ClassVar[str] = ""
    """The one argument that goes with this mode, and with those others that take it too."""
    attaches: ClassVar[bool] = False
    """Whether it shows a cached result: starts nothing, takes no spec, and leaves nothing to cancel."""
    may_be_stale: ClassVar[bool] = False
    """Whether an older result may be shown at first."""
    idempotent: ClassVar[bool] = False
    """Whether a submit may be sent again blindly."""
    fetch_cached_results: ClassVar[bool | None] = None
    """What says the same of a saved query's run; None where nothing does."""

    @classmethod
    @abstractmethod
    def of(cls, value: Any) -> Self:
        """Return the mode with the value of the argument that it takes, None where none is given.

        :raises ArgumentError: when the value is none that the mode can use.
        """

    @abstractmethod
    def body(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        """Return the create body."""


@dataclass(frozen=True)
class CachedResultIfAvailable(CacheMode):
    """Take a cached result that is not older than ``max_staleness``, else run.

    A second submit starts a second query unless the first is complete by then, so it is not repeated blindly.
    """

    max_staleness: timedelta = DEFAULT_STALENESS
    name: ClassVar[str] = "cached_result_if_available"
    takes: ClassVar[str] = "max_staleness"
    fetch_cached_results: ClassVar[bool | None] = True

    @classmethod
    def of(cls, value: Any) -> Self:
        """Return the mode with ``max_staleness``."""
        return cls(parse_staleness(value))

    def body(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        """Return the create body; ``max_staleness`` is a protobuf Duration in JSON."""
        seconds = f"{self.max_staleness.total_seconds():.9f}".rstrip("0").rstrip(".")
        return {self.name: {"request": {"body": spec}, "max_staleness": f"{seconds}s"}}


@dataclass(frozen=True)
class ImmediateRun(CacheMode):
    """Run, whatever is cached."""

    name: ClassVar[str] = "immediate_run"
    may_be_stale: ClassVar[bool] = True
    fetch_cached_results: ClassVar[bool | None] = False

    @classmethod
    def of(cls, value: Any) -> Self:
        """Return the mode."""
        del value
        return cls()

    def body(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        """Return the create body."""
        return {self.name: {"request": {"body": spec}}}


@dataclass(frozen=True)
class CachedResultContext(CacheMode):
    """Attach to one cached result; refused where the entry is gone."""

    cache_id: str
    name: ClassVar[str] = "cached_result_context"
    takes: ClassVar[str] = "cache_id"
    attaches: ClassVar[bool] = True
    idempotent: ClassVar[bool] = True

    @classmethod
    def of(cls, value: Any) -> Self:
        """Return the mode with ``cache_id``."""
        if not isinstance(value, str) or not value:
            raise ArgumentError(f"cache_mode={cls.name!r} needs the cache_id of an earlier handle.")
        return cls(value)

    def body(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        """Return the create body."""
        del spec
        return {self.name: {"cache_id": self.cache_id}}


CACHE_MODES: Mapping[str, type[CacheMode]] = {
    mode.name: mode for mode in (CachedResultIfAvailable, ImmediateRun, CachedResultContext)
}
"""By the names that operators take, which are those on the wire; the first is the default."""


def parse_staleness(value: timedelta | float | str | None) -> timedelta:
    """Read ``max_staleness``, in any form that :func:`~.given_time.span_of` reads.

    >>> parse_staleness("90s")
    datetime.timedelta(seconds=90)
    """
    if value is None:
        return DEFAULT_STALENESS
    try:
        read = span_of(value)
    except ValueError as e:
        raise ArgumentError(
            f"max_staleness must be a timedelta, seconds, or text such as '86400s' or 'PT1H', not {words_of(value)}: {e}."
        ) from None
    if not timedelta(0) <= read <= timedelta(seconds=LONGEST_DURATION_SECONDS):
        raise ArgumentError(f"max_staleness must be from 0 to {LONGEST_DURATION_SECONDS} seconds, not {value!r}.")
    return read
