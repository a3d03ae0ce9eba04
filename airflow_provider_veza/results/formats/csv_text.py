"""The text of CSV by RFC 4180: cells to fields, columns to lines, lines to fields.

Parts and their columns are in :mod:`.csv_table`.

A null is an empty field, or what the options say, and an empty text is ``""``, so that the two stay apart. A field is quoted
where it must be, and where it would be read as a null.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from types import NoneType

from airflow_provider_veza.async_query.layout import ColumnType
from airflow_provider_veza.results.columns import Cells
from airflow_provider_veza.results.formats.text import integer_texts, texts_of
from airflow_provider_veza.results.table_options import NO_OPTIONS, TableOptions

LINE_END = "\r\n"

_MARKS = '",\r\n'
_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_MUST_BE_QUOTED = re.compile(f"[{_MARKS}]")
_FIELD = re.compile(r'(?:^|,)("(?:[^"]++|"")*+"|[^",]*+)')
_INTEGERS, _FRACTIONS = frozenset({int}), frozenset({float})
_BOOLEANS = {True: "true", False: "false"}


def header(names: Iterable[str], options: TableOptions = NO_OPTIONS) -> str:
    """Return the line of the columns' names; a table without columns has none."""
    texts = [escaped(name) for name in names] if options.escape_formulas else names
    fields = [_field(text, "") for text in texts]
    return ",".join(fields) + LINE_END if fields else ""


def body(columns: Sequence[Sequence[str]], rows: int) -> str:
    """Return the lines of some rows.

    :param columns: the fields of each column; at least one column.
    """
    return LINE_END.join(map(",".join, zip(*columns, strict=True))) + LINE_END if rows else ""


def fields_of(cells: Cells, column: ColumnType, options: TableOptions = NO_OPTIONS) -> Sequence[str]:
    """Return the fields of one column.

    >>> fields_of(Cells.of([None, "", "a, b", "plain"]), ColumnType.STRING)
    ['', '""', '"a, b"', 'plain']
    """
    kinds = cells.kinds - {NoneType}
    null = options.null_value
    if cells.kinds == {bool}:
        return list(map(_BOOLEANS.__getitem__, cells.values))
    if kinds == {bool}:
        return [null if value is None else _BOOLEANS[value] for value in cells.values]
    if cells.kinds == _INTEGERS:
        return integer_texts(cells.values)
    if cells.kinds == _FRACTIONS:
        return list(map(repr, cells.values))
    if kinds in (_INTEGERS, _FRACTIONS):
        return [null if value is None else repr(value) for value in cells.values]
    texts = texts_of(cells, column)
    if options.escape_formulas:
        texts = Cells.of([None if text is None else escaped(text) for text in texts.values])
    return _quoted(texts, null)


def fields_in(record: str, options: TableOptions = NO_OPTIONS) -> list[str | None]:
    """Return the fields of one record.

    >>> fields_in('a,,"","a, b"')
    ['a', None, '', 'a, b']
    """
    null = options.null_value
    fields: list[str | None]
    if '"' not in record:
        fields = [None if field == null else field for field in record.split(",")]
    else:
        found = _FIELD.findall(record)
        fields = [_unquoted(field) if field[:1] == '"' else None if field == null else field for field in found]
    return [field and unescaped(field) for field in fields] if options.escape_formulas else fields


def escaped(text: str) -> str:
    r"""Return a text so that no spreadsheet takes it for a formula: ``'`` before it, where it begins like one and is no number.

    >>> escaped("=1+1"), escaped("-6"), escaped("'=1"), escaped("'tis")
    ("'=1+1", '-6', "''=1", "'tis")
    """
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def unescaped(text: str) -> str:
    """Return the text that :func:`escaped` was given.

    >>> unescaped("'=1+1"), unescaped("-6"), unescaped("''=1"), unescaped("'tis")
    ('=1+1', '-6', "'=1", "'tis")
    """
    return text[1:] if text[0] == "'" and _FORMULA.match(text) else text


def padded(record: str, fields: int, null: str = "") -> str:
    """Return a record with nulls at its end for the fields that it lacks.

    >>> padded('a,"b, ""c"", d"', 4)
    'a,"b, ""c"", d",,'
    """
    commas = record.count(",") if '"' not in record else sum(text.count(",") for text in record.split('"')[::2])
    return record + f",{null}" * (fields - 1 - commas)


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


def _quoted(cells: Cells, null: str) -> Sequence[str]:
    """Quote what must be: nothing in most columns, which one look at the whole text tells."""
    texts = cells.values
    whole = "".join(filter(None, texts) if NoneType in cells.kinds else texts)
    if any(mark in whole for mark in _MARKS) or (null and null in texts):
        return [null if text is None else _field(text, null) for text in texts]
    if not all(texts):
        return [null if text is None else text or '""' for text in texts]
    return texts


def _field(text: str, null: str) -> str:
    if text in ("", null) or _MUST_BE_QUOTED.search(text):
        return '"' + text.replace('"', '""') + '"'
    return text


def _unquoted(field: str) -> str:
    return field[1:-1].replace('""', '"')
