"""Rows that go to XCom are compared with the service's count as landed ones are."""

from __future__ import annotations

from logging import getLogger

import pytest

from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.exceptions import RowCountError
from airflow_provider_veza.results.row_count import RowCountCheck, reconciled

ROW = {"id": "00ue3cb75ea3cda311e1"}
LOG = getLogger("reconciled")


def pages(*totals: int | None) -> list[Page]:
    return [Page((ROW, ROW), total=total) for total in totals]


def read(given: list[Page], check: RowCountCheck = RowCountCheck.FAIL) -> list[Page]:
    return list(reconciled(given, check, "q1", LOG))


@pytest.mark.parametrize(
    "given",
    [pages(), pages(None, None), pages(4, 4), pages(2, 4), pages(4, None), [Page(count=6)], [Page(total=0)]],
    ids=["no page", "not counted", "as counted", "count grew", "count on the first page", "a number", "nothing"],
)
def test_as_many_rows_as_the_service_counted_are_passed_on(given: list[Page]) -> None:
    assert read(given) == given


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (pages(547), r"counted 547 rows, but its pages held 2\. Nothing was delivered.*query q1"),
        (pages(3, 3), "counted 3 rows, but its pages held 4.*query q1"),
        ([Page(total=547)], "held 0"),
    ],
    ids=["fewer", "more", "none"],
)
def test_other_than_the_service_counted_is_an_error_after_the_last_page(given: list[Page], words: str) -> None:
    coming = reconciled(given, RowCountCheck.FAIL, "q1", LOG)
    assert [next(coming) for _ in given] == given
    with pytest.raises(RowCountError, match=words):
        next(coming)


def test_a_check_that_only_warns_delivers_what_came(caplog: pytest.LogCaptureFixture) -> None:
    assert read(pages(547), RowCountCheck.WARN) == pages(547)
    assert caplog.messages == ["The service counted 547 rows, but its pages held 2."]
