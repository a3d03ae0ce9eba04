"""What Airflow's OpenLineage provider makes of each operator, in every state that sends an event.

The provider comes from `.venv/openlineage`, which `make .venv/openlineage/installed` makes; without it nothing here can be told.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from airflow_provider_veza.operators.drift import VezaAccessDriftOperator
from airflow_provider_veza.operators.query import (
    VezaCancelQueryOperator,
    VezaGetQueryResultsOperator,
    VezaQueryOperator,
    VezaSubmitQueryOperator,
)
from support.served_tenant import AT_ONCE, PAYROLL_ACCESS
from support.task_run import TaskRun, fire
from veza_emulator.http.server import RunningTenant
from veza_emulator.tenant.tenant import Tenant

DefaultExtractor = pytest.importorskip("airflow.providers.openlineage.extractors.base").DefaultExtractor


def told(run: TaskRun, event: str) -> dict[str, Any]:
    """Return what the provider would send of a task, as JSON has it."""
    ti = SimpleNamespace(task_id=run.operator.task_id, map_index=-1, xcom_pull=run.xcom_pull)
    extractor = DefaultExtractor(run.operator)
    asked = {
        "start": extractor.extract,
        "complete": lambda: extractor.extract_on_complete(ti),
        "failure": lambda: extractor.extract_on_failure(ti),
    }
    lineage = asked[event]()
    facets = {name: _plain(facet) for name, facet in lineage.run_facets.items()}
    return {
        "inputs": [(one.namespace, one.name) for one in lineage.inputs],
        "outputs": [(one.namespace, one.name) for one in lineage.outputs],
        "query": facets.get("externalQuery", {}).get("externalQueryId"),
        "statistics": [_plain(one.outputFacets["outputStatistics"]) for one in lineage.outputs if one.outputFacets],
        "columns": [
            field["name"]
            for one in lineage.outputs
            for field in _plain(one.facets.get("schema") or {}).get("fields", [])
        ],
    }


def _plain(facet: Any) -> dict[str, Any]:
    from openlineage.client.serde import Serde

    return dict(json.loads(Serde.to_json(facet))) if facet else {}


@pytest.fixture
def graph(running: RunningTenant) -> tuple[str, str]:
    return running.url.replace("http://", "veza://"), "graph"


def landing(folder: Path, **arguments: Any) -> TaskRun:
    return TaskRun(
        lambda: VezaQueryOperator(
            task_id="land", query_spec=PAYROLL_ACCESS, output_path=folder.as_uri(), **{"deferrable": True, **arguments}
        )
    )


def test_a_landing_is_told_at_each_start_and_at_its_end_with_rows_and_columns(
    tenant: Tenant, graph: tuple[str, str], tmp_path: Path
) -> None:
    run = landing(tmp_path, output_format="csv")
    output = ("file", str(tmp_path))
    deferral = run.execute()
    query_id = run.xcom["veza_query"]["id"]
    assert told(run, "start")["outputs"] == [output]
    tenant.finish(query_id)
    run.resume(deferral, fire(deferral.trigger))

    complete = told(run, "complete")
    assert (complete["inputs"], complete["outputs"], complete["query"]) == ([graph], [output], query_id)
    assert complete["statistics"][0]["rowCount"] == 12
    assert "destination_properties.name" in complete["columns"]


def test_a_failure_right_after_a_deferral_is_told_with_its_query(
    tenant: Tenant, graph: tuple[str, str], tmp_path: Path
) -> None:
    run = landing(tmp_path)
    run.execute()
    query_id = run.xcom["veza_query"]["id"]
    run.operator = run.make_operator()  # Another process, which has not run a method yet.

    failure = told(run, "failure")

    assert (failure["inputs"], failure["query"], failure["statistics"]) == ([graph], query_id, [])
    assert failure["outputs"] == [("file", str(tmp_path))]


def test_rows_for_xcom_are_told_as_what_was_read(tenant: Tenant, graph: tuple[str, str]) -> None:
    tenant.set_behaviour(AT_ONCE)
    run = TaskRun(lambda: VezaQueryOperator(task_id="ask", query_spec=PAYROLL_ACCESS))
    run.execute()

    assert (told(run, "complete")["inputs"], told(run, "complete")["outputs"]) == ([graph], [])


def test_submit_and_results_tell_the_same_query(tenant: Tenant, graph: tuple[str, str], tmp_path: Path) -> None:
    tenant.set_behaviour(AT_ONCE)
    submit = TaskRun(lambda: VezaSubmitQueryOperator(task_id="submit", query_spec=PAYROLL_ACCESS))
    handle = submit.execute()
    results = TaskRun(lambda: VezaGetQueryResultsOperator(task_id="get", handle=handle, output_path=str(tmp_path)))
    results.execute()

    assert told(submit, "complete")["query"] == told(results, "complete")["query"] == handle["id"]
    assert told(submit, "complete")["inputs"] == told(results, "complete")["inputs"] == [graph]
    assert told(results, "complete")["statistics"][0]["rowCount"] == 12


def test_each_attempt_tells_its_own_query_and_a_new_one_tells_none_of_before(
    tenant: Tenant, graph: tuple[str, str], tmp_path: Path
) -> None:
    run = landing(tmp_path, on_previous_query="cancel_and_resubmit")
    output, queries = ("file", str(tmp_path)), []
    for _ in range(2):
        deferral = run.execute()
        queries.append(run.xcom["veza_query"]["id"])
        assert told(run, "failure")["query"] == queries[-1]
    with pytest.raises(Exception, match="Trigger failure"):
        run.operator.resume_execution("__fail__", {"error": "Trigger failure"}, run._new_process())
    assert (told(run, "failure")["inputs"], told(run, "failure")["query"]) == ([graph], queries[-1])

    run.start_attempt()

    assert [(told(run, event)["query"], told(run, event)["outputs"]) for event in ("start", "failure")] == [
        (None, [output]),
        (None, [output]),
    ]
    deferral = run.execute()
    tenant.finish(run.xcom["veza_query"]["id"])
    run.resume(deferral, fire(deferral.trigger))
    assert len({*queries, told(run, "complete")["query"]}) == 3


@pytest.mark.parametrize("many", [False, True], ids=["one", "several"])
def test_a_cancel_tells_which_query_it_is_about_and_that_it_reads_nothing(tenant: Tenant, many: bool) -> None:
    handle = TaskRun(lambda: VezaSubmitQueryOperator(task_id="submit", query_spec=PAYROLL_ACCESS)).execute()
    cancel = TaskRun(lambda: VezaCancelQueryOperator(task_id="cancel", handle=[handle, handle] if many else handle))
    cancel.execute()

    complete = told(cancel, "complete")
    assert (complete["inputs"], complete["outputs"]) == ([], [])
    assert complete["query"] == (None if many else handle["id"])


def test_drift_reads_what_landings_wrote(tenant: Tenant, tmp_path: Path) -> None:
    tenant.set_behaviour(AT_ONCE)
    folders = [tmp_path / "access" / night for night in ("one", "two")]
    for folder in folders:
        landing(folder, deferrable=False).execute()
    drift = TaskRun(
        lambda: VezaAccessDriftOperator(
            task_id="drift", current=folders[1].as_uri(), baseline=folders[0].as_uri(), output_path=f"{tmp_path}/drift"
        )
    )
    drift.execute()

    complete = told(drift, "complete")
    assert sorted(complete["inputs"]) == [("file", str(folder)) for folder in folders]
    assert complete["outputs"] == [("file", f"{tmp_path}/drift")]


def test_no_file_of_our_own_is_ever_told(tenant: Tenant, tmp_path: Path) -> None:
    tenant.set_behaviour(AT_ONCE)
    run = landing(tmp_path, deferrable=False)
    run.execute()

    for event in ("start", "complete", "failure"):
        names = [name for _, name in (*told(run, event)["inputs"], *told(run, event)["outputs"])]
        assert [name for name in names if "_manifest" in name or "_checkpoint" in name or "part-" in name] == []


def test_the_event_that_the_provider_writes_to_a_file_holds_all_of_it(
    tenant: Tenant, graph: tuple[str, str], tmp_path: Path
) -> None:
    from airflow.providers.openlineage.plugins.adapter import OpenLineageAdapter
    from openlineage.client import OpenLineageClient
    from openlineage.client.transport.file import FileConfig, FileTransport

    tenant.set_behaviour(AT_ONCE)
    run = landing(tmp_path / "landed", deferrable=False, output_format="csv")
    run.execute()
    ti = SimpleNamespace(task_id="land", map_index=-1, xcom_pull=run.xcom_pull)
    events = tmp_path / "events.json"
    client = OpenLineageClient(transport=FileTransport(FileConfig(log_file_path=str(events), append=True)))

    OpenLineageAdapter(client).complete_task(
        run_id="01a22213-5823-707c-ad67-db21eef7132b",
        job_name="access.land",
        end_time="2026-11-22T12:00:00+00:00",
        task=DefaultExtractor(run.operator).extract_on_complete(ti),
        nominal_start_time=None,
        nominal_end_time=None,
        owners=[],
        tags=[],
        job_description=None,
    )

    [event] = [json.loads(line) for line in events.read_text().splitlines()]
    assert [(one["namespace"], one["name"]) for one in event["inputs"]] == [graph]
    [output] = event["outputs"]
    assert (output["namespace"], output["name"]) == ("file", str(tmp_path / "landed"))
    assert output["outputFacets"]["outputStatistics"]["rowCount"] == 12
    assert len(output["facets"]["schema"]["fields"]) > 5
    assert event["run"]["facets"]["externalQuery"]["externalQueryId"] == run.xcom["veza_query"]["id"]
    assert "_manifest" not in events.read_text()
