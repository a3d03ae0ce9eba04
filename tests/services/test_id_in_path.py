"""Ids that others chose never lead to another path than that of a query."""

from __future__ import annotations

from datetime import timedelta

import pytest

from airflow_provider_veza.exceptions import ArgumentError, HandleError, MalformedResponseError
from airflow_provider_veza.services.esql import EsqlService
from airflow_provider_veza.services.esql_query import EsqlQuery
from airflow_provider_veza.services.id_in_path import id_in_path
from airflow_provider_veza.services.veza_result import ResultQuery, VezaResultService
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
