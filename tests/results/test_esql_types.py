"""What ES|QL's types are in a table: one column each, with the value as Elasticsearch answers it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_provider_veza.async_query.layout import ColumnType
from airflow_provider_veza.results.formats.known_formats import output_format
from airflow_provider_veza.services.esql_layout import LAYOUT, column_types
from results.formats.small_landing import Landed, landed

TEXT, JSON = ColumnType.STRING, ColumnType.JSON
METRIC = '{"min":1.0,"max":3.0,"sum":4.0,"value_count":2}'
HISTOGRAM = '{"values":[0.1,0.2],"counts":[3,7]}'
RANGE = "2026-01-01T00:00:00.000Z..2026-01-31T23:59:59.999Z"

ANSWERS: list[tuple[str, Any, ColumnType, Any]] = [
    ("aggregate_metric_double", METRIC, TEXT, METRIC),
    ("tdigest", HISTOGRAM, TEXT, HISTOGRAM),
    ("histogram", HISTOGRAM, TEXT, HISTOGRAM),
    ("date_range", RANGE, TEXT, RANGE),
    ("double_range", "0.5..1.5", TEXT, "0.5..1.5"),
    ("exponential_histogram", {"scale": 4, "sum": 1.5}, JSON, {"scale": 4, "sum": 1.5}),
    ("_source", {"user": {"name": "ana"}}, JSON, {"user": {"name": "ana"}}),
    ("flattened", {"env": "prod", "team": "a"}, JSON, {"env": "prod", "team": "a"}),
    ("dense_vector", [0.5, 1.0], JSON, [0.5, 1.0]),
    ("some_later_type", {"a": {"b": 1}}, JSON, {"a": {"b": 1}}),
    ("keyword", {"not": "a text"}, TEXT, '{"not":"a text"}'),
    ("keyword", ["a", "b"], TEXT, '["a","b"]'),
    ("date_nanos", "2026-01-31T12:00:00.123456789Z", TEXT, "2026-01-31T12:00:00.123456789Z"),
    ("date", "2026-01-31T12:00:00.000Z", ColumnType.TIMESTAMP, datetime(2026, 1, 31, 12, tzinfo=UTC)),
    ("unsigned_long", 2**64 - 1, TEXT, "18446744073709551615"),
    ("long", 2**63 - 1, ColumnType.LARGE_INT64, 2**63 - 1),
]


def landed_as(form: str, kind: str, value: Any) -> Landed:
    of_esql = output_format(form, layout=LAYOUT)
    of_esql.declare(column_types([("n", "long"), ("v", kind)]))
    return landed(of_esql, [{"n": 1, "v": value}, {"n": 2, "v": None}])


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize(("kind", "answered", "column", "value"), ANSWERS)
def test_a_type_of_esql_is_one_column(form: str, kind: str, answered: Any, column: ColumnType, value: Any) -> None:
    result = landed_as(form, kind, answered)

    assert {found.name: found.type for found in result.columns} == {"n": ColumnType.INT64, "v": column}
    assert [row["v"] for row in result.rows] == [value, None]
