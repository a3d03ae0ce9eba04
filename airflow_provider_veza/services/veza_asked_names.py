"""The names that a query spec asks for, for a result that found nothing: Veza answers some misspelt names with no rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_TYPES = frozenset({"node_type", "node_types"})
_PROPERTIES = frozenset({"property", "source_property", "value_property_name", "properties_to_get"})


NOTHING_FOUND = "Nothing was found. A misspelt node type or property may look like this too."


def warning_of_nothing_found(spec: Mapping[str, Any]) -> str:
    """Return what the log should say where no row was found; empty where the spec names nothing.

    >>> warning_of_nothing_found({"source_node_types": {"nodes": [{"node_type": "OktaUsr"}]}})
    "Nothing was found. A misspelt node type or property may look like this too. Asked for: node types 'OktaUsr'."
    """
    asked = {"node types": _names(spec, _TYPES), "properties": _names(spec, _PROPERTIES)}
    lists = [f"{what} {', '.join(map(ascii, names))}" for what, names in asked.items() if names]
    if not lists:
        return ""
    return f"{NOTHING_FOUND} Asked for: {'; '.join(lists)}."


def _names(spec: Any, fields: frozenset[str]) -> list[str]:
    return list(dict.fromkeys(_found(spec, fields)))


def _found(value: Any, fields: frozenset[str]) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _found(item, fields)
    if not isinstance(value, Mapping):
        return
    for name, content in value.items():
        if name in fields:
            yield from (text for text in _listed(content) if isinstance(text, str))
        yield from _found(content, fields)


def _listed(content: Any) -> list[Any]:
    return content if isinstance(content, list) else [content]
