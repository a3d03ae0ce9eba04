from __future__ import annotations

import pytest
from drills.activity import INACTIVE
from drills.cluster import Cluster

from tools.real_airflow.deployment import Airflow
from tools.real_airflow.emulator import Emulator
from tools.real_airflow.run_folder import REPOSITORY

FIRST_EXAMPLE = "example_veza_access_to_bucket"
SWEEP = "example_veza_cancel_orphans"
"""Asks Veza nothing, and needs a record path on every Airflow: it runs in test_orphans.py."""
EXAMPLES = sorted({path.stem for path in (REPOSITORY / "example_dags").glob("example_*.py")} - {SWEEP})


@pytest.mark.parametrize("dag_id", EXAMPLES)
def test_every_example_succeeds_and_leaves_no_query_running(
    airflow: Airflow, emulator: Emulator, elasticsearch: Cluster, dag_id: str
) -> None:
    services = (emulator, elasticsearch)
    before = [len(service.queries()) for service in services]

    airflow.trigger(dag_id).wait("success")

    queries = [query for service, seen in zip(services, before, strict=True) for query in service.queries()[seen:]]
    assert queries, "the DAG submitted no query"
    assert [query for query in queries if not (query["finished"] or query["cancelled"])] == []
    assert [query for query in queries if query.get("stored")] == []


def test_access_that_nobody_uses_is_what_veza_knows_without_what_elasticsearch_saw(airflow: Airflow) -> None:
    task = airflow.trigger("example_esql_unused_access").wait("success").task("unused_access")

    assert task.xcom()["who"] == [f"{name}@acme.example" for name in INACTIVE]


def test_the_first_example_waits_in_the_triggerer_and_returns_the_rows_of_its_one_query(
    airflow: Airflow, emulator: Emulator
) -> None:
    before = len(emulator.queries())

    task = airflow.trigger(FIRST_EXAMPLE).wait("success").task("who_can_reach_the_bucket")

    [query] = emulator.queries()[before:]
    assert len(task.xcom()) == query["rows"] > 0
    assert task.trigger_log_text(), "it never deferred"
