"""What Veza's rows look like as a table, and what of them is access and what only tells of its use; data.

From the row samples of Veza's documents. Which fields have no order is inferred from their being sets of permissions, and
which properties are volatile from their names in Veza's built-in queries.
"""

from __future__ import annotations

from airflow_provider_veza.async_query.layout import ColumnType, RowLayout

_TEXTS = ("id", "type", "source_id", "source_type", "destination_id", "destination_type")
_COUNTS = (
    "destination_node_count",
    "access_stats.count",
    "engagement_access_stats.total_count",
    "engagement_access_stats.accessed_count",
)
_STATISTICS = ("access_stats", "engagement_access_stats", "single_entity_access_stats")
_RATINGS = ("risk_level", "source_risk_level", "destination_risk_level", "destination_node_percentage_of_total")
_PROPERTIES_OF_USE = (
    "last_activity_date",
    "last_login_at",
    "last_used_at",
    "password_last_used_at",
    "programmatic_last_used_at",
    "has_stats",
    "risk_score",
    "security_health_check_score",
)

LAYOUT = RowLayout(
    prefixes={"source": "source_", "destination": "destination_"},
    types=dict.fromkeys(_TEXTS, ColumnType.STRING) | dict.fromkeys(_COUNTS, ColumnType.INT64),
    identities=(("source_type", "source_id", "destination_type", "destination_id"), ("type", "id")),
    sets=frozenset(
        {
            "abstract_permissions",
            "concrete_permissions",
            "corresponding_effective_permissions",
            "destination_node_ids",
            "effective_permissions",
            "filtered_raw_permissions",
            "permissions",
            "raw_permissions",
            "specified_tags",
            "tags",
        }
    ),
    volatile=frozenset({*_STATISTICS, *_RATINGS, "destination_node_count", *_PROPERTIES_OF_USE}),
)
