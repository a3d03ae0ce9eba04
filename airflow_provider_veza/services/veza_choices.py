"""Which arguments of a Veza query go together: exactly one query, with a cache mode that fits it; no spec is read.

What each cache mode takes is said in :mod:`.veza_cache`; the spec is read in :mod:`.veza_spec`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from airflow_provider_veza.exceptions import ArgumentError
from airflow_provider_veza.services.veza_cache import CACHE_MODES, CachedResultIfAvailable, CacheMode

RESULT_KINDS = ("nodes", "result")


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

    @property
    def mode(self) -> type[CacheMode]:
        """The chosen cache mode.

        :raises ArgumentError: when there is none of that name.
        """
        name = self.cache_mode or CachedResultIfAvailable.name
        if name not in [*CACHE_MODES]:
            raise ArgumentError(f"cache_mode must be {_either([*CACHE_MODES])}, not {name!r}.")
        return CACHE_MODES[name]

    def cache(self) -> CacheMode:
        """Return the cache mode with the argument that it takes.

        :raises ArgumentError: when the argument is none that the mode can use.
        """
        return self.mode.of(getattr(self, self.mode.takes) if self.mode.takes else None)

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
        if not (self.has_spec or self.has_saved_query or self.mode.attaches):
            raise ArgumentError("There is no query: give query_spec or saved_query_id.")

    def _check_saved_query(self) -> None:
        documented = [name for name, mode in CACHE_MODES.items() if mode.fetch_cached_results is not None]
        if self.cache_mode not in (None, *documented):
            raise ArgumentError(
                f"cache_mode={self.cache_mode!r}: Veza documents no such choice for saved queries; leave it out, or say "
                f"{_either(documented)}."
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
        for argument in filter(None, dict.fromkeys(mode.takes for mode in CACHE_MODES.values())):
            if argument != self.mode.takes and getattr(self, argument) is not None:
                takers = [name for name, mode in CACHE_MODES.items() if mode.takes == argument]
                raise ArgumentError(
                    f"{argument} goes only with cache_mode={_either(takers)}, not with {self.mode.name!r}."
                )
        self.cache()
        if self.mode.attaches and self.has_spec:
            raise ArgumentError(f"cache_mode={self.mode.name!r} attaches to a cached result and takes no query_spec.")


def _either(names: Sequence[str]) -> str:
    *others, last = map(repr, names)
    return f"{', '.join(others)} or {last}" if others else last
