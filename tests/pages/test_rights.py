"""Who may look at the page of a query is Airflow's word: its own dependencies, with its own sessions, on its own tables."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_veza.ownership.airflow_versions import HAS_TASK_SDK

if not HAS_TASK_SDK:
    pytest.skip("Airflow 2.11 has no place for the page", allow_module_level=True)

TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent
PROGRESS = ("<h1>Runs; the task waits for it", "for this page", "state, by the service")
SIMPLE = "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"


@dataclass(frozen=True)
class Asked:
    """What came of it.

    :param answers: status, body and headers of each.
    :param looked: how often the tenant had been looked at by then.
    :param asked: all that the tenant was asked for.
    """

    answers: dict[str, list[Any]]
    looked: dict[str, int]
    asked: list[str]


def asked(home: Path, auth_manager: str) -> Asked:
    """Serve the page and ask for it."""
    settings = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__AUTH_MANAGER": auth_manager,
        "AIRFLOW__API_AUTH__JWT_SECRET": "a secret of this test, longer than thirty-two bytes",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__VEZA__PREVIEW_ROWS": "10",
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, TESTS, TESTS / "airflow", ROOT / "veza-emulator"))),
    }
    known = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    done = subprocess.run(
        [sys.executable, TESTS / "pages" / "asked_once.py"],
        env=known | settings,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Asked(**json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    return asked(tmp_path_factory.mktemp("usual"), SIMPLE)


@pytest.fixture(scope="module")
def usual(served: Asked) -> dict[str, list[Any]]:
    return served.answers


def test_without_a_session_it_is_401_and_with_a_forged_one_no_page(usual: dict[str, list[Any]]) -> None:
    assert usual["without"][0] == 401
    assert usual["forged"][0] in (401, 403)
    assert "q-77" not in usual["without"][1] + usual["forged"][1]


@pytest.mark.parametrize("session", ["with", "cookie"])
def test_who_may_read_the_tasks_xcoms_sees_its_query(usual: dict[str, list[Any]], session: str) -> None:
    status, page, headers = usual[session]
    assert status == 200
    assert "q-77" in page
    assert "<svg" in page
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["cache-control"] == "no-store"


def test_a_task_that_is_not_there_is_not_found(usual: dict[str, list[Any]]) -> None:
    assert usual["absent"][0] == 404


def test_a_waiting_task_shows_how_far_its_query_is_by_a_look_of_the_api_server(usual: dict[str, list[Any]]) -> None:
    status, page, _ = usual["waiting"]
    assert status == 200
    assert [text for text in (*PROGRESS, "in a triggerer", "by its schedule") if text not in page] == []


def test_one_look_serves_all_who_ask_within_ten_seconds_and_nothing_but_looks_is_asked(served: Asked) -> None:
    assert [text for text in PROGRESS if text not in served.answers["waiting, again"][1]] == []
    assert served.looked == {"an ended task": 0, "without a session": 0, "with one": 1, "at once again": 1}
    assert served.asked == ["nodes_async_create", "nodes_async_get"]


def test_without_a_session_a_waiting_task_shows_nothing(usual: dict[str, list[Any]]) -> None:
    status, page, _ = usual["waiting, without"]
    assert (status, [text for text in PROGRESS if text in page]) == (401, [])


def test_who_may_see_the_dag_but_no_xcoms_gets_403_and_no_look_is_made(tmp_path: Path) -> None:
    refused = asked(tmp_path, "no_xcoms.NoXComs")
    answers = refused.answers
    assert {name: answer[0] for name, answer in answers.items() if name != "forged"} == {
        "without": 401,
        "with": 403,
        "absent": 403,
        "waiting, without": 401,
        "waiting": 403,
        "waiting, again": 403,
        "cookie": 403,
    }
    assert set(refused.looked.values()) == {0}
    assert not [name for name, answer in answers.items() if "q-77" in answer[1]]
