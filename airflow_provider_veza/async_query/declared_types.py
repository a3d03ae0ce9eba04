"""Whether a dataclass that was read from JSON holds what its annotations say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints


def mistyped_field(instance: Any) -> str:
    """Return the name of the first field that holds something else than is declared; empty where all are right."""
    cls: type = type(instance)
    declared = _declared(cls)
    return next((f.name for f in fields(instance) if not _is_of(getattr(instance, f.name), declared[f.name])), "")


@cache
def _declared(cls: type) -> Mapping[str, Any]:
    return get_type_hints(cls)


def _is_of(value: Any, declared: Any) -> bool:
    origin, inner = get_origin(declared), get_args(declared)
    if declared is Any:
        return True
    if origin in (Union, UnionType):
        return any(_is_of(value, one) for one in inner)
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        each = inner if inner[-1] is not Ellipsis else inner[:1] * len(value)
        return len(value) == len(each) and all(map(_is_of, value, each))
    if origin is Mapping:
        return isinstance(value, Mapping) and all(
            _is_of(name, inner[0]) and _is_of(one, inner[1]) for name, one in value.items()
        )
    if origin is not None:
        return isinstance(value, origin)
    if hasattr(declared, "__dataclass_fields__"):
        return isinstance(value, declared) and not mistyped_field(value)
    return isinstance(value, declared) and not (isinstance(value, bool) and declared is int)
