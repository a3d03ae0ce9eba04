"""Pages become a small value for XCom, within bounds.

Larger results become files, see :mod:`.landing`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from airflow_provider_veza.async_query.rows import Row
from airflow_provider_veza.async_query.task_log import TaskLog
from airflow_provider_veza.async_query.vocabulary import MOST_WARNINGS, Page
from airflow_provider_veza.exceptions import ArgumentError, TooManyRowsError, XComLimitError
from airflow_provider_veza.results.bad_text import OnBadText, unfit
from airflow_provider_veza.results.defaults import DEFAULT_XCOM_BYTES, DEFAULT_XCOM_ROWS
from airflow_provider_veza.results.refusals import require_no_count_of_zero, require_rows, require_whole
from airflow_provider_veza.results.xcom_names import may_hold_reserved_name, require_no_reserved_name


@dataclass(frozen=True)
class InlineLimits:
    """How much may go into XCom.

    :param max_rows: more rows are an error whatever XCom can hold; None for no bound.
    :param xcom_max_rows: rows that XCom may get.
    :param xcom_max_bytes: size as JSON that XCom may get.
    :param fail_on_empty: whether no rows at all, or a count of zero, is an error.
    :param allow_partial: whether a result that the service calls partial may go there.
    :param on_bad_text: what happens to half of a character.
    """

    max_rows: int | None = None
    xcom_max_rows: int = DEFAULT_XCOM_ROWS
    xcom_max_bytes: int = DEFAULT_XCOM_BYTES
    fail_on_empty: bool = False
    allow_partial: bool = True
    on_bad_text: OnBadText = OnBadText.FAIL

    def __post_init__(self) -> None:
        for name in ("max_rows", "xcom_max_rows", "xcom_max_bytes"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ArgumentError(f"{name} must be at least 1, not {value!r}.")


def collect(pages: Iterable[Page], limits: InlineLimits) -> list[Row] | dict[str, int]:
    """Return the rows as the service sent them, or ``{"count": 6}`` where the result is a number.

    Stops reading at the first bound that is passed, so that a huge result costs one page too many and no more.

    :raises TooManyRowsError: past ``max_rows``.
    :raises XComLimitError: past ``xcom_max_rows`` or ``xcom_max_bytes``.
    :raises EmptyResultError: where there is nothing and ``fail_on_empty``.
    :raises PartialResultError: where the service calls the result partial, unless ``allow_partial``.
    :raises ColumnError: where a value cannot be written as JSON in UTF-8, or Airflow would read it back as another one; names
        the column and the row.
    """
    rows: list[Row] = []
    size = 1  # two brackets, less the comma that the last row lacks
    for page in pages:
        if not limits.allow_partial:
            require_whole(page)
        if limits.fail_on_empty:
            require_no_count_of_zero(page)
        if page.count is not None:
            return {"count": page.count}
        new = list(limits.on_bad_text.page(page).rows)
        size += sum(_json_size(row, number) for number, row in enumerate(new, len(rows) + 1))
        rows.extend(new)
        _check_bounds(len(rows), size, limits)
    if limits.fail_on_empty:
        require_rows(len(rows))
    return rows


def with_warnings_logged(pages: Iterable[Page], log: TaskLog) -> Iterator[Page]:
    """Yield the pages, and log what their service warns of, each warning once."""
    said: set[str] = set()
    for page in pages:
        partial = ("These rows are only a part of the result.",) if page.partial else ()
        for text in dict.fromkeys((*page.warnings, *partial)):
            if text not in said and len(said) < MOST_WARNINGS:
                log.warning("The service warns: %s", text)
        if len(said) < MOST_WARNINGS:
            said.update(page.warnings, partial)
        yield page


def _check_bounds(rows: int, size: int, limits: InlineLimits) -> None:
    if limits.max_rows is not None and rows > limits.max_rows:
        raise TooManyRowsError(
            f"The result has more than max_rows={limits.max_rows} rows; none was delivered. {_NARROW}"
        )
    if rows > limits.xcom_max_rows:
        raise XComLimitError(
            f"The result has more than xcom_max_rows={limits.xcom_max_rows} rows; none was delivered. {_NARROW}"
        )
    if size > limits.xcom_max_bytes:
        raise XComLimitError(
            f"The first {rows} rows are {size} bytes of JSON, more than xcom_max_bytes={limits.xcom_max_bytes}; none was "
            f"delivered. {_NARROW}"
        )


_NARROW = (
    "The query itself succeeded and nothing runs any more. Ask for less (conditions, fewer properties), land the rows with "
    "output_path, or raise the limit if your metadata database can take it."
)


def _json_size(row: Row, number: int) -> int:
    try:
        text = json.dumps(row, separators=(",", ":"), ensure_ascii=False)
        size = len(text.encode()) + 1
    except (TypeError, ValueError, RecursionError):
        raise unfit(row, number) from None
    if may_hold_reserved_name(text):
        require_no_reserved_name(row, number)
    return size
