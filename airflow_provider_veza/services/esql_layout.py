"""The column types of ES|QL as those of a landed table; data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from airflow_provider_veza.async_query.layout import ColumnType, RowLayout

LAYOUT = RowLayout(depth=1)
"""ES|QL's rows are flat: an object in them is one value (``flattened``, ``_source``). Each answer names its columns' types."""

# As Elasticsearch answers them: aggregates, histograms and ranges as one text, too, and only those below as objects or lists
# (its PositionToXContent).
_TEXT = (
    "aggregate_metric_double",
    "cartesian_point",
    "cartesian_shape",
    "date_nanos",  # up to nine digits of a second, where a timestamp holds six
    "date_period",
    "date_range",
    "double_range",
    "geo_point",
    "geo_shape",
    "geohash",
    "geohex",
    "geotile",
    "histogram",
    "ip",
    "keyword",
    "semantic_text",
    "tdigest",
    "text",
    "time_duration",
    "unsupported",
    "version",
)
_OF_TYPE: Mapping[str, ColumnType] = {
    "boolean": ColumnType.BOOLEAN,
    "integer": ColumnType.INT64,
    "long": ColumnType.INT64,
    "counter_integer": ColumnType.INT64,
    "counter_long": ColumnType.INT64,
    "unsigned_long": ColumnType.INT64,
    "double": ColumnType.DOUBLE,
    "counter_double": ColumnType.DOUBLE,
    "date": ColumnType.TIMESTAMP,
    "datetime": ColumnType.TIMESTAMP,
    "_source": ColumnType.JSON,
    "dense_vector": ColumnType.JSON,
    "exponential_histogram": ColumnType.JSON,
    "flattened": ColumnType.JSON,
} | dict.fromkeys(_TEXT, ColumnType.STRING)


def column_types(columns: Iterable[tuple[str, str]]) -> dict[str, ColumnType]:
    """Return the type of each column, given name and ES|QL type; a type that is not known here is left to the values.

    Values that do not fit widen a column as anywhere: several values in one field, or an ``unsigned_long`` beyond 64 signed
    bits, make it text.

    >>> column_types([("user", "keyword"), ("bytes", "long"), ("new", "some_later_type")])
    {'user': <ColumnType.STRING: 'string'>, 'bytes': <ColumnType.INT64: 'int64'>}
    """
    return {name: _OF_TYPE[kind] for name, kind in columns if kind in _OF_TYPE}
