from __future__ import annotations

from typing import Any

import pytest
from drills.activity import INACTIVE
from drills.cluster import Cluster
from example_runs import EXAMPLES, FIRST, FIRST_TASK, UNUSED_ACCESS, ExampleRuns, announced

from tools.real_airflow.emulator import Emulator


@pytest.mark.parametrize("dag_id", EXAMPLES)
def test_every_example_succeeds_and_its_queries_have_ended(
    examples: ExampleRuns, emulator: Emulator, elasticsearch: Cluster, dag_id: str
) -> None:
    run = examples[dag_id]

    own = announced(run)
    assert own, "the DAG submitted no query"
    running = {query["id"] for query in (*emulator.queries(), *elasticsearch.queries()) if is_running(query)}
    assert own & running == set()


def test_no_example_leaves_a_query_that_runs_or_is_stored_or_that_no_task_told_of(
    examples: ExampleRuns, emulator: Emulator, elasticsearch: Cluster
) -> None:
    own = set().union(*(announced(examples[dag_id]) for dag_id in EXAMPLES))

    queries = [*emulator.queries(), *elasticsearch.queries()]
    assert {query["id"] for query in queries} == own
    assert [query for query in queries if is_running(query)] == []
    assert [query for query in queries if query.get("stored")] == []


def test_access_that_nobody_uses_is_what_veza_knows_without_what_elasticsearch_saw(examples: ExampleRuns) -> None:
    task = examples[UNUSED_ACCESS].task("unused_access")

    assert task.xcom()["who"] == [f"{name}@acme.example" for name in INACTIVE]


def test_the_first_example_waits_in_the_triggerer_and_returns_the_rows_of_its_one_query(
    examples: ExampleRuns, emulator: Emulator
) -> None:
    run = examples[FIRST]

    task = run.task(FIRST_TASK)
    [query] = [query for query in emulator.queries() if query["id"] in announced(run)]
    assert len(task.xcom()) == query["rows"] > 0
    assert task.trigger_log_text(), "it never deferred"


def is_running(query: dict[str, Any]) -> bool:
    return not (query["finished"] or query["cancelled"])
