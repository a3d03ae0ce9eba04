"""The arguments that bound what a task returns into XCom, shared by all operators that return rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from airflow.providers.common.compat.sdk import BaseOperator

from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.results.inline import DEFAULT_XCOM_BYTES, DEFAULT_XCOM_ROWS, InlineLimits, collect


class RowsToXComOperator(BaseOperator):
    """An operator whose return value is a result.

    :param fail_on_empty: fail when nothing is found; Veza answers some misspelt names with no rows instead of an error.
    :param max_rows: fail past so many rows.
    :param xcom_max_rows: rows that XCom may get.
    :param xcom_max_bytes: bytes of JSON that XCom may get.
    """

    def __init__(
        self,
        *,
        fail_on_empty: bool = False,
        max_rows: int | None = None,
        xcom_max_rows: int = DEFAULT_XCOM_ROWS,
        xcom_max_bytes: int = DEFAULT_XCOM_BYTES,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.limits = InlineLimits(max_rows, xcom_max_rows, xcom_max_bytes, fail_on_empty)

    def rows_for_xcom(self, pages: Iterable[Page]) -> Any:
        """Return the rows as plain JSON, or a count as ``{"count": 6}``.

        :raises ResultsError: past a bound, or empty where that is an error.
        """
        return collect(pages, self.limits)
