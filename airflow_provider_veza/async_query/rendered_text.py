"""Text that a template rendered, as the value that it stands for: JSON, or a Python value as ``str`` shows it; nothing is run.

JSON of servers and files is in :mod:`.json_value`, time in :mod:`.given_time`.
"""

from __future__ import annotations

import ast
from typing import Any

from airflow_provider_veza.async_query.json_value import value_of

_BYTE_ORDER_MARK = "\ufeff"
_OPENING = ("{", "[", "(")


def value_in(text: str) -> Any:
    """Return what a text says. A Python tuple is a list; everything else is what JSON has too.

    :raises ValueError: when it is neither JSON nor a Python dict, list or tuple of what JSON has.

    >>> value_in('{"country": "NO", "most": 1e3}')
    {'country': 'NO', 'most': 1000.0}
    >>> value_in("{'country': None}")
    {'country': None}
    """
    text = str(text).removeprefix(_BYTE_ORDER_MARK)  # Airflow's tojson gives a subclass of str.
    try:
        return value_of(text)
    except ValueError as e:
        if looks_structured(text):
            return _python_value(text, e)
        raise


def looks_structured(text: str) -> bool:
    """Whether a text begins as an object or a list does."""
    return text.lstrip().startswith(_OPENING)


def _python_value(text: str, no_json: ValueError) -> Any:
    try:
        value = ast.literal_eval(text.strip())
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise ValueError(f"it is no JSON ({no_json}), nor a Python value as a template shows it") from None
    return _as_in_json(value)


def _as_in_json(value: Any) -> Any:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case list() | tuple():
            return [_as_in_json(one) for one in value]
        case dict():
            return {name: _as_in_json(one) for name, one in value.items()}
    raise ValueError(f"it holds a Python {type(value).__name__}, which JSON has not")
