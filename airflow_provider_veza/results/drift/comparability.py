"""Whether two landed results can be compared at all, and by which rule; it reads manifests and a first row only.

Which of several results is the baseline is decided in :mod:`.baseline`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from airflow_provider_veza.async_query.layout import ColumnType, RowLayout
from airflow_provider_veza.exceptions import ArgumentError, BaselineError
from airflow_provider_veza.results.drift.rule import DriftRule, fields_of
from airflow_provider_veza.results.formats.known_formats import format_row
from airflow_provider_veza.results.reading import LandedResult

_NUMBERS = frozenset({ColumnType.INT64, ColumnType.DOUBLE})
_TEXT = frozenset({ColumnType.STRING})


@dataclass(frozen=True)
class DriftWishes:
    """What a task may say about how rows are compared.

    :param key: columns that say which thing a row is about; None for those that the layout declares.
    :param ignore_properties: what may differ besides the volatile: columns (``source_properties.email``) or properties of
        whatever node (``email``).
    :param also_compare: volatile columns or properties of the layout that shall count all the same.
    """

    key: tuple[str, ...] | None = None
    ignore_properties: frozenset[str] = frozenset()
    also_compare: frozenset[str] = frozenset()


def agreed_rule(current: LandedResult, baseline: LandedResult, wishes: DriftWishes) -> DriftRule:
    """Return the rule by which two results are compared, with the layout of the current one.

    :raises BaselineError: where one is a table and the other is not, or they have other columns because a task chose them.
    :raises ArgumentError: where no column tells what a row is about, or ``also_compare`` names what counts anyway or is to be
        ignored.
    """
    _require_same_shape(current, baseline)
    layout = current.layout
    if needless := wishes.also_compare - layout.volatile:
        raise ArgumentError(
            f"also_compare names {', '.join(sorted(needless))}, which is compared anyway; it is for "
            f"{', '.join(sorted(layout.volatile)) or 'nothing here'}. Nothing was compared."
        )
    if contrary := wishes.also_compare & wishes.ignore_properties:
        raise ArgumentError(
            f"also_compare and ignore_properties both name {', '.join(sorted(contrary))}. Nothing was compared."
        )
    return DriftRule(
        layout=layout,
        identity=_identity(current, baseline, layout, wishes),
        ignored=(layout.volatile - wishes.also_compare) | wishes.ignore_properties,
        as_text=frozenset(_columns_as_text(current, baseline)),
    )


def unseen_names(current: LandedResult, baseline: LandedResult, wishes: DriftWishes, rule: DriftRule) -> list[str]:
    """Return the names among the wishes that no column or property of the compared rows has: misspelt, perhaps."""
    columns = {column.name for result in (current, baseline) for column in result.columns}
    return rule.unseen(wishes.ignore_properties | wishes.also_compare, columns)


def _require_same_shape(current: LandedResult, baseline: LandedResult) -> None:
    now, then = current.manifest, baseline.manifest
    if format_row(now.format).has_columns != format_row(then.format).has_columns:
        raise BaselineError(
            f"The baseline was landed as {then.format!r}, the current result as {now.format!r}: a table is not "
            "compared with rows as they were sent. Land both as the same. Nothing was compared.",
            about=baseline.folder,
        )
    if _chosen(now.select) != _chosen(then.select):
        raise BaselineError(
            f"The baseline was landed with columns={_shown(then.select)}, the current result with "
            f"columns={_shown(now.select)}: every row would look changed. Nothing was compared.",
            about=baseline.folder,
        )


def _identity(current: LandedResult, baseline: LandedResult, layout: RowLayout, wishes: DriftWishes) -> tuple[str, ...]:
    known = [_names_in(result, layout) for result in (current, baseline) if len(result) or result.columns]
    choices = layout.identities if wishes.key is None else (wishes.key,)
    for identity in choices:
        if all(names.issuperset(identity) for names in known):
            return identity
    wanted = " nor ".join(str(list(identity)) for identity in choices) or "any that Veza's rows have"
    raise ArgumentError(
        f"The results have no columns that say what a row is about, not {wanted}. "
        f"They have {', '.join(sorted(set().union(*known)))}. Name some of those with key=. Nothing was compared.",
        about=" and ".join(dict.fromkeys((str(current.folder), str(baseline.folder)))),
    )


def _names_in(result: LandedResult, layout: RowLayout) -> set[str]:
    if format_row(result.manifest.format).has_columns:
        return {column.name for column in result.columns}
    return set(fields_of(next(iter(result)), layout))


def _columns_as_text(current: LandedResult, baseline: LandedResult) -> Iterator[str]:
    """Yield columns of two types, and between two formats those of text: CSV and Parquet write `6.0` in them differently."""
    types = {column.name: column.type for column in baseline.columns}
    other_format = current.manifest.format != baseline.manifest.format
    for column in current.columns:
        both = frozenset({column.type, types.get(column.name, column.type)}) - {ColumnType.NULL}
        if (len(both) > 1 and both != _NUMBERS) or (other_format and both == _TEXT):
            yield column.name


def _chosen(select: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if select is None else frozenset(select)


def _shown(select: tuple[str, ...] | None) -> str:
    return "None" if select is None else str(list(select))
