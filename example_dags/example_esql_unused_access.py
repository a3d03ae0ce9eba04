"""Unused access: Veza says who can reach the payroll exports, Elasticsearch who did in 90 days; the difference is landed.

Needs the extra elasticsearch, and the access logs of S3 in Elasticsearch as its AWS integration writes them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from airflow.providers.common.compat.sdk import ObjectStoragePath, dag, task

from airflow_provider_veza.operators.esql import EsqlQueryOperator
from airflow_provider_veza.operators.query import VezaQueryOperator
from airflow_provider_veza.results.reading import read_manifest

# In your Airflow: "s3://aws_default@your-lake"
LAKE = Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser().as_uri() + "/lake"


@dag(
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    params={"bucket": "acme-payroll-exports", "days": 90},
    tags=["veza", "esql", "example"],
)
def example_esql_unused_access() -> None:
    can_reach = VezaQueryOperator(
        task_id="can_reach",
        query_spec={
            "query_type": "SOURCE_TO_DESTINATION",
            "source_node_types": {"nodes": [{"node_type": "OktaUser"}]},
            "relates_to_exp": {
                "specs": [
                    {
                        "node_types": {
                            "nodes": [
                                {
                                    "node_type": "S3Bucket",
                                    "condition_expression": {
                                        "specs": [{"fn": "EQ", "property": "name", "value": "{{ params.bucket }}"}]
                                    },
                                }
                            ]
                        }
                    }
                ]
            },
            "node_relationship_type": "EFFECTIVE_ACCESS",
            "result_value_type": "SOURCE_AND_DESTINATION_NODES",
        },
        output_path=f"{LAKE}/can_reach/{{{{ run_id }}}}",
        fail_on_empty=True,
        deferrable=True,
    )

    did_reach = EsqlQueryOperator(
        task_id="did_reach",
        query="esql/bucket_activity.esql",
        parameters={"bucket": "{{ params.bucket }}"},
        output_path=f"{LAKE}/did_reach/{{{{ run_id }}}}",
        output_format="parquet",
        max_rows=9_999,  # more may be a result that Elasticsearch cut, and whoever is cut off looks inactive
        deferrable=True,
    )

    @task
    def unused_access(can_reach: dict[str, Any], did_reach: dict[str, Any], land_in: str) -> dict[str, Any]:
        active = {row["login"].lower() for row in read_manifest(did_reach["manifest"])}
        unused = [row for row in read_manifest(can_reach["manifest"]) if login(row) not in active]
        place = ObjectStoragePath(land_in)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("".join(f"{json.dumps(row)}\n" for row in unused))
        return {"landed": land_in, "who": sorted(map(login, unused))}

    unused_access(can_reach.output, did_reach.output, f"{LAKE}/unused_access/{{{{ run_id }}}}.jsonl")


def login(row: Mapping[str, Any]) -> str:
    """Return how the person of a row of Veza's logs in."""
    return str(row["source"]["properties"]["login"]).lower()


example_esql_unused_access()
