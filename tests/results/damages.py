"""Files of a landed folder, damaged in every way that is known: each a function from what a file held to what it holds then."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Damage = Callable[[bytes], bytes]


def cut(raw: bytes) -> bytes:
    return raw[: len(raw) // 2]


def emptied(_raw: bytes) -> bytes:
    return b""


def zeroed(raw: bytes) -> bytes:
    """What a disk leaves of a file whose name it had written, but not its content, when the machine was lost."""
    return b"\0" * len(raw)


def not_utf8(raw: bytes) -> bytes:
    return raw.replace(b"veza_nodes", b"veza_\xffodes")


def nested_deeply(raw: bytes) -> bytes:
    return raw.replace(b'"resumed": ', b'"resumed": ' + b"[" * 200_000)


def of_endless_digits(raw: bytes) -> bytes:
    return raw.replace(b'"resumed": ', b'"resumed": ' + b"9" * 10_000)


def edited(**fields: Any) -> Damage:
    """Let some fields say something else; ``progress__rows`` is a field of the field ``progress``."""

    def damage(raw: bytes) -> bytes:
        data = json.loads(raw)
        for path, value in fields.items():
            *above, name = path.split("__")
            inner = data
            for field in above:
                inner = inner[field]
            inner[name] = value(inner[name]) if callable(value) else value
        return json.dumps(data).encode()

    return damage


def without(field: str) -> Damage:
    def damage(raw: bytes) -> bytes:
        return json.dumps({name: value for name, value in json.loads(raw).items() if name != field}).encode()

    return damage


def of_part(number: int, **fields: Any) -> Damage:
    """Let a part be described otherwise."""

    def change(parts: list[Any]) -> list[Any]:
        return [part | fields if index == number else part for index, part in enumerate(parts)]

    return edited(parts=change)


def swapped(parts: list[Any]) -> list[Any]:
    return [parts[1], parts[0], *parts[2:]]


def with_the_first_twice(parts: list[Any]) -> list[Any]:
    return [parts[0], *parts]


OF_EITHER: dict[str, Damage] = {
    "cut": cut,
    "emptied": emptied,
    "zeroed": zeroed,
    "not UTF-8": not_utf8,
    "nested deeply": nested_deeply,
    "of endless digits": of_endless_digits,
    "parts that are a number": edited(parts=5),
    "parts that are null": edited(parts=None),
    "parts of null": edited(parts=[None]),
    "a time that is none": edited(started_at="yesterday"),
    "a time out of range": edited(started_at="0001-01-01T00:00:00+23:59"),
    "a time that is a number": edited(started_at=10**400),
    "an endless number": edited(resumed=float("inf")),
    "a negative number": edited(resumed=-1),
    "a part outside the folder": of_part(0, name="../part-00000-1f0c9a3e.jsonl"),
    "a part by its whole path": of_part(0, name="/etc/passwd"),
    "a part of another name": of_part(0, name="users.jsonl"),
    "a part of fewer than no rows": of_part(0, rows=-4),
    "a part whose rows are text": of_part(0, rows="4"),
    "a part without a digest": of_part(0, sha256=""),
    "swapped parts": edited(parts=swapped),
    "a part twice": edited(parts=with_the_first_twice),
    "a part too few": edited(parts=lambda parts: parts[1:]),
}
OF_MANIFEST: dict[str, Damage] = {
    "a later version": edited(schema_version=2),
    "a version that is true": edited(schema_version=True),
    "another total of rows": edited(rows=4),
    "a total that is text": edited(bytes="many"),
    "no handle": without("handle"),
    "a handle that is none": edited(handle={"v": 1}),
    "a handle whose deadline is out of range": edited(handle__deadline="9999-12-31T23:59:59-23:59"),
    "a column of an unknown type": edited(columns=[{"name": "id", "type": "point"}]),
    "a format of a later version": edited(format="orc"),
    "a compression of a later version": edited(compression="lz4"),
}
OF_CHECKPOINT: dict[str, Damage] = {
    "a later version": edited(v=2),
    "other rows than its parts": edited(progress__rows=5),
    "rows that are text": edited(progress__rows="16"),
    "no next page": edited(progress__next_page_token=None),
    "all pages read, and a next one": edited(progress__all_read=True),
    "all pages read, and none counted": edited(progress__next_page_token=None, progress__pages=0),
    "a part of more rows": of_part(0, rows=5),
    "a part of more bytes": of_part(0, bytes=1_000),
    "a part of another content": of_part(1, sha256="0" * 64),
    "columns that it has not": edited(columns=7),
    "columns counted from the end": edited(columns=-1),
    "a mark that is a pattern": edited(marks=["*"]),
    "no key": without("key"),
    "a key of other fields": edited(key={"service": "veza_nodes"}),
}

FOREIGN: dict[str, bytes] = {
    "a manifest of somebody else": b'{"manifest_version": 3, "name": "An extension"}',
    "fields that ours have too": b'{"schema_version": 3, "v": 1, "title": "Somebody else\'s"}',
    "a list": b"[1, 2]",
    "a text": b"see the other folder",
    "a table": b"id,name\n1,Ana\n",
    "bytes": bytes(range(128, 256)),
    "nested deeply": b"[" * 200_000,
}
