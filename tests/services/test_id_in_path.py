"""Ids that others chose never lead to another path than that of a query."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest

from airflow_provider_veza import services
from airflow_provider_veza.async_query.message import Request
from airflow_provider_veza.exceptions import ArgumentError, HandleError, MalformedResponseError
from airflow_provider_veza.services.esql import EsqlService
from airflow_provider_veza.services.esql_query import EsqlQuery
from airflow_provider_veza.services.id_in_path import id_in_path
from airflow_provider_veza.services.veza_nodes import NodesQuery
from airflow_provider_veza.services.veza_result import ResultQuery, VezaResultService
from airflow_provider_veza.services.veza_saved_queries import SavedNodesQuery
from services.answers import answer
from services.esql_answers import answered

NO_IDS = [".", "..", "...", "", "\ud83d"]


@pytest.mark.parametrize(
    ("identifier", "step"),
    [
        ("97792944-f673", "97792944-f673"),
        ("a/../b", "a%2F..%2Fb"),
        ("..a", "..a"),
        ("%2e%2e", "%252e%252e"),
        ("a?b#c", "a%3Fb%23c"),
        ("a\r\nb", "a%0D%0Ab"),
        ("ü", "%C3%BC"),
    ],
)
def test_an_id_is_one_step_of_a_path_whatever_it_holds(identifier: str, step: str) -> None:
    assert id_in_path(identifier) == step


@pytest.mark.parametrize("identifier", NO_IDS)
def test_what_would_lead_elsewhere_is_refused_before_anything_is_sent(identifier: str) -> None:
    with pytest.raises(ArgumentError, match="can be no id"):
        id_in_path(identifier, ArgumentError)
    for call in (VezaResultService().look, EsqlService().look, EsqlService().cancel, EsqlService().stop):
        with pytest.raises(HandleError, match="can be no id"):
            call(identifier)


@pytest.mark.parametrize("identifier", [".", ".."])
def test_a_submit_that_is_answered_by_such_an_id_has_no_clear_answer(identifier: str) -> None:
    with pytest.raises(MalformedResponseError, match="can be no id"):
        VezaResultService().submit(ResultQuery({})).read(answer({"task": {"id": identifier}}))
    with pytest.raises(MalformedResponseError, match="can be no id"):
        next(EsqlService().submit(EsqlQuery("FROM logs"), keep_alive=timedelta(hours=1))).read(
            answered({"id": identifier, "is_running": True})
        )


SERVICES = [
    cls
    for module in pkgutil.iter_modules(services.__path__, f"{services.__name__}.")
    for _, cls in inspect.getmembers(importlib.import_module(module.name), inspect.isclass)
    if cls.__module__ == module.name and cls.__name__.endswith("Service")
]
SAMPLES: dict[str, Any] = {
    "page_token": None,
    "_page_token": None,
    "page_size": None,
    "_page_size": None,
    "wait": 0.0,
    "_wait": 0.0,
    "name": None,
    "include_inactive": False,
    "spec": {},
    "keep_alive": timedelta(hours=1),
}
SEND_NOTHING = {"page_params", "owner_field", "owner_of"}
QUERIES: dict[str, Any] = {
    "VezaNodesService": lambda _: NodesQuery({}),
    "VezaResultService": lambda _: ResultQuery({}),
    "EsqlService": lambda _: EsqlQuery("FROM logs"),
    "VezaSavedQueriesService": SavedNodesQuery,
}
"""Makes what a service submits; an id in it is the argument."""


def requests_of(cls: type, identifier: str) -> Iterator[tuple[str, Request]]:
    """Yield what every public method of a service would send for an id; a parameter without a sample fails the test."""
    for name, method in inspect.getmembers(cls(), inspect.ismethod):
        if name.startswith("_") or name in SEND_NOTHING:
            continue
        given = {**SAMPLES, "query_id": identifier, "saved_query_id": identifier}
        if name == "submit":
            given["query"] = QUERIES[cls.__name__](identifier)
        parameters = inspect.signature(method).parameters.values()
        by_place = [given[p.name] for p in parameters if p.kind is not p.KEYWORD_ONLY]
        try:
            made = method(*by_place, **{p.name: given[p.name] for p in parameters if p.kind is p.KEYWORD_ONLY})
        except (HandleError, ArgumentError, NotImplementedError):
            continue
        yield name, (next(made) if inspect.isgenerator(made) else made).request


def test_every_service_is_found() -> None:
    assert {cls.__name__ for cls in SERVICES} == {*QUERIES, "VezaSyncService"}


@pytest.mark.parametrize("identifier", [".", "..", "...", "../../admin", "a/b", "a?b", "a#b", "%2e%2e", "a\\b", "a\nb"])
@pytest.mark.parametrize("cls", SERVICES)
def test_no_method_of_any_service_lets_an_id_change_where_its_request_goes(cls: type, identifier: str) -> None:
    usual = {name: request.path.split("/") for name, request in requests_of(cls, "an-id")}

    for name, request in requests_of(cls, identifier):
        steps = request.path.split("/")
        assert len(steps) == len(usual[name]), name
        assert not {".", ".."} & {unquote(step.partition(":")[0]) for step in steps}, name
        assert not any(character in request.path for character in "?#\\\n"), name
