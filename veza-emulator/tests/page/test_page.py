"""The local page in a real browser: what people see, that it keeps up, and that nothing a caller sent becomes code."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.page.browser import BrowserPage, browser, chromium

__all__ = ["browser", "chromium"]

CONNECTED = "document.querySelector('#connection').textContent === 'Connected'"
CELLS = "[...document.querySelectorAll('#queries tbody tr')].map(row => [...row.cells].map(cell => cell.textContent))"
LOWEST_CONTRAST = """
(() => {
  const channels = (colour) => colour.match(/[0-9.]+/g).slice(0, 3).map(Number).map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  const light = (colour) => channels(colour).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const back = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (colour !== "rgba(0, 0, 0, 0)") return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const shown = [...document.body.querySelectorAll("*")].filter((node) =>
    node.tagName !== "NOSCRIPT" && [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()));
  return Math.min(...shown.map((node) => {
    const [dark, bright] = [light(getComputedStyle(node).color), light(back(node))].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05);
  }));
})()
"""


@pytest.fixture
def page(browser: BrowserPage, client: Any) -> BrowserPage:
    """The page of a tenant that has queries in every state, a fault to come and a switch that is set."""
    client.admin("behaviour", {"match": {"node_type": "S3Bucket"}, "outcome": "fail"})
    for node_type in ("OktaUser", "S3Bucket"):
        client.create({"source_node_types": {"nodes": [{"node_type": node_type}]}})
    client.advance(3)
    cancelled = client.create({"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}})
    client.assessments("query_spec:nodes_async_cancel", {"query_result_id": cancelled["query_result_id"]})
    client.create_task({"source_node_types": {"nodes": [{"node_type": "AwsIamRole"}]}})
    client.admin("faults", {"kind": "html", "times": 2, "match": {"path_suffix": "nodes_async_get", "method": "POST"}})
    client.admin("variants", {"lost_query": "not_found"})
    browser.open(f"{client.running.url}/_emulator/")
    browser.until(CONNECTED)
    return browser


def states(page: BrowserPage) -> list[tuple[str, str]]:
    return [(cells[0], cells[1]) for cells in page.evaluate(CELLS)]


def test_the_page_shows_queries_requests_faults_and_switches(page: BrowserPage) -> None:
    assert states(page) == [
        ("PENDING", "AwsIamRole"),
        ("CANCELED", "OktaUser"),
        ("FAILED", "S3Bucket"),
        ("SUCCEEDED", "OktaUser"),
    ]
    assert page.text("#queries-summary") == "1 SUCCEEDED, 1 FAILED, 1 CANCELED, 1 PENDING"
    assert page.text("#requests-summary").endswith("5 in all")
    assert page.text("#faults") == "html, 2 times: POST …nodes_async_get"
    assert page.text("#variants") == 'lost_query = "not_found"'


def test_the_page_keeps_up_by_itself(page: BrowserPage, client: Any, okta_users: Any) -> None:
    client.create(okta_users)
    page.until(f"{CELLS}.length === 5")
    client.admin("tick", {})
    page.until(f"{CELLS}[0][0] === 'IN_PROGRESS'")
    client.admin("tick", {})
    page.until(f"{CELLS}.every(cells => cells[0] !== 'IN_PROGRESS')")


def test_what_a_caller_sent_is_shown_as_text_and_never_runs(page: BrowserPage, client: Any) -> None:
    hostile = "<img src=x onerror='window.ran = true'>"
    client.create({"source_node_types": {"nodes": [{"node_type": hostile}]}})
    client.admin("faults", {"kind": "html", "match": {"path_suffix": hostile}})
    client.admin("variants", {"warnings": [hostile]})
    page.until(f"{CELLS}.some(cells => cells[1].includes('onerror'))")
    assert hostile in page.text("#queries tbody")
    assert hostile in page.text("#faults")
    assert hostile in page.text("#variants")
    assert page.evaluate("[document.querySelectorAll('img').length, window.ran === undefined]") == [0, True]


def test_the_page_asks_only_the_emulator_and_breaks_none_of_its_own_rules(page: BrowserPage, client: Any) -> None:
    page.until(f"{CELLS}.length === 4")
    assert {url for url in page.requested if not url.startswith("data:")} == {
        f"{client.running.url}/_emulator/{name}" for name in ("", "page.css", "page.js", "state")
    }
    assert page.complaints == []


def test_the_page_says_when_the_emulator_does_not_answer_and_when_it_does_again(page: BrowserPage, client: Any) -> None:
    page.evaluate("window.realFetch = window.fetch, window.fetch = () => Promise.reject(new Error('gone')), 1")
    page.until("document.querySelector('#connection').textContent.includes('does not answer (gone)')")
    page.evaluate("window.fetch = window.realFetch, 1")
    page.until(CONNECTED)


def test_a_key_press_pauses_the_page_and_another_lets_it_go_on(page: BrowserPage, client: Any, okta_users: Any) -> None:
    page.press("Tab")
    page.press("Enter", text="\r")
    assert page.evaluate("document.querySelector('#pause').getAttribute('aria-pressed')") == "true"
    client.create(okta_users)
    page.evaluate("new Promise((resolve) => setTimeout(resolve, 1200))")
    assert len(states(page)) == 4
    page.press("Enter", text="\r")
    page.until(f"{CELLS}.length === 5")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_background_by_day_and_by_night(page: BrowserPage, scheme: str) -> None:
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    back = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (back == "rgb(255, 255, 255)") is (scheme == "light")
    assert page.evaluate(LOWEST_CONTRAST) >= 4.5


def test_assistive_technology_finds_names_headings_and_a_table_with_headers(page: BrowserPage) -> None:
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    named = [
        (node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node.get("ignored")
    ]
    names = {role: [name for other, name in named if other == role] for role, _ in named}
    assert page.evaluate("document.documentElement.lang") == "en"
    assert names["heading"] == ["Veza emulator", "Requests", "Queries", "Faults to come", "Switches that are set"]
    assert names["button"] == ["Pause"]
    assert names["table"] == ["The newest queries; those that run come first"]
    assert names["columnheader"] == ["State", "Node types", "Family", "Rows", "Submitted", "Ended", "Id"]
    assert names["image"] == ["Requests per second"]
    assert len(names["status"]) == len(names["main"]) == 1


@pytest.mark.parametrize(
    ("path", "media_type"), [("", "text/html"), ("page.css", "text/css"), ("page.js", "text/javascript")]
)
def test_the_pages_files_forbid_all_that_they_do_not_need(client: Any, path: str, media_type: str) -> None:
    answer = requests.get(f"{client.running.url}/_emulator/{path}", timeout=10)
    assert answer.headers["Content-Type"] == f"{media_type}; charset=utf-8"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_what_waits_for_something_on_a_page_finds_it_on_the_next_one_too(page: BrowserPage) -> None:
    page.evaluate("void setTimeout(() => { location.search = 'again' }, 100)")
    page.until("location.search === '?again' && document.readyState === 'complete'")
    page.until(CONNECTED)
