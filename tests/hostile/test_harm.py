"""Whatever harm a tenant does, whoever calls it ends in time, by a named error, with no secret told and no query lost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from hostile.callers import CALLERS, ending_in_time
from hostile.site import HostileSite

LOOK, CANCEL, TOKEN = "nodes_async_get", "nodes_async_cancel", "/oauth/token"

Harms = Mapping[str, dict[str, Any]]
DRIPS: Harms = {f"{part} drip": {"drip": part, "drip_seconds": 0.05} for part in ("headers", "body")}
BODIES: Harms = {f"endless {form} body": {"endless_body": form} for form in ("plain", "gzip")}
ECHOES: Harms = {f"{form} credential echoed": {"echo": form} for form in ("plain", "basic", "url_encoded")}
REDIRECTS: Harms = {
    f"redirect {status}": {"redirect_to": "http://localhost:9", "redirect_status": status} for status in (303, 307)
}
"""One that changes the method and one that keeps it; every status is in `tests/transport/test_redirects.py`."""
HARMS: Harms = {**DRIPS, **BODIES, **ECHOES, **REDIRECTS}

SHAPES: Harms = {
    "rows under another key": {"rows_key": "result"},
    "some rows and no page marks": {"page_marks": "absent", "maximum_page_size": 5},
    "endless pages with rows": {"endless_pages": "with_rows"},
    "endless pages without rows": {"endless_pages": "without_rows"},
}
COUNTS: Harms = {
    f"{kind} counts": {"counts": kind} for kind in ("negative", "underscored", "fraction", "boolean", "endless_digits")
}

WAITERS = ("operator", "operator, deferred", "trigger", "sensor", "sensor, deferred")
DEADLINE = (
    "QueryDeadlineError",
    "QueryDeadlineError",
    "DEADLINE_PASSED",
    "QueryDeadlineError",
    "QueryDeadlineError",
)

ENDS_BY_LOOKS: list[tuple[Harms, dict[str, str]]] = [
    (
        DRIPS,
        {
            **dict(zip(WAITERS, DEADLINE, strict=True)),
            "listener": "NoAnswerError",
            "sweeper": "QueryUnreachableError: NoAnswerError",
        },
    ),
    (
        BODIES,
        {
            **dict(zip(WAITERS, DEADLINE, strict=True)),
            "listener": "AnswerTooLargeError",
            "sweeper": "QueryUnreachableError: AnswerTooLargeError",
        },
    ),
    (
        ECHOES,
        {
            **dict.fromkeys(WAITERS, "QueryUnreachableError"),
            "trigger": "BadRequestError",
            "listener": "BadRequestError",
            "sweeper": "QueryUnreachableError: BadRequestError",
            "doctor": "exit 1",
        },
    ),
    (
        REDIRECTS,
        {
            **dict.fromkeys(WAITERS, "QueryUnreachableError"),
            "trigger": "RedirectRefusedError",
            "listener": "RedirectRefusedError",
            "sweeper": "QueryUnreachableError: RedirectRefusedError",
            "doctor": "exit 1",
        },
    ),
]
"""What each caller comes to where looks alone are met, and the query runs; for the doctor see `tests/doctor/test_variants.py`."""

ENDS_BY_CANCELS: list[tuple[Harms, str]] = [
    (DRIPS, "NoAnswerError"),
    (BODIES, "AnswerTooLargeError"),
    (ECHOES, "BadRequestError"),
    (REDIRECTS, "RedirectRefusedError"),
]
"""Why a cancel that is met has failed, as the log says."""

ENDS_BY_TOKENS: list[tuple[Harms, str]] = [
    (DRIPS, "NotSentError"),
    (BODIES, "NotSentError"),
    (ECHOES, "UnauthorizedError"),
    (REDIRECTS, "RedirectRefusedError"),
]
"""What an operator comes to that gets no token."""

ENDS_BY_PAGES: list[tuple[str, str]] = [
    ("rows under another key", "MalformedResponseError"),
    ("some rows and no page marks", "MalformedResponseError"),
    ("endless pages with rows", "TooManyRowsError"),
    ("endless pages without rows", "EndlessPagesError"),
]
"""What an operator comes to whose query has succeeded."""


def each(table: list[tuple[Harms, Any]]) -> list[tuple[str, Any]]:
    """Return each harm with what its kind comes to."""
    return [(harm, end) for harms, end in table for harm in harms]


def assert_harmless(site: HostileSite) -> None:
    """Fail if a secret was told, or a query runs that nobody will find once the harm is over."""
    said = site.all_said()
    assert [secret for secret in site.secrets() if secret in said] == []
    site.be_harmless()
    site.sweep()
    assert not site.still_runs


@pytest.mark.parametrize(
    ("harm", "caller", "named"),
    [(harm, caller, named) for harm, ends in each(ENDS_BY_LOOKS) for caller, named in ends.items()],
)
def test_harm_to_looks(site: HostileSite, harm: str, caller: str, named: str) -> None:
    site.connect()
    site.let_queries(end=False)

    end = ending_in_time(CALLERS[caller], site, lambda: site.harm(**HARMS[harm], hostile_path=LOOK))

    assert end == named
    assert_harmless(site)


@pytest.mark.parametrize("caller", ["operator", "operator, deferred", "listener", "sweeper"])
@pytest.mark.parametrize(("harm", "why"), each(ENDS_BY_CANCELS))
def test_harm_to_cancels(site: HostileSite, harm: str, caller: str, why: str) -> None:
    site.connect()
    site.let_queries(end=False)

    end = ending_in_time(CALLERS[caller], site, lambda: site.harm(**HARMS[harm], hostile_path=CANCEL))

    operators = dict.fromkeys(("operator", "operator, deferred"), "QueryDeadlineError")
    assert end == {**operators, "listener": why, "sweeper": f"QueryUnreachableError: {why}"}[caller]
    assert f"could not be cancelled and may still run ({why}" in site.all_said()
    assert_harmless(site)


@pytest.mark.parametrize(("harm", "named"), each(ENDS_BY_TOKENS))
def test_harm_to_tokens(site: HostileSite, harm: str, named: str) -> None:
    site.connect_by_oauth()
    begin = partial(site.harm, **HARMS[harm], hostile_path=TOKEN)

    ends = [ending_in_time(CALLERS[caller], site, begin) for caller in ("operator", "doctor")]

    assert ends == [named, "exit 2"]
    assert_harmless(site)


@pytest.mark.parametrize(("harm", "end"), [(harm, "exit 2") for harm in (*DRIPS, *BODIES, *REDIRECTS)])
def test_harm_to_all_that_the_doctor_asks(site: HostileSite, harm: str, end: str) -> None:
    site.connect()
    assert ending_in_time(CALLERS["doctor"], site, lambda: site.harm(**HARMS[harm])) == end
    assert_harmless(site)


@pytest.mark.parametrize("caller", ["operator", "operator, deferred"])
@pytest.mark.parametrize(("shape", "named"), ENDS_BY_PAGES)
def test_results_of_another_shape_end_the_operator(site: HostileSite, shape: str, caller: str, named: str) -> None:
    site.connect()
    site.let_queries(end=True)
    site.patience = timedelta(minutes=1)

    assert ending_in_time(CALLERS[caller], site, lambda: site.harm(**SHAPES[shape])) == named
    assert_harmless(site)


@pytest.mark.parametrize("caller", ["trigger", "sensor", "sensor, deferred"])
@pytest.mark.parametrize("shape", [*SHAPES, *COUNTS])
def test_results_of_another_shape_are_nothing_to_who_only_waits(site: HostileSite, shape: str, caller: str) -> None:
    site.connect()
    site.let_queries(end=True)

    end = ending_in_time(CALLERS[caller], site, lambda: site.harm(**{**SHAPES, **COUNTS}[shape]))

    assert end in ("success", "SUCCEEDED")
    assert_harmless(site)


@pytest.mark.parametrize("shape", ["rows under another key", "negative counts", "boolean counts"])
def test_results_of_another_shape_are_found_by_the_doctor(site: HostileSite, shape: str) -> None:
    site.connect()
    site.let_queries(end=True)

    assert ending_in_time(CALLERS["doctor"], site, lambda: site.harm(**{**SHAPES, **COUNTS}[shape])) == "exit 1"
    assert_harmless(site)


@pytest.mark.parametrize("shape", ["endless pages with rows", "endless pages without rows"])
def test_the_doctor_does_not_read_pages_for_ever(site: HostileSite, shape: str) -> None:
    site.connect()
    site.let_queries(end=True)

    assert ending_in_time(CALLERS["doctor"], site, lambda: site.harm(**SHAPES[shape])) != "exit 2"
    assert_harmless(site)
