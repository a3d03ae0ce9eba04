"""Reports, and saved queries in them, through Veza's own SDK over a real socket."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from oaaclient.client import OAAClient, OAAResponseError
from oaaclient.utils import build_report

REPORTS = "/api/preview/assessments/reports"
SAMPLES = Path(__file__).parents[1] / "samples"
PYTEST_USERS = {"source_node_types": {"nodes": [{"node_type": "OAA.pytest.User"}]}}


class LoopbackClient(OAAClient):
    """The SDK without TLS, which it insists on until its constructor asks for a first answer."""

    def _test_connection(self) -> None:
        self.url = self.url.replace("https://", "http://")
        self.get_queries()


@pytest.fixture
def veza(client: Any) -> OAAClient:
    return LoopbackClient(url=client.running.url.removeprefix("http://"), api_key=client.running.api_key)


@pytest.fixture
def okta(veza: OAAClient, okta_users: Any) -> str:
    return str(veza.create_query({"name": "Okta users", **okta_users})["id"])


@pytest.fixture
def inactive(veza: OAAClient) -> str:
    return str(veza.create_query({"name": "Pytest users", **PYTEST_USERS})["id"])


def refused_field(error: pytest.ExceptionInfo[OAAResponseError]) -> tuple[int, str]:
    return error.value.status_code, error.value.details[0]["field_violations"][0]["field"]


def test_the_sdk_creates_gets_lists_and_deletes_queries(veza: OAAClient, okta: str, inactive: str) -> None:
    assert veza.get_query_by_id(okta)["name"] == "Okta users"
    assert [query["id"] for query in veza.get_queries()] == [okta, inactive]
    assert [query["id"] for query in veza.get_queries(include_inactive_queries=False)] == [okta]
    veza.delete_query(okta)
    assert [query["id"] for query in veza.get_queries()] == [inactive]


def test_the_sdk_reads_a_list_of_several_pages(veza: OAAClient, okta_users: Any) -> None:
    wanted = [f"query {number:03}" for number in range(120)]
    for name in wanted:
        veza.create_query({"name": name, **okta_users})
    assert [query["name"] for query in veza.get_queries()] == wanted


def test_the_sdk_creates_gets_updates_lists_and_deletes_reports(veza: OAAClient, okta: str, inactive: str) -> None:
    report = veza.create_report({"name": "Users", "description": "All", "queries": [{"query": okta}]})
    assert veza.get_report_by_id(report["id"]) == report
    assert veza.add_query_report(report["id"], inactive)["queries"] == [{"query": okta}, {"query": inactive}]
    assert veza.add_query_report(report["id"], inactive)["queries"] == [{"query": okta}, {"query": inactive}]
    updated = veza.update_report(report["id"], {"name": "Other users", "queries": [{"query": inactive}]})
    assert (updated["id"], updated["name"], updated["description"]) == (report["id"], "Other users", "")
    assert veza.get_reports() == [updated]
    veza.delete_report(report["id"])
    assert (veza.get_reports(), len(veza.get_queries())) == ([], 2)


def test_inactive_reports_and_queries_are_left_out_unless_asked_for(veza: OAAClient, okta: str, inactive: str) -> None:
    veza.create_report({"name": "mixed", "queries": [{"query": okta}, {"query": inactive}]})
    veza.create_report({"name": "inactive", "queries": [{"query": inactive}]})
    veza.create_report({"name": "empty", "queries": []})
    shown = veza.get_reports(include_inactive_reports=False, include_inactive_queries=False)
    assert [(report["name"], report["queries"]) for report in shown] == [("empty", []), ("mixed", [{"query": okta}])]
    shown = veza.get_reports(include_inactive_reports=True, include_inactive_queries=False)
    assert [report["name"] for report in shown] == ["empty", "inactive", "mixed"]
    mixed = next(report["id"] for report in shown if report["name"] == "mixed")
    assert veza.get_report_by_id(mixed, include_inactive_queries=False)["queries"] == [{"query": okta}]


@pytest.mark.parametrize("file", sorted(SAMPLES.glob("report_*.json")), ids=lambda file: file.stem)
def test_a_public_report_is_built_once_and_every_query_of_it_runs(veza: OAAClient, client: Any, file: Path) -> None:
    definition = json.loads(file.read_text())
    built = build_report(veza, definition)
    assert build_report(veza, definition)["id"] == built["id"]
    assert (len(veza.get_reports()), len(veza.get_queries())) == (1, len(definition["queries"]))
    for entry in built["queries"]:
        counted = client.answer("GET", f"/api/v1/assessments/queries/{entry['query']}:result")
        assert counted["result_type"] == "NUMBER"


def test_a_query_in_a_report_is_deleted_only_by_force(veza: OAAClient, okta: str, inactive: str) -> None:
    report = veza.create_report({"name": "Users", "queries": [{"query": okta}, {"query": inactive}]})
    with pytest.raises(OAAResponseError) as refused:
        veza.delete_query(okta)
    assert refused_field(refused) == (400, "id")
    veza.delete_query(okta, force=True)
    assert veza.get_report_by_id(report["id"])["queries"] == [{"query": inactive}]


@pytest.mark.parametrize(
    ("report", "field"),
    [
        ({"name": "", "queries": []}, "name"),
        ({"name": "x", "queries": "all"}, "queries"),
        ({"name": "x", "queries": [{}]}, "queries[0].query"),
        ({"name": "x", "queries": ["all"]}, "queries[0]"),
        ({"name": "x", "queries": [{"query": "no-such-query"}]}, "queries[0].query"),
        ({"name": "taken", "queries": []}, "name"),
    ],
)
def test_a_report_that_cannot_be_shown_is_refused(veza: OAAClient, report: Any, field: str) -> None:
    veza.create_report({"name": "taken", "queries": []})
    with pytest.raises(OAAResponseError) as refused:
        veza.create_report(report)
    assert refused_field(refused) == (400, field)


def test_what_is_not_there_is_not_found(veza: OAAClient, okta: str) -> None:
    report_id = veza.create_report({"name": "x", "queries": []})["id"]
    calls = [
        lambda: veza.get_report_by_id("x"),
        lambda: veza.update_report("x", {"name": "x", "queries": []}),
        lambda: veza.delete_report("x"),
        lambda: veza.add_query_report("x", okta),
        lambda: veza.add_query_report(report_id, "x"),
        lambda: veza.get_query_by_id("x"),
        lambda: veza.delete_query("x"),
    ]
    for call in calls:
        with pytest.raises(OAAResponseError) as missing:
            call()
        assert (missing.value.status_code, missing.value.error) == (404, "NotFound")


def test_a_wrong_parameter_is_refused_by_its_name(client: Any) -> None:
    refused = client.call("GET", REPORTS, params={"include_inactive_reports": "some"})
    assert refused.status_code == 400
    assert refused.json()["details"][0]["field_violations"][0]["field"] == "include_inactive_reports"
