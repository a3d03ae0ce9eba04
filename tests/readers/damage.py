"""Damage to foreign data, drawn: other types, missing and huge values, deep nesting, halves of characters."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from readers import drawn as st

DIGITS = "9" * 5000
DEEP = 3_000


class Literal(str):
    """JSON text that stands in a body as it is, though Python has no value for it."""

    __slots__ = ()


VALUES: Sequence[Any] = (
    *(
        None,
        True,
        False,
        0,
        1,
        -5,
        1.9,
        2**63,
        10**400,
        "",
        "x",
        "0",
        "1_000",
        "true",
        ".",
        "..",
        "\x00\n\x1b[31m",
        "\u2028",
        "/",
    ),
    *([], {}, [[]], [{}], {"id": {}}, [None], [1, "a", {"b": []}], "2026-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59"),
    *("\ud83d", {"\ude00": "\ud83d"}, ["\udfff"], "a" * 5000, DIGITS),
    *map(
        Literal,
        (DIGITS, f"-{DIGITS}", "1e999", "-1e999", "1e99999999999999999999", "NaN", "Infinity", "1.0", "1e2", "6.0"),
    ),
    *(Literal(f"{opening * DEEP}1{closing * DEEP}") for opening, closing in ("[]", ('{"a":', "}"))),
    Literal("[" * 400 + "]" * 400),
)
BYTES: Sequence[Callable[[bytes, random.Random], bytes]] = (
    lambda body, dice: body[: dice.randrange(len(body) + 1)],
    lambda body, dice: body[dice.randrange(len(body) + 1) :],
    lambda body, dice: _with(body, dice, b"\xff"),
    lambda body, dice: _with(body, dice, b"\xed\xa0\xbd"),
    lambda body, dice: _with(body, dice, b"\x00"),
    lambda body, dice: _with(body, dice, rb"\ud83d"),
    lambda body, dice: _with(body, dice, dice.randbytes(4)),
    lambda body, dice: body.replace(b'"', b"'", 1),
    lambda body, _: body.decode("utf-8", "replace").encode("utf-16"),
    lambda body, _: b"\xef\xbb\xbf" + body,
    lambda _, __: b"",
    lambda _, __: b"<html><title>502 Bad Gateway</title></html>",
    lambda _, __: b"[" * DEEP,
    lambda _, __: DIGITS.encode(),
    lambda _, __: b'"\\ud83d"',
)


def damaged(values: Sequence[Any]) -> st.Drawn[Any]:
    """Draw one of some values with up to three places changed."""
    return st.builds(_damaged, st.sampled_from(values), st.integers(0, 2**32), st.integers(0, 3))


def damaged_bodies(values: Sequence[Any]) -> st.Drawn[bytes]:
    """Draw the JSON text of a damaged value, one in four times with its bytes damaged too."""
    return st.builds(_damaged_body, damaged(values), st.integers(0, 2**32))


def damaged_body(value: Any, dice: random.Random) -> bytes:
    """Return the JSON text of a value, half of the times as it is, else damaged."""
    seed = dice.randrange(2**32)
    return as_json(value) if dice.random() < 0.5 else _damaged_body(_damaged(value, seed, 1 + seed % 2), seed)


def as_json(value: Any) -> bytes:
    """Return the JSON text of a value, literals as they are."""
    match value:
        case Literal():
            return value.encode()
        case dict():
            return b"{" + b",".join(json.dumps(k).encode() + b":" + as_json(v) for k, v in value.items()) + b"}"
        case list() | tuple():
            return b"[" + b",".join(map(as_json, value)) + b"]"
        case _:
            return json.dumps(value).encode()


def as_python(value: Any) -> Any:
    """Return a value as Python objects, where a literal has become something that no reader expects."""
    match value:
        case Literal():
            return _OBJECTS[hash(value) % len(_OBJECTS)]
        case dict():
            return {name: as_python(one) for name, one in value.items()}
        case list():
            return list(map(as_python, value))
        case _:
            return value


def _nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


_OBJECTS: Sequence[Any] = (
    _nested(900),
    int("9" * 4000) ** 2,
    float("inf"),
    float("nan"),
    b"bytes",
    {1: 2},
    object(),
    {1, 2},
)


def _damaged(value: Any, seed: int, places: int) -> Any:
    dice, copied = random.Random(seed), _copied(value)
    for _ in range(places):
        copied = _changed_somewhere(copied, dice)
    return copied


def _changed_somewhere(value: Any, dice: random.Random) -> Any:
    places = list(_places(value))
    if not places or dice.random() < 0.05:
        return _copied(dice.choice(VALUES))
    holder, key = dice.choice(places)
    match dice.randrange(4):
        case 0 if isinstance(holder, dict):
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder[dice.choice(["\ud83d", "", "values", "result", "task", "value", key * 2])] = holder.pop(key)
        case _:
            holder[key] = _copied(dice.choice(VALUES))
    return value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys: Any = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copied(one) for name, one in value.items()}
    return [_copied(one) for one in value] if isinstance(value, (list, tuple)) else value


def _damaged_body(value: Any, seed: int) -> bytes:
    dice, body = random.Random(seed), as_json(value)
    return dice.choice(BYTES)(body, dice) if dice.random() < 0.25 else body


def _with(body: bytes, dice: random.Random, piece: bytes) -> bytes:
    at = dice.randrange(len(body) + 1)
    return body[:at] + piece + body[at:]
