"""What becomes of rows with half of a character, or another value, that the place they go to cannot hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from airflow_provider_veza.async_query.lone_surrogates import has_lone_surrogate, is_whole, with_replacements
from airflow_provider_veza.async_query.rows import JsonRows, Row
from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.exceptions import BadTextError, ColumnError


class OnBadText(StrEnum):
    """What happens to a text with a lone surrogate: JSON can write half of a character, UTF-8 cannot."""

    FAIL = "fail"
    REPLACE = "replace"

    def page(self, page: Page) -> Page:
        """Return the page as it is to be delivered: to replace puts U+FFFD, to fail leaves it to whoever cannot hold it."""
        rows = JsonRows.of(page.rows) if self is OnBadText.REPLACE else JsonRows([])
        if not has_halves(rows):
            return page
        return replace(page, rows=JsonRows.of_lines(with_replacements(rows.lines), len(rows)))


def has_halves(rows: JsonRows) -> bool:
    """Whether any text of the rows has a lone surrogate."""
    return has_lone_surrogate(rows.lines)


def first_half(values: Any) -> int | None:
    """Return the place of the first of some values that has a lone surrogate in it, however deep; None where none has."""
    return next((place for place, value in enumerate(values) if not _is_whole(value)), None)


def unfit(row: Row, number: int) -> ColumnError:
    """Return the error for a row that XCom cannot hold, which names the column.

    :param number: of the row, from 1 on.
    """
    for name, value in row.items():
        if not is_whole(name) or not _is_whole(value):
            return BadTextError(name, number)
        if any(isinstance(one, (Decimal, int)) and not _is_usual(one) for one in _leaves(value)):
            return ColumnError(name, f"row {number} has a number that is too large for XCom")
    return ColumnError(next(iter(row), ""), f"row {number} is nested too deeply for XCom")


def _is_usual(number: Decimal | int) -> bool:
    return isinstance(number, int) and number.bit_length() < 10_000


def _is_whole(value: Any) -> bool:
    return all(is_whole(leaf) for leaf in _leaves(value) if isinstance(leaf, str))


def _leaves(value: Any) -> Iterator[Any]:
    """Yield what stands in a value, names included, without recursion: it may be deep."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case dict() as fields:
                yield from fields
                waiting.extend(fields.values())
            case list() as items:
                waiting.extend(items)
            case leaf:
                yield leaf
