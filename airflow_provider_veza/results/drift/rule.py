"""What makes two rows the same thing, and what makes that thing changed; pure, and decided here only."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from hashlib import blake2b
from typing import Any

from msgspec import json

from airflow_provider_veza.async_query.json_value import value_of
from airflow_provider_veza.async_query.layout import RowLayout
from airflow_provider_veza.async_query.rows import Row
from airflow_provider_veza.results.formats.text import text_of

_PROPERTIES = "properties."
_LARGEST_EXACT_INT = 2**53
_DIGEST_BYTES = 16
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT(?!24)\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
"""Python reads more than RFC 3339 has, some of it as another time: a fraction of a minute, a seventh digit, the hour 24."""
_WHOLE_NUMBER = re.compile(r"\A(-?\d+)\.0+\Z", re.ASCII)


@dataclass(frozen=True)
class DriftRule:
    """How rows of two results of one query are compared.

    A row is looked at as its fields under the names that columns of a table have (``source_id``,
    ``source_properties.department``), whether it was landed nested or flat. Then:

    - Rows with the same values of ``identity`` are about the same thing.
    - Of such rows, everything else counts as a change, except what ``ignored`` names. A name there is a column with all that
      is below it (``risk_level``, ``access_stats``), or a property of whatever node (``last_used_at``).
    - The order of a list counts, unless the layout says that the list is a set.
    - Absent, null, an empty object and an empty set are the same: Veza leaves unpopulated properties out.
    - Numbers are compared by value. A column of ``as_text`` holds other types in one result than in the other, because
      another row made it so; its values are compared as text, date-times as the moment they name, objects and lists as JSON.

    :param identity: columns that say which thing a row is about.
    :param ignored: what may differ.
    :param as_text: columns that have two types.
    """

    layout: RowLayout
    identity: tuple[str, ...]
    ignored: frozenset[str]
    as_text: frozenset[str] = frozenset()

    def identity_of(self, row: Row) -> dict[str, Any] | None:
        """Return the identity of a row, or None where it lacks a part of it."""
        return self._identity_in(fields_of(row, self.layout, self.as_text))

    def digests(self, row: Row) -> tuple[int, int] | None:
        """Return a number of 128 bits for the identity and one for all that counts; None where the identity is not whole.

        Rows that agree in what a number stands for have the same number. Others have it too with a chance below 1 in 10^20 among
        a billion rows.
        """
        found = fields_of(row, self.layout, self.as_text)
        identity = self._identity_in(found)
        if identity is None:
            return None
        key = [(_text if name in self.as_text else _plain)(value) for name, value in identity.items()]
        return _digest(key), _digest(self._content_in(found))

    def changed_fields(self, before: Row, after: Row) -> list[str]:
        """Name what of a row counts and differs."""
        old, new = (self._content_in(fields_of(row, self.layout, self.as_text)) for row in (before, after))
        return [name for name in dict.fromkeys([*old, *new]) if _canonical(old.get(name)) != _canonical(new.get(name))]

    def unseen(self, names: Iterable[str], columns: Iterable[str] = ()) -> list[str]:
        """Return the names that mean nothing in the rows that were looked at.

        :param columns: of tables, which have them though all rows are null there.
        """
        seen = {name for column in {*self._comparables, *columns} for name in _names_of(column)}
        return sorted(set(names) - seen)

    def _identity_in(self, found: Mapping[str, Any]) -> dict[str, Any] | None:
        identity = {name: found.get(name) for name in self.identity}
        return None if None in identity.values() else identity

    def _content_in(self, found: Mapping[str, Any]) -> dict[str, Any]:
        comparable = self._comparables
        content = {}
        for name, value in found.items():
            if value is not None:
                content[name] = (comparable.get(name) or self._learned(name))(value)
        return {name: value for name, value in content.items() if value is not None}

    @cached_property
    def _comparables(self) -> dict[str, Callable[[Any], Any]]:
        """How the values of each column are compared, as far as columns were seen: rows repeat their names a million times."""
        return {}

    def _learned(self, name: str) -> Callable[[Any], Any]:
        if name in self.identity or not self.ignored.isdisjoint(_names_of(name)):
            comparable: Callable[[Any], Any] = _nothing
        elif name in self.as_text:
            comparable = _text
        else:
            comparable = _as_set if name in self.layout.sets else _plain
        self._comparables[name] = comparable
        return comparable


def fields_of(row: Row, layout: RowLayout, closed: Collection[str] = frozenset()) -> dict[str, Any]:
    """Return all values of a row under the names of columns. Objects are opened however deep they are, lists are kept.

    :param closed: columns of a table whose objects are kept, too.

    >>> fields_of({"source": {"id": "a"}, "stats": {"count": 1}}, RowLayout(prefixes={"source": "source_"}))
    {'source_id': 'a', 'stats.count': 1}
    """
    found: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict) and name not in closed:
            _open(value, layout.prefixes.get(name, f"{name}."), found)
        else:
            found[name] = value
    return found


def _open(values: Mapping[str, Any], prefix: str, found: dict[str, Any]) -> None:
    for name, value in values.items():
        if isinstance(value, dict):
            _open(value, f"{prefix}{name}.", found)
        else:
            found[prefix + name] = value


def _names_of(column: str) -> Iterator[str]:
    """Yield the names by which a column can be meant: its own, those of the objects around it, and those of a property."""
    yield from _ends(column)
    _, is_property, name = column.partition(_PROPERTIES)
    if is_property:
        yield from _ends(name)


def _ends(name: str) -> Iterator[str]:
    while name:
        yield name
        name = name.rpartition(".")[0]


def _nothing(_value: Any) -> None:
    return None


def _as_set(value: Any) -> Any:
    return sorted(value, key=_canonical) or None if isinstance(value, list) else _plain(value)


def _plain(value: Any) -> Any:
    """Return a value so that equal numbers and equal moments are written alike."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _LARGEST_EXACT_INT else value
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return value


def _text(value: Any) -> str | None:
    if isinstance(value, (dict, list)):
        present = _without_nothing(value)
        return None if present is None else _canonical(present).decode()
    if isinstance(value, str):
        if value[:1] in ("{", "["):
            return _text_of_structure(value)
        moment = _moment(value)
        return _WHOLE_NUMBER.sub(r"\1", value) if moment is None else text_of(moment)
    return text_of(_plain(value))


def _without_nothing(value: Any) -> Any:
    """Return a value without the nulls and empty objects in it, which are as good as absent; None where nothing is left."""
    if not isinstance(value, dict):
        return value
    present = {name: left for name, field in value.items() if (left := _without_nothing(field)) is not None}
    return present or None


def _text_of_structure(text: str) -> str | None:
    """Return the text of an object or a list, in whatever order its fields came; another text as it is."""
    with suppress(ValueError):
        return _text(value_of(text))
    return text


def _moment(text: str) -> datetime | None:
    """Return the moment that an RFC 3339 date-time names, or None where the text is none."""
    if not _DATE_TIME.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else moment.astimezone(UTC)


def _canonical(value: Any) -> bytes:
    return json.encode(value, order="deterministic")


def _digest(value: Any) -> int:
    return int.from_bytes(blake2b(_canonical(value), digest_size=_DIGEST_BYTES).digest(), "big")
