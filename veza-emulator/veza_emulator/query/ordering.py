"""In which order a query spec wants its rows, read from JSON; `evaluation.sorting` sorts.

`order_by` is documented. Of `result_order_by` it is documented that it takes SQL's ORDER BY with several fields; which fields
there are is inferred: those of a row, a property as `properties.<name>`, and in path rows each after `source.` or `destination.`.
With both, `result_order_by` comes first. Rows that are equal in every term keep the usual order: name, id, destination's id.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from veza_emulator.reading.fields import Fields

COUNT = "destination_node_count"
RISK_SCORE = "risk_score"
_ORDER_BY = re.compile(rf"\s*({COUNT}|{RISK_SCORE})(?:\s+(ASC|DESC))?\s*", re.IGNORECASE)
_TERM = re.compile(
    rf"\s*((?:source\.|destination\.)?(?:id|type|risk_level|{RISK_SCORE}|properties\.[^\s,]+)|{COUNT})"
    r"(?:\s+(ASC|DESC))?\s*",
    re.IGNORECASE,
)
_PATH_ENDS = ("source.", "destination.")


@dataclass(frozen=True)
class OrderTerm:
    """One field that rows are ordered by; an unpopulated one comes last, or first if descending."""

    field: str
    descending: bool


def read_order(fields: Fields, *, of_paths: bool) -> tuple[OrderTerm, ...]:
    """Read both orders, the one that counts more first.

    :param of_paths: whether the rows are path rows, whose fields stand at one of two ends.
    """
    result_order = _read_terms(fields, "result_order_by", _TERM)
    for term in result_order:
        if term.field != COUNT and of_paths != term.field.startswith(_PATH_ENDS):
            wanted = "must begin with source. or destination." if of_paths else "must not name an end of a path"
            fields.violate("result_order_by", f"{term.field} {wanted} with this result_value_type")
    order = _read_terms(fields, "order_by", _ORDER_BY)
    if of_paths:
        order = tuple(
            OrderTerm(term.field if term.field == COUNT else f"source.{term.field}", term.descending) for term in order
        )
    return (*result_order, *order)


def _read_terms(fields: Fields, name: str, pattern: re.Pattern[str]) -> tuple[OrderTerm, ...]:
    text = fields.string(name)
    if not text.strip():
        return ()
    matches = [pattern.fullmatch(part) for part in text.split(",")]
    if (name == "order_by" and len(matches) > 1) or None in matches:
        fields.violate(name, f"{text!r} is not an order; see the fields of a row, each with ASC or DESC")
        return ()
    return tuple(OrderTerm(match[1], descending=(match[2] or "ASC").upper() == "DESC") for match in matches if match)
