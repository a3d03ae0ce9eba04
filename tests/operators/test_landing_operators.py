"""With ``output_path`` the operators land rows as files, return a summary, and tell of the new asset."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import DAG, AirflowFailException, Asset

from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.exceptions import ArgumentError, EmptyResultError, LandingError, ServerError
from airflow_provider_veza.hooks.landing_loop import LandingOrder, land
from airflow_provider_veza.hooks.veza import VezaHook
from airflow_provider_veza.operators.assets import landed_asset, outlet_of_folder
from airflow_provider_veza.operators.delivery import run_at
from airflow_provider_veza.operators.query import (
    VezaGetQueryResultsOperator,
    VezaQueryOperator,
    VezaSubmitQueryOperator,
)
from airflow_provider_veza.results.landing_limits import LandingLimits
from airflow_provider_veza.results.reading import read_manifest
from support.declared_assets import HAS_REFERENCES, declare
from support.object_store import Bucket
from support.served_tenant import AT_ONCE, PAYROLL_ACCESS, connect, creates
from support.task_run import TaskRun
from veza_emulator.http.server import RunningTenant
from veza_emulator.tenant.faults import Fault, FaultKind, FaultMatch
from veza_emulator.tenant.tenant import Tenant

USERS = {"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SMALL_PAGES = {"page_size": 5, "rate_limit": 100_000}


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "landed")


def query(path: str | None, **arguments: Any) -> TaskRun:
    wanted = {"query_spec": PAYROLL_ACCESS, "output_path": path, **arguments}
    return TaskRun(lambda: VezaQueryOperator(task_id="ask", deferrable=False, **wanted))


def rows_by_xcom() -> list[Any]:
    rows: list[Any] = TaskRun(
        lambda: VezaQueryOperator(task_id="ask", deferrable=False, query_spec=PAYROLL_ACCESS)
    ).execute()
    return rows


@pytest.mark.parametrize("compression", [None, "gzip", "zstd"])
def test_json_lines_hold_the_rows_as_the_api_sent_them(tenant: Tenant, path: str, compression: str | None) -> None:
    tenant.set_behaviour(AT_ONCE)
    query(path, compression=compression).execute()

    assert list(read_manifest(path)) == rows_by_xcom()


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_tables_have_a_column_for_each_field_of_source_and_destination(tenant: Tenant, path: str, form: str) -> None:
    tenant.set_behaviour(AT_ONCE)
    query(path, output_format=form).execute()
    rows = rows_by_xcom()
    landed = list(read_manifest(path))

    assert [row["source_id"] for row in landed] == [row["source"]["id"] for row in rows]
    assert [row["destination_properties.name"] for row in landed] == ["acme-payroll-exports"] * 12


def test_columns_are_picked_and_ordered(tenant: Tenant, path: str) -> None:
    tenant.set_behaviour(AT_ONCE)
    query(path, output_format="csv", columns=["destination_id", "source_id"]).execute()

    assert tuple(next(iter(read_manifest(path)))) == ("destination_id", "source_id")


def test_a_task_chooses_what_columns_are_called_and_what_csv_writes_for_nulls(tenant: Tenant, path: str) -> None:
    tenant.set_behaviour(AT_ONCE)
    names = '{"source_id": "who", "never": "x"}'
    query(path, output_format="csv", columns=["never", "source_id"], column_names=names, null_value="NULL").execute()
    part = next(Path(path).glob("part-*")).read_text(encoding="utf-8")

    assert part.startswith("x,who\nNULL,")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (
            {"output_format": "csv", "column_names": "snake"},
            "column_names must be 'dotted', 'underscored' or a mapping",
        ),
        ({"output_format": "csv", "null_value": "0"}, "null_value must not be what a number or a boolean looks like"),
        ({"output_format": "csv", "csv_escape_formulas": "yes"}, "csv_escape_formulas must be True or False"),
        (
            {"output_format": "parquet", "csv_escape_formulas": True},
            "goes with output_format='csv' only, not 'parquet'",
        ),
        ({"column_names": "underscored"}, "does not go with output_format='jsonl'"),
    ],
)
def test_options_of_tables_that_cannot_be_are_refused_while_a_dag_is_parsed(
    path: str, arguments: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ArgumentError, match=problem):
        VezaQueryOperator(task_id="ask", query_spec=PAYROLL_ACCESS, output_path=path, **arguments)


@pytest.mark.parametrize(
    ("run", "due"),
    [
        (SimpleNamespace(run_after=NOON, data_interval_end=None, logical_date=None), NOON),
        (SimpleNamespace(data_interval_end=NOON, logical_date=NOON - timedelta(days=1)), NOON),
        (SimpleNamespace(logical_date=NOON), NOON),
        (SimpleNamespace(run_after=NOON.astimezone(timezone(timedelta(hours=2)))), NOON),
        (SimpleNamespace(run_after=NOON.replace(tzinfo=None)), None),
        (None, None),
    ],
)
def test_a_landing_knows_when_its_run_was_due(run: Any, due: datetime | None) -> None:
    found = run_at({"dag_run": run})

    assert (found, None if found is None else found.tzinfo) == (due, None if due is None else UTC)


def test_the_manifest_says_when_the_run_was_due(tenant: Tenant, path: str) -> None:
    tenant.set_behaviour(AT_ONCE)
    ask = query(path)
    context = ask.start_attempt()
    context["dag_run"].run_after = NOON
    ask.operator.execute(context)

    assert read_manifest(path).manifest.run_at == NOON


def test_xcom_gets_a_small_summary_and_nothing_else(tenant: Tenant, path: str) -> None:
    tenant.set_behaviour(AT_ONCE)
    summary = query(path).execute()

    assert {**summary, "bytes": 0, "finished_at": "", "query_id": ""} == {
        "manifest": f"{path}/_manifest.json",
        "query_id": "",
        "format": "jsonl",
        "rows": 12,
        "bytes": 0,
        "parts": 1,
        "partial": False,
        "finished_at": "",
    }


def test_a_handle_can_be_landed_by_a_task_of_its_own(tenant: Tenant, path: str) -> None:
    tenant.set_behaviour(AT_ONCE)
    handle = TaskRun(lambda: VezaSubmitQueryOperator(task_id="submit", query_spec=PAYROLL_ACCESS)).execute()
    TaskRun(lambda: VezaGetQueryResultsOperator(task_id="land", handle=handle, output_path=path)).execute()

    assert list(read_manifest(path)) == rows_by_xcom()


def test_rows_are_landed_on_object_storage(tenant: Tenant, bucket: Bucket) -> None:
    tenant.set_behaviour(AT_ONCE)
    query(f"{bucket.url}/access/2026-11-22", output_format="parquet").execute()

    assert read_manifest(f"{bucket.url}/access/2026-11-22").manifest.rows == 12


def test_a_retry_goes_on_with_the_pages_that_its_predecessor_could_not_get(
    running: RunningTenant, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.tenant.set_behaviour(AT_ONCE)
    connect(monkeypatch, running, page_size=1, rate_limit=100_000)
    ask = query(path, part_bytes=1)
    outage = Fault(FaultKind.STATUS, FaultMatch(path_suffix="nodes_async_get", nth=8), times=5, status=503)
    running.tenant.faults.add(outage)
    with pytest.raises(ServerError):
        ask.execute()
    ask.execute()
    manifest = read_manifest(path).manifest

    assert (manifest.rows, manifest.resumed, creates(running.tenant)) == (12, 1, 1)


def test_a_rerun_after_a_crash_at_the_very_end_changes_nothing_and_asks_for_no_page(tenant: Tenant, path: str) -> None:
    tenant.set_behaviour(AT_ONCE)
    ask = query(path)
    first = ask.execute()
    ask.state_store.values = dict(ask.state_store.values)
    handle = ask.xcom["veza_query"]
    before = len(tenant.journal.entries())
    again = TaskRun(lambda: VezaGetQueryResultsOperator(task_id="land", handle=handle, output_path=path)).execute()

    assert again == first
    assert len(tenant.journal.entries()) - before == 1


def test_a_page_that_is_too_large_for_the_server_is_asked_for_in_smaller_ones(
    running: RunningTenant, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.tenant.set_behaviour(AT_ONCE)
    connect(monkeypatch, running, page_size=8, rate_limit=100_000)
    refusal = Fault(FaultKind.STATUS, FaultMatch(path_suffix="nodes_async_get", nth=2), times=1, status=413)
    running.tenant.faults.add(refusal)
    query(path).execute()
    manifest = read_manifest(path).manifest

    assert (manifest.rows, manifest.pages, manifest.retries) == (12, 3, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"output_format": "xml"}, "xml"),
        ({"output_format": "jsonl", "columns": ["id"]}, "columns"),
        ({"compression": "rar"}, "rar"),
        ({"path": "/"}, "names no folder"),
        ({"path": "lake/access"}, "relative to wherever a worker happens to run"),
        ({"path": "s3://lake/../access"}, "has '.' or '..'"),
        ({"path": " "}, "names no folder"),
    ],
)
def test_what_could_never_be_landed_is_refused_when_the_dag_file_is_parsed(
    path: str, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ArgumentError, match=message):
        query(**{"path": path, **arguments}).make_operator()


def test_a_format_that_a_template_gave_is_refused_before_a_query_runs(tenant: Tenant, path: str) -> None:
    def rendered() -> VezaQueryOperator:
        operator: VezaQueryOperator = query(path, output_format="{{ params.form }}").make_operator()
        operator.render_template_fields({"params": {"form": "xml"}})
        return operator

    with pytest.raises(AirflowFailException, match="output_format must be one of jsonl, csv, parquet, not 'xml'"):
        TaskRun(rendered).execute()
    assert creates(tenant) == 0


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("zork://bucket/access", "no storage for zork://"),
        ("sftp://sftp_default@/access", "no storage for sftp://.*apache-airflow-providers-sftp"),
        ("s3://no_such_lake@bucket/access", "no connection 'no_such_lake'"),
    ],
)
def test_a_place_that_airflow_cannot_reach_is_refused_by_name_before_a_query_runs(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch, place: str, message: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SFTP_DEFAULT", '{"conn_type": "sftp"}')
    with pytest.raises(AirflowFailException, match=message):
        query(place).execute()

    assert creates(tenant) == 0


@pytest.mark.parametrize("rendered", ["None", "", "lake/None/../x"])
def test_a_path_that_a_template_spoilt_is_refused_before_a_query_runs(tenant: Tenant, rendered: str) -> None:
    def make() -> VezaQueryOperator:
        operator: VezaQueryOperator = query("{{ params.place }}").make_operator()
        operator.render_template_fields({"params": {"place": rendered}})
        return operator

    with pytest.raises(AirflowFailException, match="output_path="):
        TaskRun(make).execute()
    assert creates(tenant) == 0


@pytest.mark.parametrize("name", ["_manifest.json", "_checkpoint.json"])
def test_a_folder_with_a_file_of_somebody_elses_is_refused_before_a_query_runs(
    tenant: Tenant, path: str, name: str
) -> None:
    tenant.set_behaviour(AT_ONCE)
    Path(path).mkdir()
    (Path(path) / name).write_text('{"manifest_version": 3}')
    with pytest.raises(AirflowFailException, match="this provider did not write"):
        query(path).execute()

    assert creates(tenant) == 0


def test_where_airflow_takes_no_asset_of_a_folder_the_dag_parses_all_the_same() -> None:
    with DAG("access", schedule=None):
        for number, place in enumerate(("sftp://sftp_default@/lake", "ssh://ssh_default@/lake", "s3://lake/a?b")):
            VezaQueryOperator(task_id=f"ask_{number}", query_spec=PAYROLL_ACCESS, output_path=place)


def test_an_empty_result_fails_if_asked_to_and_leaves_the_result_before(tenant: Tenant, path: str) -> None:
    tenant.set_behaviour(AT_ONCE)
    query(path).execute()
    nobody = {"source_node_types": {"nodes": [{"node_type": "NoSuchType"}]}}
    with pytest.raises(EmptyResultError, match="misspelt"):
        query(path, query_spec=nobody, fail_on_empty=True).execute()

    assert len(list(read_manifest(path))) == 12


@pytest.fixture(params=["the folder's own", *(["an author's"] if HAS_REFERENCES else [])])
def declared(request: pytest.FixtureRequest, path: str, monkeypatch: pytest.MonkeyPatch) -> Asset:
    """An asset with the folder's URI that some DAG declares, by the name that the parameter says."""
    asset = landed_asset(path)
    if request.param == "an author's":
        asset = Asset(name=request.param, uri=asset.uri)
    declare(monkeypatch, asset)
    return asset


def test_the_event_of_the_landed_asset_carries_the_manifest(tenant: Tenant, path: str, declared: Asset) -> None:
    tenant.set_behaviour(AT_ONCE)
    ask = query(path)
    ask.execute()
    extra = ask.outlet_events[declared].extra

    assert (extra["manifest"], extra["rows"]) == (f"{path}/_manifest.json", 12)
    assert "parts" not in extra
    assert foreign_types_in(extra) == set()


def test_where_nobody_declares_the_asset_the_landing_is_complete_all_the_same(tenant: Tenant, path: str) -> None:
    tenant.set_behaviour(AT_ONCE)
    query(path).execute()

    assert len(list(read_manifest(path))) == 12


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_what_travels_of_a_landing_is_plain_json(tenant: Tenant, path: str, form: str, declared: Asset) -> None:
    tenant.set_behaviour(AT_ONCE)
    ask = query(path, output_format=form)
    travels = {
        "XCom": ask.execute(),
        "the event": ask.outlet_events[declared].extra,
        "the manifest": read_manifest(path).manifest.to_json(),
    }

    assert {name: found for name, value in travels.items() if (found := foreign_types_in(value))} == {}


def foreign_types_in(value: Any) -> set[type]:
    """Return the types in a value that JSON has not; a subclass, such as an enum's, is another type."""
    match value:
        case dict():
            return {kind for pair in value.items() for one in pair for kind in foreign_types_in(one)} | (
                {type(value)} - {dict}
            )
        case list():
            return {kind for one in value for kind in foreign_types_in(one)} | ({type(value)} - {list})
        case _:
            return {type(value)} - {str, int, float, bool, type(None)}


@pytest.mark.parametrize(
    ("output_path", "uri"),
    [
        ("s3://lake/access/{{ ds }}", "s3://lake/access"),
        ("s3://aws_default@lake/access/{{ ds }}/x", "s3://lake/access"),
        ("s3://lake/access", "s3://lake/access"),
        ("/data/access/{{ ds }}", "file:///data/access"),
    ],
)
def test_the_asset_is_what_is_the_same_in_every_run(output_path: str, uri: str) -> None:
    assert landed_asset(output_path).uri == uri


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("lake/access/{{ run_id }}", "is relative to wherever a worker"),
        ("~/lake", "is relative to wherever a worker"),
        ("{{ var.value.lake }}/access", "begins with a template"),
        ("file://{{ var.value.lake }}/access", "begins with a template"),
        ("/{{ run_id }}", "begins with a template"),
        ("s3:///access", "names no bucket"),
        ("file://lake/access", "names a host"),
        ("/lake/access/{ run_id }", "is no template"),
        ("", "names no folder"),
        (None, "must be the path of a folder"),
        ({"manifest": "/lake/_manifest.json"}, "must be the path of a folder"),
    ],
)
def test_no_dag_can_be_scheduled_on_what_no_task_could_ever_land(given: Any, told: str) -> None:
    with pytest.raises(ArgumentError, match=told):
        landed_asset(given)


def test_a_folder_is_the_same_asset_in_whatever_form_it_is_given() -> None:
    assert {landed_asset(given).uri for given in ("/lake/access", "/lake/access/", Path("/lake/access"))} == {
        "file:///lake/access"
    }


@pytest.mark.parametrize("output_path", ["/lake/{ run_id }", "s3://lake/{ds}/x", "/lake/a-{params.bucket}"])
def test_a_template_that_an_f_string_has_spoilt_is_told_while_the_dag_is_parsed(output_path: str) -> None:
    told = r"is no template: write '\{\{ ?[^{}]+\}\}', and '\{{4} ?[^{}]+\}{4}' in an f-string"
    with pytest.raises(ArgumentError, match=told):
        VezaQueryOperator(task_id="ask", query_spec=PAYROLL_ACCESS, output_path=output_path)


@pytest.mark.parametrize("output_path", ["/lake/{eu}", "/lake/{{ run_id }}", "/lake/{{run_id}}/{x}", "/lake/{}"])
def test_other_braces_are_part_of_a_name(output_path: str) -> None:
    assert (
        VezaQueryOperator(task_id="ask", query_spec=PAYROLL_ACCESS, output_path=output_path).output_path == output_path
    )


def test_options_of_files_without_a_folder_are_said_to_be_without_effect(
    tenant: Tenant, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    tenant.set_behaviour(AT_ONCE)

    query(None, output_format="csv", columns=["id"]).execute()

    logged = caplog.text + capsys.readouterr().out
    assert "the rows go to XCom as they were sent, whatever output_format=, columns= says." in logged


def test_a_task_that_lands_declares_its_asset_beside_the_users_own(path: str) -> None:
    with DAG("access", schedule=None):
        task = VezaQueryOperator(
            task_id="ask",
            query_spec=PAYROLL_ACCESS,
            output_path="s3://lake/access/{{ ds }}",
            outlets=[Asset("x://own/one")],
        )

    assert [outlet.uri for outlet in task.outlets] == ["x://own/one", "s3://lake/access"]


@pytest.mark.parametrize(
    "output_path",
    [
        "s3://lake/access/{{ ds }}",
        "s3://aws_default@lake",
        "gs://lake/access",
        "abfs://wasb_default@lake/access",
        "wasb://lake/access",
        "/data/access/{{ ds }}",
        "/data//access",
        "file:///data/access",
        "file:///data//access/",
        "s3://lake/a?b=1",
        "s3://lake/a#b",
        "s3://lake/a b",
        "s3://lake/a%20b@c",
        "s3://lake/a;b=[c]",
    ],
)
def test_what_a_task_declares_has_the_uri_that_an_asset_of_the_folder_has(output_path: str) -> None:
    assert outlet_of_folder(output_path).uri == landed_asset(output_path).uri


@pytest.mark.skipif(HAS_REFERENCES, reason="Airflow 3 is told by a reference.")
def test_what_a_task_declares_on_airflow_2_is_a_dataset_like_any_other() -> None:
    assert outlet_of_folder("s3://lake/access") == landed_asset("s3://lake/access")


@pytest.mark.parametrize("output_path", ["s3://lake/\u00e4", "s3://lake/" + "a" * 3000])
def test_a_folder_that_airflow_may_take_for_no_asset_is_left_to_its_judgement(output_path: str) -> None:
    try:
        uri = landed_asset(output_path).uri
    except ArgumentError:
        assert outlet_of_folder(output_path) is None
    else:
        assert outlet_of_folder(output_path).uri == uri


def test_an_authors_own_asset_of_the_folder_is_declared_once() -> None:
    own = landed_asset("s3://lake/access/{{ ds }}")
    with DAG("access", schedule=None):
        task = VezaQueryOperator(
            task_id="ask", query_spec=PAYROLL_ACCESS, output_path="s3://lake/access/{{ ds }}", outlets=[own]
        )

    assert task.outlets == [own]


@pytest.mark.parametrize("scheme", ["s3", "gs", "abfs", "abfss", "wasb", "file", ""])
def test_declaring_a_folder_asks_no_provider(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(scheme: str) -> None:
        raise AssertionError(f"the provider of {scheme} was asked")

    monkeypatch.setattr(f"{Asset.__module__}._get_uri_normalizer", refuse)
    host = {"file": "file://", "": ""}.get(scheme, f"{scheme}://aws_default@lake")

    assert outlet_of_folder(f"{host}/access/{{{{ ds }}}}").uri.endswith("/access")


@pytest.mark.parametrize("output_path", ["{{ var.value.lake }}/access", "s3://{{ var.value.bucket }}/access"])
def test_a_path_that_begins_with_a_template_declares_nothing(output_path: str) -> None:
    with DAG("access", schedule=None):
        assert VezaQueryOperator(task_id="ask", query_spec=PAYROLL_ACCESS, output_path=output_path).outlets == []


def test_a_task_without_an_output_path_declares_nothing() -> None:
    with DAG("access", schedule=None):
        assert VezaQueryOperator(task_id="ask", query_spec=PAYROLL_ACCESS).outlets == []


def test_a_part_that_cannot_be_written_fails_the_landing_by_name(
    running: RunningTenant, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.tenant.set_behaviour(AT_ONCE)
    connect(monkeypatch, running, page_size=1, rate_limit=100_000)
    handle = TaskRun(lambda: VezaSubmitQueryOperator(task_id="submit", query_spec=PAYROLL_ACCESS)).execute()
    asked = iter(range(100))
    # A link is replaced in one step; parts would be written into a folder while its files are removed one by one.
    (tmp_path / "elsewhere").mkdir()
    Path(path).symlink_to(tmp_path / "elsewhere")
    file = tmp_path / "file"
    file.write_text("in the way")

    def put_a_file_in_the_folders_place_after_some_pages() -> bool:
        if next(asked) == 4:
            file.replace(path)
        return False

    order = LandingOrder(path, "jsonl", limits=LandingLimits(part_bytes=1))
    with pytest.raises(LandingError, match=rf"^Cannot (write|read) .*\({path}[^ ]*\)$"):
        land(
            VezaHook(veza_conn_id="veza_default").query(QueryHandle.from_json(handle)),
            order,
            logging.getLogger("landing"),
            put_a_file_in_the_folders_place_after_some_pages,
        )
