"""The page's place in Airflow: an address that fits every task, and a setting that bounds what it shows."""

from __future__ import annotations

import subprocess
import sys

import pytest

from airflow_provider_veza.ownership.airflow_versions import HAS_TASK_SDK
from airflow_provider_veza.pages.app import external_view, index_of
from airflow_provider_veza.pages.served import page_looks, preview_rows
from airflow_provider_veza.plugin import VezaPlugin

LOADS_NO_FRAMEWORK = """
import sys
from airflow_provider_veza.pages import app
assert "fastapi" not in sys.modules or "airflow.api_fastapi" in sys.modules, "the page was made"
before = set(sys.modules)
app.MadeWhenAsked(); app.external_view()
assert "fastapi" not in set(sys.modules) - before
"""


@pytest.mark.parametrize(("given", "index"), [("3", 3), ("0", 0), ("-1", -1), ("{MAP_INDEX}", -1), ("", -1)])
def test_a_task_that_is_not_mapped_has_no_map_index(given: str, index: int) -> None:
    assert index_of(given) == index


@pytest.mark.parametrize(("set_to", "rows"), [(None, 0), ("0", 0), ("10", 10), ("11", 10), ("-3", 0)])
def test_the_setting_is_kept_between_0_and_10(monkeypatch: pytest.MonkeyPatch, set_to: str | None, rows: int) -> None:
    if set_to is not None:
        monkeypatch.setenv("AIRFLOW__VEZA__PREVIEW_ROWS", set_to)
    assert preview_rows() == rows


@pytest.mark.parametrize(("set_to", "looks"), [(None, True), ("True", True), ("False", False)])
def test_the_page_looks_at_queries_unless_it_is_told_not_to(
    monkeypatch: pytest.MonkeyPatch, set_to: str | None, looks: bool
) -> None:
    if set_to is not None:
        monkeypatch.setenv("AIRFLOW__VEZA__PAGE_LOOKS", set_to)
    assert page_looks() is looks


def test_the_page_stands_below_the_address_of_this_airflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://example.com/team/")
    assert external_view()["href"] == "/team/veza/task/{DAG_ID}/{TASK_ID}/{MAP_INDEX}/{RUN_ID}"


def test_a_process_that_serves_no_page_loads_no_web_framework_for_it() -> None:
    subprocess.run([sys.executable, "-c", LOADS_NO_FRAMEWORK], check=True, timeout=120)


def test_the_plugin_has_a_page_where_airflow_has_a_place_for_it() -> None:
    assert bool(VezaPlugin.fastapi_apps) == bool(VezaPlugin.external_views) == HAS_TASK_SDK
