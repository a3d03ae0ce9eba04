"""The tree of errors: as its docstring draws it, and each in words that help."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Iterator
from typing import Any

import pytest

from airflow_provider_veza import exceptions
from airflow_provider_veza.exceptions import (
    LONGEST_MESSAGE,
    AsyncQueryError,
    ForeignTenantError,
    QuerySpecError,
    RefusedError,
)


def classes() -> dict[str, type[AsyncQueryError]]:
    members = inspect.getmembers(exceptions, inspect.isclass)
    return {name: cls for name, cls in members if issubclass(cls, AsyncQueryError)}


def drawn_parents() -> Iterator[tuple[str, str]]:
    """Yield each error of the docstring's tree with the one that it hangs from."""
    branch: list[str] = []
    for line in (exceptions.__doc__ or "").splitlines():
        words = line.lstrip(" │├└─").split()
        if not words or not words[0].endswith("Error"):
            continue
        depth = (line.index(words[0]) - len("    ")) // len("├── ")
        branch = [*branch[:depth], words[0]]
        yield words[0], branch[depth - 1] if depth else "Exception"


def test_the_drawn_tree_is_the_real_one() -> None:
    real = {name: cls.__base__.__name__ for name, cls in classes().items() if cls.__base__}

    assert dict(drawn_parents()) == real


def test_what_no_retry_can_heal_is_what_is_wrong_in_itself() -> None:
    assert {name for name, cls in classes().items() if not cls.heals} == {
        "ConfigurationError",
        "ConnectionSettingsError",
        "QuerySpecError",
        "ArgumentError",
        "HandleError",
        "ForeignTenantError",
        "RedirectRefusedError",
        "BadRequestError",
        "UnauthorizedError",
        "ForbiddenError",
        "NotFoundError",
        "QueryDeadlineError",
        "ResultsDeadlineError",
        "IncompleteResultError",
        "TooManyRowsError",
        "XComLimitError",
        "ColumnError",
        "BadTextError",
        "LandingTakenOverError",
        "ManifestError",
        "ForeignFileError",
        "DriftError",
        "BaselineError",
    }


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            QuerySpecError("source_node_types.nodes[0]", "must be an object"),
            "Query spec, at source_node_types.nodes[0]: must be an object. Nothing was submitted.",
        ),
        (
            ForeignTenantError(handle_tenant="https://a.example", connection_tenant="https://b.example", query_id="q1"),
            (
                "The handle is of another tenant than the connection. The query was not touched. Use a connection to the tenant "
                "that runs it. (query q1 of https://a.example; the connection points to https://b.example)"
            ),
        ),
        (RefusedError(503, "Veza refused with HTTP 503.", "r1"), "Veza refused with HTTP 503. (request_id: r1)"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_with_parts_of_its_own_is_told_in_one_sentence_that_helps(error: AsyncQueryError, text: str) -> None:
    assert str(error) == text


SAMPLES: dict[str, Any] = {
    "path": "source_node_types.nodes[0]",
    "problem": "must be an object",
    "handle_tenant": "https://a.example",
    "connection_tenant": "https://b.example",
    "query_id": "q1",
    "status": 503,
    "message": "Veza refused with HTTP 503",
    "request_id": "r1",
    "counted": 547,
    "landed": 100,
    "column": "department",
    "row": 8,
    "folder": "s3://acme/access",
    "place": "s3://acme/access/_manifest.json",
    "by_same_query": True,
    "about": "query q1 of https://a.example",
}
NAMES_SOMETHING = ("place", "handle_tenant", "connection_tenant", "query_id", "request_id", "folder", "about")
"""Parts that say which query, request or file; the others say what went wrong."""


def raised(cls: type[AsyncQueryError]) -> AsyncQueryError:
    """Return an error as its own signature makes it, with an attribute and a note that somebody set later."""
    error = made(cls, SAMPLES)
    error.heals = not cls.heals
    error.add_note("seen by the worker")
    return error


def made(cls: type[AsyncQueryError], parts: dict[str, Any]) -> AsyncQueryError:
    """Return an error as its own signature makes it."""
    parameters = inspect.signature(cls).parameters.values()
    positional = [parts[p.name] for p in parameters if p.kind is not p.KEYWORD_ONLY]
    return cls(*positional, **{p.name: parts[p.name] for p in parameters if p.kind is p.KEYWORD_ONLY})


@pytest.mark.parametrize(
    "character", ["a", "\u00e5", "\U0001f511", "\ud83d"], ids=["ASCII", "2 bytes", "4 bytes", "surrogate"]
)
@pytest.mark.parametrize("cls", classes().values(), ids=classes().keys())
def test_no_message_is_longer_than_two_kibibytes(cls: type[AsyncQueryError], character: str) -> None:
    text = character * 100_000
    error = made(cls, {name: text if isinstance(part, str) else part for name, part in SAMPLES.items()})

    assert len(str(error).encode()) <= LONGEST_MESSAGE


def test_a_message_of_usual_length_stays_as_it_is() -> None:
    assert str(AsyncQueryError("a" * 2000)) == "a" * 2000


@pytest.mark.parametrize("cls", classes().values(), ids=classes().keys())
def test_every_error_survives_pickling_and_copying_with_its_words_and_parts(cls: type[AsyncQueryError]) -> None:
    error = raised(cls)
    pickled = (pickle.loads(pickle.dumps(error, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1))

    for twin in (*pickled, copy.copy(error)):
        assert type(twin) is cls
        assert (str(twin), twin.args, vars(twin)) == (str(error), error.args, vars(error))


@pytest.mark.parametrize("cls", classes().values(), ids=classes().keys())
def test_every_error_is_one_line_whatever_others_put_into_it(cls: type[AsyncQueryError]) -> None:
    forged = "\n[2026-01-01] INFO - a line that nobody wrote\r\x1b[2J\u202e\ud83d"
    parts = {name: part + forged if isinstance(part, str) else part for name, part in SAMPLES.items()}

    assert str(made(cls, parts)).isprintable()


@pytest.mark.parametrize("cls", classes().values(), ids=classes().keys())
def test_every_error_names_queries_requests_and_files_last(cls: type[AsyncQueryError]) -> None:
    parts = SAMPLES | {name: f"{name} {'x' * 95}" for name in NAMES_SOMETHING}
    error = made(cls, parts)

    assert str(error) == (f"{error.message} ({error.about})" if error.about else error.message)
    assert "x" * 95 not in error.message
