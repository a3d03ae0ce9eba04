"""The text of one value, where its column is text or the format has nothing else.

How such a text is quoted in CSV is in :mod:`.csv_text`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from types import NoneType
from typing import Any

from msgspec import json

from airflow_provider_veza.async_query.layout import ColumnType
from airflow_provider_veza.results.columns import Cells

_JSON = json.Encoder(decimal_format="number")
_TEXT_ALREADY = frozenset({str, NoneType})
_TEXTS, _LISTS = frozenset({str}), frozenset({list})


def text_of(value: Any) -> str | None:
    """Return a value's text; null has none.

    A number's is the shortest that reads as the same number, a timestamp's is in UTC.

    >>> text_of(True), text_of(6), text_of(6.0), text_of(["r", "w"]), text_of("as it is")
    ('true', '6', '6.0', '["r","w"]', 'as it is')
    """
    match value:
        case None | str():
            return value
        case float():
            return repr(value)
        case datetime():
            return _text_of_timestamp(value)
        case _:
            return _JSON.encode(value).decode()


def texts_of(cells: Cells, column: ColumnType) -> Cells:
    """Return the texts of all values; those of a JSON column are JSON, texts included."""
    if column is ColumnType.JSON:
        return _json_texts(cells)
    if cells.kinds <= _TEXT_ALREADY:
        return cells
    return Cells.of([text_of(value) for value in cells.values])


def are_empty_lists(cells: Cells) -> bool:
    """Whether all values are lists without items, as most lists of most nodes are."""
    return cells.kinds == _LISTS and not any(cells.values)


def integer_texts(values: Sequence[int]) -> Sequence[str]:
    """Return the texts of integers, at least one, in half of the time that one call each would take.

    >>> integer_texts([-1, 2**63])
    ['-1', '9223372036854775808']
    """
    return _JSON.encode(values).decode()[1:-1].split(",")


def _json_texts(cells: Cells) -> Cells:
    if are_empty_lists(cells):
        return Cells(["[]"] * len(cells.values), _TEXTS)
    texts = _JSON.encode_lines(cells.values).decode().split("\n")[:-1]
    if NoneType not in cells.kinds:
        return Cells(texts, _TEXTS)
    return Cells.of([None if value is None else text for value, text in zip(cells.values, texts, strict=True)])


def _text_of_timestamp(value: datetime) -> str:
    text = value.astimezone(UTC).replace(tzinfo=None).isoformat()
    return (text.rstrip("0") if "." in text else text) + "Z"
