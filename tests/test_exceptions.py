"""The tree of errors: as its docstring draws it, and each in words that help."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Iterator
from typing import Any

import pytest

from airflow_provider_veza import exceptions
from airflow_provider_veza.exceptions import AsyncQueryError, ForeignTenantError, QuerySpecError, RefusedError


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
        "IncompleteResultError",
        "TooManyRowsError",
        "XComLimitError",
        "ColumnError",
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
                "Query q1 was submitted to https://a.example, but the connection points to https://b.example. The query was not "
                "touched. Use a connection to the tenant that runs it."
            ),
        ),
        (RefusedError(503, "Veza refused with HTTP 503", "r1"), "Veza refused with HTTP 503"),
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
    "folder": "s3://acme/access",
    "place": "s3://acme/access/_manifest.json",
    "by_same_query": True,
}


def raised(cls: type[AsyncQueryError]) -> AsyncQueryError:
    """Return an error as its own signature makes it, with an attribute and a note that somebody set later."""
    error = cls("Something went wrong.") if cls.__init__ is Exception.__init__ else _made_of_parts(cls)
    error.heals = not cls.heals
    error.add_note("seen by the worker")
    return error


def _made_of_parts(cls: type[AsyncQueryError]) -> AsyncQueryError:
    parameters = inspect.signature(cls).parameters.values()
    positional = [SAMPLES[p.name] for p in parameters if p.kind is not p.KEYWORD_ONLY]
    return cls(*positional, **{p.name: SAMPLES[p.name] for p in parameters if p.kind is p.KEYWORD_ONLY})


@pytest.mark.parametrize("cls", classes().values(), ids=classes().keys())
def test_every_error_survives_pickling_and_copying_with_its_words_and_parts(cls: type[AsyncQueryError]) -> None:
    error = raised(cls)
    pickled = (pickle.loads(pickle.dumps(error, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1))

    for twin in (*pickled, copy.copy(error)):
        assert type(twin) is cls
        assert (str(twin), twin.args, vars(twin)) == (str(error), error.args, vars(error))
