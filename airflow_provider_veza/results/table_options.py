"""What a task chooses of a table besides its format: names of columns, and what CSV writes for nulls and formulas; pure.

Which columns there are is decided in :mod:`.columns`, what a format makes of a value in :mod:`.formats`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from airflow_provider_veza.exceptions import ArgumentError

DOTTED, UNDERSCORED = "dotted", "underscored"
_NOT_IN_AN_IDENTIFIER = re.compile(r"[^A-Za-z0-9_]")
_NUMBER_OR_BOOLEAN = re.compile(r"true|false|[+-]?[\d.]+(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_NOT_BARE = re.compile(r'[",\r\n\ud800-\udfff]')
_NO_NAME = re.compile(r"\s*|.*[\ud800-\udfff].*", re.DOTALL)


@dataclass(frozen=True)
class TableOptions:
    r"""What a task chooses of a table besides its format.

    :param column_names: ``dotted``: as the rule of columns makes them, ``properties.name``; ``underscored``: letters, digits and
        underscores only, ``properties_name``, as BigQuery and Avro want them; or other names for some of the dotted ones.
    :param null_value: what stands in CSV for a null, without quotes; a text that is the same is quoted.
    :param escape_formulas: whether CSV puts ``'`` before a text that a spreadsheet would take for a formula.

    >>> TableOptions("underscored").name_of("source_properties.cost-center")
    'source_properties_cost_center'
    """

    column_names: str | dict[str, str] = DOTTED
    null_value: str = ""
    escape_formulas: bool = False

    def name_of(self, dotted: str) -> str:
        """Return how a column is called."""
        if isinstance(self.column_names, dict):
            return self.column_names.get(dotted, dotted)
        if self.column_names == DOTTED:
            return dotted
        name = _NOT_IN_AN_IDENTIFIER.sub("_", dotted)
        return f"_{name}" if name[:1].isdigit() or not name else name

    @property
    def ignores_case(self) -> bool:
        """Whether two names that differ only in case are one: BigQuery, for which ``underscored`` is, has one column for both."""
        return self.column_names == UNDERSCORED

    def unused_names(self, dotted: Iterable[str]) -> list[str]:
        """Return the dotted names that have another name here, and that no column has: misspelt, perhaps."""
        return sorted(set(self.column_names) - set(dotted)) if isinstance(self.column_names, dict) else []

    def to_json(self) -> dict[str, Any]:
        """Return what differs from the defaults."""
        return {name: value for name, value in asdict(self).items() if value != getattr(NO_OPTIONS, name)}


NO_OPTIONS = TableOptions()


def checked_column_names(value: Any) -> str | dict[str, str]:
    """Return what ``column_names`` may be.

    :raises ArgumentError: saying what it must be, or which two columns would get one name.
    """
    if value in (DOTTED, UNDERSCORED):
        return str(value)
    if not isinstance(value, Mapping) or not all(isinstance(one, str) for pair in value.items() for one in pair):
        raise ArgumentError(
            f"column_names must be {DOTTED!r}, {UNDERSCORED!r} or a mapping of dotted names to names, not {value!r}."
        )
    names = list(value.values())
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ArgumentError(f"column_names gives {', '.join(map(repr, twice))} to more than one column.")
    if unfit := sorted(filter(_NO_NAME.fullmatch, names)):
        raise ArgumentError(f"column_names has a name that is blank or no whole text: {', '.join(map(ascii, unfit))}.")
    return dict(value)


def check_names_apart(fields: Sequence[str], options: TableOptions) -> None:
    """Refuse columns that are asked for and would be called the same.

    :param fields: their dotted names.
    :raises ArgumentError: naming two of them.
    """
    known: dict[str, str] = {}
    for field in fields:
        name = options.name_of(field)
        first = known.setdefault(name.lower() if options.ignores_case else name, field)
        if first is not field:
            raise ArgumentError(
                f"columns= has {first!r} and {field!r}, and column_names would make {options.name_of(first)!r} and {name!r} of "
                "them, which must not be the same."
            )


def checked_null_value(value: Any) -> str:
    """Return what ``null_value`` may be.

    :raises ArgumentError: where it could not stand without quotes, or would be taken for a value.
    """
    if not isinstance(value, str) or _NOT_BARE.search(value):
        raise ArgumentError(f"null_value must be a text without quotes, commas and line breaks, not {value!a}.")
    if _NUMBER_OR_BOOLEAN.fullmatch(value):
        raise ArgumentError(f"null_value must not be what a number or a boolean looks like, as {value!r} does.")
    return value
