"""Which arguments of a Veza query go together: exactly one query, and what each cache mode takes.

A spec itself is checked in :mod:`.veza_spec`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from airflow_provider_veza.exceptions import ArgumentError

RESULT_KINDS = ("nodes", "result")
IF_AVAILABLE, IMMEDIATE, CONTEXT = "cached_result_if_available", "immediate_run", "cached_result_context"
CACHE_MODES = (IF_AVAILABLE, IMMEDIATE, CONTEXT)
DEFAULT_STALENESS = timedelta(hours=24)
LONGEST_DURATION_SECONDS = 315_576_000_000
"""What a protobuf Duration can hold: ten thousand years."""


@dataclass(frozen=True)
class VezaChoices:
    """The arguments of a query, but for the spec itself.

    :param has_spec: whether a spec is given.
    :param has_saved_query: whether the id of a saved query is given.
    """

    has_spec: bool
    has_saved_query: bool
    result_kind: str = "nodes"
    cache_mode: str | None = None
    max_staleness: timedelta | float | str | None = None
    cache_id: Any = None
    rewrite_deprecated: bool = False

    def check(self) -> None:
        """Refuse what contradicts itself.

        :raises ArgumentError: naming the arguments.
        """
        if self.has_saved_query:
            self._check_saved_query()
        elif self.result_kind == "result":
            self._refuse_cache_of_result()
        elif self.result_kind == "nodes":
            self._check_cache()
        else:
            raise ArgumentError(f"result_kind must be 'nodes' or 'result', not {self.result_kind!r}.")

    def require_one(self) -> None:
        """Refuse arguments that name no query.

        :raises ArgumentError: saying what may be given.
        """
        if not (self.has_spec or self.has_saved_query or self.cache_mode == CONTEXT):
            raise ArgumentError("There is no query: give query_spec or saved_query_id.")

    def _check_saved_query(self) -> None:
        if self.cache_mode not in (None, IF_AVAILABLE, IMMEDIATE):
            raise ArgumentError(
                f"cache_mode={self.cache_mode!r}: Veza documents no such choice for saved queries; leave it out, or say "
                f"{IF_AVAILABLE!r} or {IMMEDIATE!r}."
            )
        given = {
            "query_spec": self.has_spec,
            "result_kind": self.result_kind != "nodes",
            "max_staleness": self.max_staleness is not None,
            "cache_id": self.cache_id is not None,
            "rewrite_deprecated": self.rewrite_deprecated,
        }
        if names := [name for name, is_given in given.items() if is_given]:
            raise ArgumentError(
                f"{', '.join(names)}: not together with saved_query_id, which is a query already and is run as nodes."
            )

    def _refuse_cache_of_result(self) -> None:
        cache = {"cache_mode": self.cache_mode, "max_staleness": self.max_staleness, "cache_id": self.cache_id}
        if names := [name for name, value in cache.items() if value is not None]:
            raise ArgumentError(
                f"{', '.join(names)}: result_kind='result' documents no cache; use result_kind='nodes'."
            )

    def _check_cache(self) -> None:
        name = self.cache_mode or IF_AVAILABLE
        if name not in CACHE_MODES:
            raise ArgumentError(f"cache_mode must be {IF_AVAILABLE!r}, {IMMEDIATE!r} or {CONTEXT!r}, not {name!r}.")
        if name != IF_AVAILABLE and self.max_staleness is not None:
            raise ArgumentError(f"max_staleness goes only with cache_mode={IF_AVAILABLE!r}, not with {name!r}.")
        if name != CONTEXT and self.cache_id is not None:
            raise ArgumentError(f"cache_id goes only with cache_mode={CONTEXT!r}, not with {name!r}.")
        if name == CONTEXT:
            self._check_context()
        else:
            parse_staleness(self.max_staleness)

    def _check_context(self) -> None:
        if not isinstance(self.cache_id, str) or not self.cache_id:
            raise ArgumentError(f"cache_mode={CONTEXT!r} needs the cache_id of an earlier handle.")
        if self.has_spec:
            raise ArgumentError(f"cache_mode={CONTEXT!r} attaches to a cached result and takes no query_spec.")


def parse_staleness(value: timedelta | float | str | None) -> timedelta:
    """Read ``max_staleness``.

    >>> parse_staleness("90s")
    datetime.timedelta(seconds=90)
    """
    if value is None:
        return DEFAULT_STALENESS
    seconds = value.total_seconds() if isinstance(value, timedelta) else _seconds(value)
    if not 0 <= seconds <= LONGEST_DURATION_SECONDS:
        raise ArgumentError(f"max_staleness must be from 0 to {LONGEST_DURATION_SECONDS} seconds, not {value!r}.")
    return timedelta(seconds=seconds)


def _seconds(value: float | str) -> float:
    try:
        return float(value.strip().removesuffix("s")) if isinstance(value, str) else float(value)
    except (TypeError, ValueError):
        raise ArgumentError(
            f"max_staleness must be a timedelta, seconds, or text such as '86400s', not {value!r}."
        ) from None
