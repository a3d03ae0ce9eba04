"""YAML with the values that JSON has and no others, so that ``NO``, ``010``, ``12:30`` and ``2026-01-01`` are text."""

from __future__ import annotations

import re
from typing import Any, NoReturn

from yaml import SafeLoader, load
from yaml.constructor import ConstructorError
from yaml.nodes import Node, ScalarNode

from airflow_provider_veza.async_query.json_value import value_of

_TAG = "tag:yaml.org,2002:"
_IMPLICIT = {
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "int": (r"-?(?:0|[1-9][0-9]*)", "-0123456789"),
    "float": (r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", "-0123456789"),
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "merge": (r"<<", "<"),
}


class _JsonLoader(SafeLoader):
    """Knows no types but those that are added below."""


_JsonLoader.yaml_implicit_resolvers = {}
_JsonLoader.yaml_constructors = {}


def _number(loader: _JsonLoader, node: ScalarNode) -> Any:
    return value_of(loader.construct_scalar(node))


def _refused(loader: _JsonLoader, node: Node) -> NoReturn:
    del loader
    raise ConstructorError(None, None, f"the tag {node.tag!r} is none of JSON's types", node.start_mark)


for _name, (_pattern, _first) in _IMPLICIT.items():
    _JsonLoader.add_implicit_resolver(_TAG + _name, re.compile(rf"(?:{_pattern})\Z"), list(_first))
for _name, _constructor in {
    "bool": SafeLoader.construct_yaml_bool,
    "int": _number,
    "float": _number,
    "null": SafeLoader.construct_yaml_null,
    "str": SafeLoader.construct_yaml_str,
    "seq": SafeLoader.construct_yaml_seq,
    "map": SafeLoader.construct_yaml_map,
}.items():
    _JsonLoader.add_constructor(_TAG + _name, _constructor)
_JsonLoader.add_constructor(None, _refused)


def value_of_yaml(text: str) -> Any:
    """Return what a YAML text says; a scalar without quotes is what JSON would make of it, else text.

    Anchors and merges (``<<``) work; of the tags, only those of JSON's types do.

    :raises Exception: of whatever type, when it is no such text.

    >>> value_of_yaml("{country: NO, since: 2026-01-01, most: 1e3, id: 010, none: }")
    {'country': 'NO', 'since': '2026-01-01', 'most': 1000.0, 'id': '010', 'none': None}
    """
    return load(text, Loader=_JsonLoader)
