"""Who may write to the most buckets? Lands access as Parquet, and asks DuckDB. Needs the extras parquet and drift."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from airflow.providers.common.compat.sdk import dag, task

from airflow_provider_veza.operators.query import VezaQueryOperator
from airflow_provider_veza.results.reading import read_manifest

# In your Airflow: "s3://aws_default@your-lake"
LAKE = Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser().as_uri() + "/lake"

MOST_BUCKETS = """
SELECT "source_properties.name" AS name, count(*) AS buckets
FROM access
WHERE abstract_permissions LIKE '%DataWrite%'
GROUP BY ALL
ORDER BY buckets DESC, name
LIMIT 10
"""


@dag(
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    tags=["veza", "example"],
)
def example_veza_access_to_parquet() -> None:
    land = VezaQueryOperator(
        task_id="land",
        query_spec={
            "query_type": "SOURCE_TO_DESTINATION",
            "source_node_types": {"nodes": [{"node_type": "OktaUser"}]},
            "relates_to_exp": {"specs": [{"node_types": {"nodes": [{"node_type": "S3Bucket"}]}}]},
            "node_relationship_type": "EFFECTIVE_ACCESS",
            "result_value_type": "SOURCE_AND_DESTINATION_NODES",
        },
        output_path=f"{LAKE}/bucket_access/{{{{ run_id }}}}",
        output_format="parquet",
        compression="zstd",
        columns=["source_id", "source_properties.name", "destination_properties.name", "abstract_permissions"],
        deferrable=True,
    )

    @task
    def most_buckets(landed: dict[str, Any]) -> list[list[Any]]:
        import duckdb

        access = read_manifest(landed["manifest"]).to_arrow()
        rows = duckdb.connect().register("access", access).execute(MOST_BUCKETS).fetchall()
        return [list(row) for row in rows]

    most_buckets(land.output)


example_veza_access_to_parquet()
