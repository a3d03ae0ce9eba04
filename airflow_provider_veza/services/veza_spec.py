"""Checks a Veza query spec before it is sent: its shape, its names, its deprecated fields.

What a spec is made of is in :mod:`.veza_spec_shapes`.
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from enum import Enum
from itertools import count
from typing import Any

from airflow_provider_veza.async_query.given_time import time_text
from airflow_provider_veza.async_query.json_value import words_of
from airflow_provider_veza.async_query.rendered_text import looks_structured, value_in
from airflow_provider_veza.exceptions import QuerySpecError
from airflow_provider_veza.services.veza_spec_shapes import (
    ANYTHING,
    CURRENT_NAMES,
    LIST,
    OBJECT,
    QUERY_SPEC,
    SHAPES,
    UNLISTED_NAME,
    JsonType,
    Kind,
    ListOf,
    Message,
    OneOf,
    Plain,
)
from airflow_provider_veza.services.veza_spec_start import THE_TOP, require_start

_DEEPEST = 100
_MOST_VALUES = 500_000
"""A few aliases of YAML that stand in each other make billions."""
_LONGEST_NAME = 200


class DeprecatedFields(Enum):
    """What to do with deprecated top-level fields that say something."""

    WARN = "warn"
    REWRITE = "rewrite"


_ADVICE = {
    DeprecatedFields.WARN: "move it to relates_to_exp.specs[].{}, or let rewrite_deprecated do so",
    DeprecatedFields.REWRITE: "it was rewritten to relates_to_exp.specs[0].{}",
}


@dataclass(frozen=True)
class CheckedSpec:
    """A spec that may be sent.

    :param body: plain JSON; shares nothing with what the caller passed.
    :param warnings: what the log should say once.
    """

    body: dict[str, Any]
    warnings: tuple[str, ...]


def check_query_spec(spec: object, deprecated: DeprecatedFields = DeprecatedFields.WARN) -> CheckedSpec:
    """Check a query spec, and rewrite its deprecated fields where asked to. Times in it become text, as RFC 3339 writes it.

    Unknown fields and unknown names of enums are warnings and pass, since the API grows.

    :raises QuerySpecError: when the shape is wrong; names the path of the field.

    >>> check_query_spec({"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}).warnings
    ()
    """
    _require(spec, OBJECT.types, "")
    body: dict[str, Any] = _plain_copy(spec, "")
    require_start(body)
    meant = {name: content for name, content in body.items() if name not in CURRENT_NAMES or _says_something(content)}
    warnings = _once(_findings(QUERY_SPEC, meant, ""))
    used = tuple(name for name in CURRENT_NAMES if name in meant)
    if deprecated is DeprecatedFields.REWRITE:
        body = _rewritten(meant, used)
    return CheckedSpec(body, (*_deprecation_notes(used, deprecated), *warnings))


@dataclass(frozen=True)
class _Finding:
    """Something unknown that passes; findings of one subject are said once, wherever they stand."""

    subject: tuple[Kind, object]
    text: str


def _once(findings: Iterable[_Finding]) -> tuple[str, ...]:
    texts: dict[tuple[Kind, object], str] = {}
    for finding in findings:
        texts.setdefault(finding.subject, finding.text)
    return tuple(texts.values())


def _findings(kind: Kind, value: Any, path: str) -> Iterator[_Finding]:
    match kind:
        case Plain(types):
            _require(value, types, path)
        case OneOf(known):
            _require(value, UNLISTED_NAME.types, path)
            if not kind.knows(value):
                hint = _suggestion(words_of(value).upper(), known) or f" (known: {', '.join(known)})"
                yield _Finding((kind, value), f"Unknown name {_quoted(value)} at {path}{hint}; it is sent as it is.")
        case ListOf(item):
            _require(value, LIST.types, path)
            for index, element in enumerate(value):
                yield from _findings(item, element, f"{path}[{index}]")
        case Message():
            _require(value, OBJECT.types, path)
            yield from _findings_in_fields(kind, value, path)


def _findings_in_fields(message: Message, value: dict[str, Any], path: str) -> Iterator[_Finding]:
    shape = SHAPES[message.name]
    for name, advice in shape.required.items():
        if _is_blank(value.get(name)):
            raise _refused(_join(path, name), f"it is {'empty' if name in value else 'missing'}; {advice}")
    for name, content in value.items():
        kind = shape.fields.get(name)
        if kind is None:
            text = f"Unknown field {_join(path, name)}{_suggestion(name, shape.fields)}"
            yield _Finding((message, name), f"{text}; it is sent as it is, and Veza may ignore it.")
        elif kind is ANYTHING and _is_structure_as_text(content):
            text = f"The text {_repr(content)} at {_join(path, name)} looks like a list or an object that a template has shown"
            yield _Finding((kind, content), f"{text}; it is sent as text. Render the whole spec with `| tojson`.")
        elif content is not None:
            yield from _findings(kind, content, _join(path, name))


def _plain_copy(value: Any, path: str, depth: int = 0, counted: Iterator[int] | None = None) -> Any:
    counted = counted or count(1)
    if next(counted) > _MOST_VALUES:
        raise _refused(path, f"it holds more than {_MOST_VALUES} values, as YAML with aliases in aliases does")
    if depth > _DEEPEST:
        raise _refused(path, f"it is nested deeper than {_DEEPEST} levels, or contains itself")
    match JsonType.of(value):
        case JsonType.OBJECT:
            _require_text_keys(value, path)
            return {
                name: _plain_copy(content, _join(path, name), depth + 1, counted) for name, content in value.items()
            }
        case JsonType.LIST:
            return [_plain_copy(element, f"{path}[{index}]", depth + 1, counted) for index, element in enumerate(value)]
        case JsonType.NUMBER if isinstance(value, float) and not math.isfinite(value):
            raise _refused(path, f"JSON has no {value}; write a finite number, or null")
        case None if isinstance(value, date):
            return _time_text(value, path)
        case None:
            problem = f"a {type(value).__name__} is not plain JSON"
            raise _refused(path, f"{problem}; convert it to a dict, a list, text, a number, a bool or None")
    return value


def _time_text(moment: date, path: str) -> str:
    try:
        return time_text(moment)
    except ValueError as e:
        raise _refused(path, str(e)) from None


def _require_text_keys(value: dict[Any, Any], path: str) -> None:
    for name in value:
        if not isinstance(name, str):
            raise _refused(path, f"the key {name!r} is {type(name).__name__}; write keys as text")


def _require(value: object, types: frozenset[JsonType], path: str) -> None:
    if JsonType.of(value) in types:
        return
    expected = " or ".join(json_type.value for json_type in JsonType if json_type in types)
    raise _refused(path, f"expected {expected}, got {_description(value)}")


def _description(value: object) -> str:
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        return (
            "text that looks like unparsed JSON; parse it with json.loads and pass the result, or where a template gave it, "
            "render the whole spec with `| tojson`"
        )
    json_type = JsonType.of(value)
    return f"{json_type.value if json_type else type(value).__name__} ({_repr(value)})"


def _rewritten(body: Mapping[str, Any], used: tuple[str, ...]) -> dict[str, Any]:
    kept = {name: content for name, content in body.items() if name not in CURRENT_NAMES}
    if not used:
        return kept
    if _says_something(kept.get("relates_to_exp")):
        problem = f"it is set together with the deprecated {', '.join(used)}, and how they combine cannot be guessed"
        raise _refused("relates_to_exp", f"{problem}; move them into relates_to_exp.specs[] by hand")
    return {**kept, "relates_to_exp": {"specs": [{CURRENT_NAMES[name]: body[name] for name in used}]}}


def _deprecation_notes(used: tuple[str, ...], deprecated: DeprecatedFields) -> tuple[str, ...]:
    advice = _ADVICE[deprecated]
    return tuple(
        f"{name} is deprecated at the top level of a query spec; {advice.format(CURRENT_NAMES[name])}." for name in used
    )


def _says_something(value: object) -> bool:
    """Whether a field is more than a placeholder such as null, [], false or {"values": [], "operator": "OR"}."""
    if isinstance(value, dict):
        return any(content for name, content in value.items() if name not in ("operator", "nodes_operator"))
    return bool(value)


def _is_structure_as_text(value: object) -> bool:
    if not isinstance(value, str) or not looks_structured(value):
        return False
    with suppress(ValueError):
        return not isinstance(value_in(value), (str, int, float))
    return False


def _is_blank(value: object) -> bool:
    return value is None or value in ("", [], {}) or (isinstance(value, str) and not value.strip())


def _repr(value: object) -> str:
    try:
        return reprlib.repr(value)
    except ValueError:  # Python turns no integer of so many digits into text.
        return words_of(value)


def _quoted(value: str | float) -> str:
    return repr(value) if isinstance(value, str) else words_of(value)


def _suggestion(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, tuple(known), n=1) if len(name) <= _LONGEST_NAME else []
    return f" (did you mean {near[0]}?)" if near else ""


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _refused(path: str, problem: str) -> QuerySpecError:
    return QuerySpecError(path or THE_TOP, problem)
