"""Reads choices of variants that come as JSON or as flags, and tells what there is to choose; no variant is played here."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields, replace
from enum import StrEnum
from typing import Any

from veza_emulator.reading.checked_fields import checked
from veza_emulator.reading.fields import Fields
from veza_emulator.variants import RULES, Variants


def read_variants(given: Fields, base: Variants) -> Variants:
    """Read choices by the names of their switches, over a base that absent ones keep."""
    wanted: dict[str, Any] = {field.name: _read(given, field.name, getattr(base, field.name)) for field in fields(base)}
    for name, (holds, rule) in RULES.items():
        if not holds(wanted[name]):
            given.violate(name, rule)
            del wanted[name]
    return replace(base, **wanted)


def parse_variants(texts: Iterable[str]) -> Variants:
    """Read choices from texts, each NAME=VALUE; a value is JSON, or else a text as it stands.

    :raises ValueError: naming each switch or value that is none.

    >>> parse_variants(["lost_query=not_found", "maximum_page_size=7"]).maximum_page_size
    7
    """
    with checked(parse_values(texts)) as given:
        return read_variants(given, Variants())


def parse_values(texts: Iterable[str]) -> dict[str, Any]:
    """Return values from texts, each NAME=VALUE; a value is JSON, or else a text as it stands.

    :raises ValueError: naming a text of another form.
    """
    texts = list(texts)
    for text in texts:
        if not text.partition("=")[0] or "=" not in text:
            raise ValueError(f"{text!a} is not of the form NAME=VALUE")
    return {name: _value(value) for name, _, value in (text.partition("=") for text in texts)}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def choices() -> dict[str, list[str] | str]:
    """Return what each switch can be set to: the names to choose from, or what kind of value it takes."""
    return {field.name: _choices(getattr(Variants, field.name)) for field in fields(Variants)}


def _choices(default: object) -> list[str] | str:
    if isinstance(default, StrEnum):
        return [member.value for member in type(default)]
    return {str: "text", int: "whole number", float: "number", tuple: "list of texts"}[type(default)]


def _read(given: Fields, name: str, current: object) -> Any:
    if not given.has(name):
        return current
    if isinstance(current, StrEnum):
        return given.enum(name, type(current), current)
    if isinstance(current, str):
        return given.string(name)
    if isinstance(current, float):
        return given.number(name) or 0.0
    return given.strings(name) if isinstance(current, tuple) else _read_whole_number(given, name)


def _read_whole_number(given: Fields, name: str) -> int:
    number = given.number(name) or 0
    if number != int(number):
        given.violate(name, "must be a whole number")
    return int(number)
