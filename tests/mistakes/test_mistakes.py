"""Each mistake is told where the table says, in one line that names cause and remedy; docs/mistakes.md shows what was told.

`MISTAKES_PAGE=write` writes the page anew (`make mistakes`).
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_veza.exceptions import AsyncQueryError
from mistakes.table import MISTAKES, PARSED, RAN, STARTED, Mistake
from support.served_tenant import AT_ONCE, connect
from support.task_run import TaskRun
from veza_emulator.http.server import RunningTenant
from veza_emulator.tenant.behaviours import Behaviour, Outcome

PAGE = Path(__file__).parents[2] / "docs" / "mistakes.md"
BEHAVIOURS = {
    "succeed": AT_ONCE,
    "fail": Behaviour(duration=timedelta(0), pending=timedelta(0), outcome=Outcome.FAIL),
    "hang": Behaviour(duration=None, pending=timedelta(0)),
}
_PORT = re.compile(r"127\.0\.0\.1:\d{2,}")
HEAD = """# The likeliest mistakes

What a user sees who makes them, and when: at the **parse** of the DAG file (an import error on Airflow's page), at the **start**
of the task, before a query runs for it, or after the query has **run**. Written by `make mistakes`, which makes each of them.

| mistake | told at | first words |
|---|---|---|
"""


def told(mistake: Mistake, running: RunningTenant, folder: Path) -> tuple[str, str]:
    """Make a mistake, and return when it was told and in which words."""
    try:
        task = mistake.make(folder)
    except Exception as error:
        return PARSED, words_of(error)
    try:
        TaskRun(lambda: task).execute()
    except Exception as error:
        return RAN if _was_accepted(running) else STARTED, words_of(error)
    raise AssertionError("nothing was told")


def _was_accepted(running: RunningTenant) -> bool:
    return bool(running.tenant.executions())


def words_of(error: BaseException) -> str:
    """Return the message without the ids and places at its end; what Airflow wraps keeps its own name."""
    ours = next((cause for cause in _causes(error) if isinstance(cause, AsyncQueryError)), None)
    text = ours.message if ours is not None else " ".join(str(error).split())
    name = type(ours or error).__name__
    return f"{name}: {_PORT.sub('127.0.0.1:8080', text)}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


@pytest.fixture
def words(
    request: pytest.FixtureRequest, running: RunningTenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, str]:
    mistake: Mistake = request.param
    running.tenant.set_behaviour(BEHAVIOURS[mistake.outcome])
    _connect(mistake, running, monkeypatch)
    if mistake.missing:
        monkeypatch.setitem(sys.modules, mistake.missing, None)
    when, said = told(mistake, running, tmp_path)
    return when, said.replace(str(tmp_path), "/lake")


def _connect(mistake: Mistake, running: RunningTenant, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, running)
    given = json.loads(os.environ["AIRFLOW_CONN_VEZA_DEFAULT"])
    changed: dict[str, Any] = {**given, **mistake.connection}
    changed["host"] = changed["host"].format(address=running.url.partition("://")[2])
    monkeypatch.setenv("AIRFLOW_CONN_VEZA_DEFAULT", json.dumps(changed))


def row_of(mistake: Mistake, when: str, said: str) -> str:
    cell = said.replace("|", "\\|").replace("\n", " ")
    return f"| {mistake.what.replace('|', chr(92) + '|')} | {when} | {cell} |"


WRITTEN: list[str] = []


@pytest.mark.parametrize(
    ("mistake", "words"), [(m, m) for m in MISTAKES], ids=[m.what for m in MISTAKES], indirect=["words"]
)
def test_it_is_told_where_the_table_says_in_the_words_that_the_page_shows(
    mistake: Mistake, words: tuple[str, str]
) -> None:
    when, said = words

    assert when == mistake.told, said
    row = row_of(mistake, when, said)
    if os.environ.get("MISTAKES_PAGE") == "write":
        WRITTEN.append(row)
        PAGE.write_text(HEAD + "\n".join(WRITTEN) + "\n", "utf-8")
    else:
        assert row in PAGE.read_text("utf-8").splitlines()


def test_there_are_at_least_forty_and_the_page_shows_no_others() -> None:
    rows = PAGE.read_text("utf-8").removeprefix(HEAD).splitlines()

    assert len(MISTAKES) >= 40
    assert len(rows) == len(MISTAKES)
