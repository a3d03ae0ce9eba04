"""An ES|QL query as its author gives it, checked, and the request body it becomes; sans-I/O, no Airflow."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from airflow_provider_veza.async_query.given_time import with_times_as_text
from airflow_provider_veza.async_query.identity import Fingerprint
from airflow_provider_veza.exceptions import ArgumentError

FIRST_WAIT = "1s"
"""How long the submit waits for the end; a query that ends within it is seen as ended by the next look."""


@dataclass(frozen=True)
class EsqlQuery:
    """A query in ES|QL.

    :param query: the text.
    :param params: values for its placeholders: a sequence for ``?``, a mapping for ``?name``. Times are sent as text, as
        RFC 3339 writes it; so are those in ``filter``.
    :param filter: Query DSL that documents must meet before the query sees them.
    :param columnar: let the server answer column by column; the rows come out the same.
    :param time_zone: of dates in the query; Elasticsearch 9.4 or later.
    :param drop_null_columns: leave out columns in which every value is null.
    :param allow_partial_results: whether a result that lacks rows is a success. Servers before 8.19, which know no such
        choice, are not asked for it.
    :param include_ccs_metadata: let a query across clusters say how each of them fared.
    :param include_execution_metadata: the same for any query; Elasticsearch 9.3 or later.
    :raises ArgumentError: when a value has a wrong shape or cannot be sent as JSON.

    >>> EsqlQuery("ROW a = ?x", params={"x": 1}).body(keep_alive=timedelta(hours=2))["params"]
    [{'x': 1}]
    """

    query: str
    params: Sequence[Any] | Mapping[str, Any] | None = None
    filter: Mapping[str, Any] | None = None
    columnar: bool = False
    locale: str | None = None
    time_zone: str | None = None
    drop_null_columns: bool = False
    allow_partial_results: bool = False
    include_ccs_metadata: bool = False
    include_execution_metadata: bool = False
    service: ClassVar[str] = "esql"

    def __post_init__(self) -> None:
        _require(isinstance(self.query, str) and bool(self.query.strip()), "query must be the text of an ES|QL query.")
        _require(_is_query_dsl(self.filter), "filter must be a mapping, in Query DSL, whose keys are texts.")
        _require(
            _are_params(self.params),
            "params must be a list of values for `?`, or a mapping from names to values for `?name`.",
        )
        _require(
            not (self.include_ccs_metadata and self.include_execution_metadata),
            "include_ccs_metadata and include_execution_metadata do not go together; the second says all the first does.",
        )
        self._require_json()

    def body(self, *, keep_alive: timedelta) -> dict[str, Any]:
        """Return the body of the submit.

        :param keep_alive: after which Elasticsearch ends the query, if it still runs, and forgets its result.
        """
        return self._asked | {
            "wait_for_completion_timeout": FIRST_WAIT,
            "keep_on_completion": True,
            "keep_alive": f"{max(int(keep_alive.total_seconds()), 1)}s",
        }

    def fingerprint(self, tenant: str) -> Fingerprint:
        """Return what decides whether two submits are of the same query; ``columnar`` changes only how the answer is written."""
        asked = {name: value for name, value in self._asked.items() if name not in ("query", "columnar")}
        options = asked | {
            "drop_null_columns": self.drop_null_columns,
            "allow_partial_results": self.allow_partial_results,
        }
        return Fingerprint.of(service=self.service, query=self.query, options=options, tenant=tenant)

    @property
    def _asked(self) -> dict[str, Any]:
        fields = {
            "query": self.query,
            "params": with_times_as_text(self._params()),
            "filter": with_times_as_text(self.filter),
            "columnar": self.columnar or None,
            "locale": self.locale,
            "time_zone": self.time_zone,
            "include_ccs_metadata": self.include_ccs_metadata or None,
            "include_execution_metadata": self.include_execution_metadata or None,
        }
        return {name: value for name, value in fields.items() if value is not None}

    def _params(self) -> list[Any] | None:
        if isinstance(self.params, Mapping):
            return [{name: value} for name, value in self.params.items()] or None
        return list(self.params) if self.params else None

    def _require_json(self) -> None:
        try:
            json.dumps(self._asked, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as e:
            raise ArgumentError(
                f"The ES|QL query's params or filter cannot be sent as JSON ({e}); give texts, numbers, booleans, times, lists "
                "and mappings. Nothing was submitted."
            ) from e


def _is_query_dsl(given: Any) -> bool:
    return given is None or _is_object(given)


def _are_params(given: Any) -> bool:
    return given is None or _is_object(given) or (isinstance(given, Sequence) and not isinstance(given, str))


def _is_object(given: Any) -> bool:
    return isinstance(given, Mapping) and all(isinstance(key, str) for key in given)


def _require(condition: bool, problem: str) -> None:
    if not condition:
        raise ArgumentError(f"{problem} Nothing was submitted.")
