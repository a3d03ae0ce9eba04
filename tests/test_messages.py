"""What is shown begins with the cause, ends with ids, and comes in one line: over all the code that says something."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import airflow_provider_veza
from airflow_provider_veza import exceptions
from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.outcomes import error_of
from airflow_provider_veza.async_query.progress import LogLine
from airflow_provider_veza.async_query.vocabulary import Page, Phase, Snapshot
from airflow_provider_veza.async_query.watch import Ended, Outcome
from airflow_provider_veza.exceptions import AsyncQueryError

PACKAGE = Path(airflow_provider_veza.__file__).parent
SHOWN_ON_THE_PAGE = 95
"""Characters of a message, about, that Airflow's page shows."""

ERRORS = {name for name, cls in inspect.getmembers(exceptions, inspect.isclass) if issubclass(cls, AsyncQueryError)}
BY_ANOTHER_NAME = {"cls", "refused"}
NAME_A_QUERY = {
    "id",
    "shown_id",
    "query_id",
    "_query_id",
    "saved_query_id",
    "cache_id",
    "task_id",
    "identifier",
    "handle",
    "tenant",
}
NAME_A_PLACE = {"wire", "request", "url", "base_url", "token_url", "there", "folder", "place", "part"}
LOG_METHODS = {"debug", "info", "warning", "error", "exception", "log"}
FORGED = "\n[2026-01-01] INFO - a line that nobody wrote\r\x1b[2J\u202e\ud83d"


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Yield every call in the package, with where it stands."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node


def called(call: ast.Call) -> str:
    return getattr(call.func, "id", "") or getattr(call.func, "attr", "")


def names_in(expression: ast.expr) -> set[str]:
    """Return what a placeholder shows: the last name of each chain of attributes in it."""
    inner = {id(node.value) for node in ast.walk(expression) if isinstance(node, ast.Attribute)}
    inner |= {id(node.func) for node in ast.walk(expression) if isinstance(node, ast.Call)}
    shown = (node for node in ast.walk(expression) if id(node) not in inner)
    return {
        getattr(node, "attr", getattr(node, "id", "")) for node in shown if isinstance(node, ast.Attribute | ast.Name)
    }


def placeholders(texts: list[ast.expr]) -> Iterator[ast.expr]:
    for text in texts:
        yield from (node.value for node in ast.walk(text) if isinstance(node, ast.FormattedValue))


MADE = {
    place: call for place, call in calls() if called(call) in ERRORS | BY_ANOTHER_NAME and list(placeholders(call.args))
}


@pytest.mark.parametrize("place", MADE)
def test_no_message_names_a_query_a_request_or_a_file_before_its_end(place: str) -> None:
    named = [
        ast.unparse(shown)
        for shown in placeholders(MADE[place].args)
        if names_in(shown) & (NAME_A_QUERY | NAME_A_PLACE)
    ]

    assert named == [], "say it in about="


def test_no_error_points_to_another_line_of_the_log_which_an_alert_does_not_show() -> None:
    pointing = [
        place
        for place, call in calls()
        if called(call) in ERRORS | BY_ANOTHER_NAME
        for part in ast.walk(call)
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and re.search(r"\babove\b", part.value)
    ]

    assert pointing == []


def test_no_log_and_no_text_shows_the_id_of_a_query_as_others_wrote_it() -> None:
    shown = {
        f"{place}: {ast.unparse(argument)}"
        for place, call in calls()
        if called(call) in {*LOG_METHODS, "LogLine", "Replace", "SubmitAnew", "HandOver", "CancelQuery", "print"}
        for argument in [*call.args, *placeholders(call.args)]
        if isinstance(argument, ast.Attribute | ast.Name) and names_in(argument) & {"id", "query_id"}
    }

    assert shown == set()


HANDLE = QueryHandle(
    "veza_nodes",
    "q" * SHOWN_ON_THE_PAGE + FORGED,
    "https://acme.vezacloud.com",
    "veza_default",
    datetime.now(UTC),
    Deadline(datetime.now(UTC)),
)
ENDS_BADLY = [outcome for outcome in Outcome if outcome is not Outcome.SUCCEEDED]


@pytest.mark.parametrize("outcome", ENDS_BADLY)
def test_the_end_of_a_wait_shows_what_the_service_said_first_and_the_query_last(outcome: Outcome) -> None:
    error = error_of(Ended(outcome, f"no quota left{FORGED}"), HANDLE, next_retry="A retry submits it anew.")

    text = str(error)
    assert text.isprintable()
    assert text.endswith(" of https://acme.vezacloud.com)")
    assert "qqq" not in text[:SHOWN_ON_THE_PAGE]
    assert outcome is Outcome.GONE or "no quota left" in text[:SHOWN_ON_THE_PAGE]


def test_a_query_that_is_gone_says_first_who_cancelled_it() -> None:
    error = error_of(Ended(Outcome.GONE, "HTTP 404"), HANDLE, next_retry="", why_gone="It was cancelled by attempt 1")

    assert "cancelled by attempt 1" in str(error)[:SHOWN_ON_THE_PAGE]


@pytest.mark.parametrize(
    "texts",
    [
        lambda: [*vars(Snapshot(Phase.FAILED, FORGED, error=FORGED, warnings=(FORGED,))).values()],
        lambda: [*vars(Page(warnings=(FORGED,))).values()],
        lambda: [Ended(Outcome.FAILED, FORGED).detail],
        lambda: [LogLine(20, FORGED).text],
        lambda: [str(HANDLE), HANDLE.shown_id],
    ],
    ids=["snapshot", "page", "end of a wait", "log line", "handle"],
)
def test_what_others_wrote_is_one_line_from_where_it_comes_in(texts: Callable[[], list[object]]) -> None:
    for text in texts():
        assert FORGED not in text if isinstance(text, tuple) else not isinstance(text, str) or text.isprintable()
