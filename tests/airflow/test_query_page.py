"""The page of a task's query on a real Airflow: what it shows in a browser, and whom Airflow lets look."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from chromium import BrowserPage, browser, chromium
from example_runs import FIRST, FIRST_TASK, ExampleRuns

from tools.real_airflow.configuration import LOOPBACK, free_port
from tools.real_airflow.deployment import Airflow
from tools.real_airflow.emulator import Emulator
from tools.real_airflow.release import Generation, Role, installed_release
from tools.real_airflow.run_folder import REPOSITORY, claimed_run_folder

__all__ = ["browser", "chromium"]

if installed_release().generation is Generation.TWO:
    pytest.skip("Airflow 2.11 has no place for the page", allow_module_level=True)

DAG, TASK = FIRST, FIRST_TASK
LANDING, LANDING_TASK = "example_veza_access_to_parquet", "land"
ANSWER_LIMIT = 60.0
"""Seconds; the first request to a part of the API server builds that part."""
WAITING = "drill_deferred"
OF_THE_FRAME = "(document.querySelector('iframe')?.contentDocument?.body?.innerText ?? '')"
IN_THE_FRAME = f"{OF_THE_FRAME}.includes('Succeeded')"
NEXT_LOAD = 60.0
"""Seconds; an open page loads itself again every ten."""


@pytest.fixture(scope="module")
def pictures() -> Iterator[Path]:
    """Return where screenshots are left."""
    with claimed_run_folder(f"pages-{installed_release().series}") as folder:
        yield folder


@dataclass(frozen=True)
class Served:
    """The page of a task that has succeeded."""

    airflow: Airflow
    run_id: str
    dag_id: str = DAG
    task_id: str = TASK

    def url(self, server: str = "") -> str:
        return f"{server or self.airflow.api.url}/veza/task/{self.dag_id}/{self.task_id}/-1/{self.run_id}"

    def token(self) -> str:
        return str(requests.get(f"{self.airflow.api.url}/auth/token", timeout=ANSWER_LIMIT).json()["access_token"])

    def get(self, url: str) -> requests.Response:
        return requests.get(url, headers={"Authorization": f"Bearer {self.token()}"}, timeout=ANSWER_LIMIT)


@pytest.fixture(scope="module")
def served(airflow: Airflow, examples: ExampleRuns) -> Served:
    return Served(airflow, examples[DAG].run_id)


@pytest.fixture(scope="module")
def landed(airflow: Airflow, examples: ExampleRuns) -> Served:
    return Served(airflow, examples[LANDING].run_id, LANDING, LANDING_TASK)


@pytest.fixture(scope="module")
def without_xcoms(airflow: Airflow) -> Iterator[str]:
    """Start one more API server, which wants a session and lets nobody read XComs; return its address."""
    port = free_port()
    settings = {
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__CORE__AUTH_MANAGER": "no_xcoms.NoXComs",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'tests' / 'airflow'}",
    }
    server = airflow.start(Role.API_SERVER, settings)
    url = f"http://{LOOPBACK}:{port}"
    airflow.wait_until(lambda: answers(url) or None, "the second API server", 180.0)
    yield url
    server.kill()


def answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/api/v2/version", timeout=20).ok
    except requests.RequestException:
        return False


def test_who_may_read_the_xcoms_sees_query_rows_and_paths(served: Served) -> None:
    page = served.get(served.url())

    assert page.status_code == 200
    for text in (
        "Succeeded",
        "veza_nodes",
        "acme-payroll-exports",
        "<svg",
        "First rows",
        "s after the submit",
        "none of them failed",
    ):
        assert text in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_the_first_rows_of_what_was_landed_are_shown_with_their_paths(
    landed: Served, browser: Any, pictures: Path
) -> None:
    page: BrowserPage = browser
    shown = landed.get(landed.url())
    for text in ("&quot;source_id&quot;", "<svg", "pages asked for again", "_manifest.json"):
        assert text in shown.text

    page.call("Network.enable")
    page.call("Network.setCookie", name="_token", value=landed.token(), url=landed.airflow.api.url)
    page.open(landed.url(), ANSWER_LIMIT)
    page.until("document.querySelectorAll('svg.paths rect').length > 2")
    shot = page.call("Page.captureScreenshot", format="png")["data"]
    (pictures / "landed-rows.png").write_bytes(base64.b64decode(shot))


def test_a_task_that_is_not_there_is_not_found(served: Served) -> None:
    assert served.get(served.url() + "x").status_code == 404


def test_airflows_own_page_of_the_task_shows_it_and_loads_nothing_from_elsewhere(
    served: Served, browser: Any, pictures: Path
) -> None:
    page: BrowserPage = browser
    address = f"{served.airflow.api.url}/dags/{DAG}/runs/{served.run_id}/tasks/{TASK}/plugin/veza-query"
    page.call("Network.enable")
    page.call("Network.setCookie", name="_token", value=served.token(), url=served.airflow.api.url)
    page.open(address, ANSWER_LIMIT)
    page.until(IN_THE_FRAME, ANSWER_LIMIT)

    shot = page.call("Page.captureScreenshot", format="png")["data"]
    (pictures / "query-page.png").write_bytes(base64.b64decode(shot))
    assert {urlsplit(url).hostname for url in page.requested if url.startswith("http")} == {LOOPBACK}


def test_an_open_page_shows_how_far_the_query_of_a_deferred_task_is_and_then_its_end(
    airflow: Airflow, drill_tenants: dict[str, Emulator], browser: Any, pictures: Path
) -> None:
    run = airflow.trigger(WAITING)
    waits = run.task("ask").wait("deferred")
    task, page = Served(airflow, run.run_id, WAITING, "ask"), browser
    page.call("Network.enable")
    page.call("Network.setCookie", name="_token", value=task.token(), url=airflow.api.url)
    page.open(f"{airflow.api.url}/dags/{WAITING}/runs/{run.run_id}/tasks/ask/plugin/veza-query", ANSWER_LIMIT)

    page.until(f"{OF_THE_FRAME}.includes('Runs; the task waits for it')", NEXT_LOAD)
    shown = page.evaluate(OF_THE_FRAME)
    assert [text for text in ("state, by the service", "for this page", "by its schedule") if text not in shown] == []
    shot = page.call("Page.captureScreenshot", format="png")["data"]
    (pictures / "query-in-progress.png").write_bytes(base64.b64decode(shot))

    drill_tenants["veza_drill"].finish(waits.xcom("veza_query")["id"])
    run.wait("success")
    page.until(IN_THE_FRAME, NEXT_LOAD)


def test_without_a_session_airflow_answers_401(served: Served, without_xcoms: str) -> None:
    assert requests.get(served.url(without_xcoms), timeout=ANSWER_LIMIT).status_code == 401


def test_who_may_see_the_dag_but_not_its_xcoms_gets_403_and_no_landed_row(
    served: Served, landed: Served, without_xcoms: str
) -> None:
    refused = landed.get(landed.url(without_xcoms))
    assert (refused.status_code, "source_id" in refused.text) == (403, False)
    assert served.get(f"{without_xcoms}/api/v2/dags/{DAG}").status_code == 200
    assert served.get(served.url(without_xcoms)).status_code == 403
