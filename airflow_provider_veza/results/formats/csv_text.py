"""The text of CSV by RFC 4180: cells to fields, columns to lines, lines to fields.

Parts and their columns are in :mod:`.csv_table`.

A null is an empty field and an empty text is ``""``, so that the two stay apart. A field is quoted where it must be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from types import NoneType

from airflow_provider_veza.async_query.layout import ColumnType
from airflow_provider_veza.results.columns import Cells
from airflow_provider_veza.results.formats.text import texts_of

LINE_END = "\r\n"

_MARKS = '",\r\n'
_MUST_BE_QUOTED = re.compile(f"[{_MARKS}]")
_FIELD = re.compile(r'(?:^|,)("(?:[^"]++|"")*+"|[^",]*+)')
_INTEGERS, _FRACTIONS = frozenset({int}), frozenset({float})
_BOOLEANS = {None: "", True: "true", False: "false"}


def header(names: Iterable[str]) -> str:
    """Return the line of the columns' names; a table without columns has none."""
    fields = [_field(name) for name in names]
    return ",".join(fields) + LINE_END if fields else ""


def body(columns: Sequence[Sequence[str]], rows: int) -> str:
    """Return the lines of some rows.

    :param columns: the fields of each column; at least one column.
    """
    return LINE_END.join(map(",".join, zip(*columns, strict=True))) + LINE_END if rows else ""


def fields_of(cells: Cells, column: ColumnType) -> Sequence[str]:
    """Return the fields of one column.

    >>> fields_of(Cells.of([None, "", "a, b", "plain"]), ColumnType.STRING)
    ['', '""', '"a, b"', 'plain']
    """
    kinds = cells.kinds - {NoneType}
    if kinds == {bool}:
        return list(map(_BOOLEANS.__getitem__, cells.values))
    if cells.kinds in (_INTEGERS, _FRACTIONS):
        return list(map(repr, cells.values))
    if kinds in (_INTEGERS, _FRACTIONS):
        return ["" if value is None else repr(value) for value in cells.values]
    return _quoted(texts_of(cells, column))


def fields_in(record: str) -> list[str | None]:
    """Return the fields of one record.

    >>> fields_in('a,,"","a, b"')
    ['a', None, '', 'a, b']
    """
    if '"' not in record:
        return [field or None for field in record.split(",")]
    return [_unquoted(field) if '"' in field else field or None for field in _FIELD.findall(record)]


def padded(record: str, fields: int) -> str:
    """Return a record with empty fields at its end for those that it lacks.

    >>> padded('a,"b, ""c"", d"', 4)
    'a,"b, ""c"", d",,'
    """
    commas = record.count(",") if '"' not in record else sum(text.count(",") for text in record.split('"')[::2])
    return record + "," * (fields - 1 - commas)


def records_in(lines: Iterable[str]) -> Iterator[str]:
    """Put lines together to records: a line end between quotes belongs to its field."""
    begun: list[str] = []
    for line in lines:
        turns = line.count('"') % 2 == 1
        was_quoted = bool(begun)
        begun.append(line)
        if turns == was_quoted:
            yield LINE_END.join(begun)
            begun = []


def _quoted(cells: Cells) -> Sequence[str]:
    """Quote what must be: nothing in most columns, which one look at the whole text tells."""
    texts = cells.values
    whole = "".join(filter(None, texts) if NoneType in cells.kinds else texts)
    if any(mark in whole for mark in _MARKS):
        return [_field(text) for text in texts]
    if not all(texts):
        return [text or ('""' if text == "" else "") for text in texts]
    return texts


def _field(text: str | None) -> str:
    if text is None:
        return ""
    if text == "" or _MUST_BE_QUOTED.search(text):
        return '"' + text.replace('"', '""') + '"'
    return text


def _unquoted(field: str) -> str:
    return field[1:-1].replace('""', '"')
