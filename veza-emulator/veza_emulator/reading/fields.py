"""Reads a JSON object field by field and notes what is wrong, ignored or deprecated; knows no field by name.

`shapes` runs the same readers over fields of its own, for the JSON Schema of what they read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from veza_emulator.reading.errors import FieldViolation, invalid_argument
from veza_emulator.reading.json_schema import ANYTHING, Schema
from veza_emulator.reading.numbered_enum import name_of

EnumT = TypeVar("EnumT", bound=StrEnum)

_OPERATORS = frozenset({"operator", "nodes_operator"})
_NUMERIC = re.compile(r"[0-9]{1,18}")


def is_unset(value: object) -> bool:
    """Tell whether a field says nothing: absent, null, false, zero, empty, or an operator over nothing."""
    if isinstance(value, Mapping):
        return all(is_unset(inner) for name, inner in value.items() if name not in _OPERATORS)
    return value is None or value in (False, 0, "", "0", [])


class Findings:
    """What reading a request found, for the answer (violations) and for the journal (the rest)."""

    def __init__(self) -> None:
        self._violations: dict[str, FieldViolation] = {}
        self.ignored: list[str] = []
        self.deprecated: list[str] = []

    @property
    def violations(self) -> list[FieldViolation]:
        """What is wrong, at most one violation for each field."""
        return list(self._violations.values())

    def violate(self, path: str, description: str) -> None:
        """Note that a field is wrong; what is noted of it first stands."""
        self._violations.setdefault(path, FieldViolation(path, description))

    def raise_violations(self) -> None:
        """Refuse the request if any field was wrong."""
        if self._violations:
            raise invalid_argument(*self.violations)


class Fields:
    """One JSON object under a path; a field of the wrong shape becomes a violation and reads as unset."""

    def __init__(self, value: Mapping[str, Any], findings: Findings, path: str = "") -> None:
        self._value = value
        self._read: set[str] = set()
        self._known: set[str] = set()
        self.findings = findings
        self.path = path

    @property
    def as_sent(self) -> Mapping[str, Any]:
        """The object as it came."""
        return self._value

    def is_a(self, name: str) -> None:
        """Say what an object of this shape is called in the document; reading does not depend on it."""

    def path_of(self, name: str) -> str:
        """Return the path of a field from the root of the request."""
        return f"{self.path}.{name}" if self.path else name

    def is_set(self, name: str) -> bool:
        """Tell whether the field says anything."""
        return not is_unset(self._value.get(name))

    def has(self, name: str) -> bool:
        """Tell whether the field is present, be it null."""
        self._known.add(name)
        return name in self._value

    def parted(self, names: Collection[str]) -> tuple[Fields, Fields]:
        """Return the fields with these names, and all others; both find into the same findings."""
        named = {name: value for name, value in self._value.items() if name in names}
        others = {name: value for name, value in self._value.items() if name not in names}
        return Fields(named, self.findings, self.path), Fields(others, self.findings, self.path)

    def replaced(self, values: Mapping[str, Any]) -> Fields:
        """Return fields with these values in place of their own; what was read of them is forgotten."""
        return Fields({**self._value, **values}, self.findings, self.path)

    def drop(self, name: str) -> None:
        """Read the field as absent from now on."""
        self._value = {other: value for other, value in self._value.items() if other != name}

    def violate(self, name: str, description: str) -> None:
        """Note that the field is wrong."""
        self.findings.violate(self.path_of(name), description)

    def raw(self, name: str, shape: Schema = ANYTHING) -> Any:
        """Return the field's value as it came, None if absent; the caller checks that it has the shape."""
        self._read.add(name)
        return self._value.get(name)

    def string(self, name: str, default: str = "") -> str:
        """Return a text field."""
        value = self.raw(name)
        if value is None:
            return default
        if isinstance(value, str):
            return value
        self.violate(name, "must be a string")
        return default

    def required_string(self, name: str, longest: int | None = None) -> str:
        """Return a text field that must not be empty, nor longer than this."""
        value = self.string(name)
        if not value:
            self.violate(name, "Cannot be empty")
        if longest is not None and len(value) > longest:
            self.violate(name, f"is longer than {longest} characters")
        return value

    def matching(self, name: str, pattern: re.Pattern[str], wrong: str) -> str:
        """Return a text field, empty if absent.

        :param wrong: what is said of a text that the pattern does not match as a whole.
        """
        value = self.string(name)
        if value and not pattern.fullmatch(value):
            self.violate(name, wrong)
        return value

    def boolean(self, name: str) -> bool:
        """Return a yes-or-no field; absent means no."""
        value = self.raw(name)
        if value is None or isinstance(value, bool):
            return bool(value)
        self.violate(name, "must be true or false")
        return False

    def number(self, name: str, *, required: bool = False) -> float | None:
        """Return a number that is not negative, None if absent or null."""
        value = self.raw(name)
        if required and value is None:
            self.violate(name, "Cannot be empty")
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9):
            return value
        self.violate(name, "must be a number from 0 up to 1e9")
        return None

    def required_number(self, name: str) -> float:
        """Return a number that must be there; text of digits, as which JSON carries large numbers, counts as one."""
        value = self.raw(name)
        if isinstance(value, str) and _NUMERIC.fullmatch(value):
            return int(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        self.violate(name, "must be a number")
        return 0

    def count(self, name: str, default: int) -> int:
        """Return a whole number, which Veza also takes as text; absent, empty or zero means the default."""
        value = self.raw(name)
        if isinstance(value, str) and _NUMERIC.fullmatch(value):
            value = int(value)
        if is_unset(value):
            return default
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
        self.violate(name, "must be a whole number that is not negative")
        return default

    def strings(self, name: str) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self.raw(name)
        if value is None:
            return ()
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        self.violate(name, "must be a list of strings")
        return ()

    def string_map(self, name: str) -> dict[str, str]:
        """Return an object whose fields have any name and hold text."""
        child = self.child(name)
        return {} if child is None else {inner: child.string(inner) for inner in child.unread()}

    def child(self, name: str) -> Fields | None:
        """Return an object inside this one, None if absent or null."""
        value = self.raw(name)
        if value is None:
            return None
        if isinstance(value, Mapping):
            return Fields(value, self.findings, self.path_of(name))
        self.violate(name, "must be an object")
        return None

    def required_child(self, name: str) -> Fields:
        """Return an object inside this one that must be there; what is missing inside a missing one is not noted."""
        child = self.child(name)
        if child is not None:
            return child
        self.violate(name, "Cannot be empty")
        return self._nothing_at(name)

    def children(self, name: str, *, required: bool = False) -> list[Fields]:
        """Return a list of objects inside this one; a required one must not be empty."""
        value = self.raw(name)
        if value is not None and not isinstance(value, list):
            self.violate(name, "must be a list of objects")
        elif required and not value:
            self.violate(name, "Cannot be empty")
        items = value if isinstance(value, list) else ()
        return [self._element(f"{name}[{index}]", item) for index, item in enumerate(items)]

    def more_like_this(self, name: str) -> list[Fields]:
        """Return a list of objects inside this one that have the same shape as this one."""
        return self.children(name)

    def enum(
        self,
        name: str,
        modelled: type[EnumT],
        default: EnumT,
        *,
        also_documented: Collection[str] = (),
        required: bool = False,
    ) -> EnumT:
        """Return an enum given by name in any case, or by number if it is numbered.

        :param also_documented: further names that the service knows and this tenant does not evaluate.
        """
        value = self.raw(name)
        choices = ", ".join(modelled)
        if value is None or value == "":
            if required:
                self.violate(name, f"Cannot be empty; use one of: {choices}")
            return default
        key = name_of(value, modelled)
        for member in modelled:
            if member.upper() == key:
                return member
        if key in also_documented:
            self.violate(name, f"{key} is documented, but this tenant does not evaluate it; use one of: {choices}")
        else:
            self.violate(name, f"{value!r} is not a valid {modelled.__name__}; use one of: {choices}")
        return default

    def refuse(self, names: Collection[str]) -> None:
        """Refuse each of these documented fields that is set and nobody has read: this tenant does not evaluate it."""
        for name in sorted(set(names) & self._value.keys() - self._read):
            self._read.add(name)
            if self.is_set(name):
                self.violate(name, "is documented, but this tenant does not evaluate it; leave it out")

    def deprecate(self, names: Collection[str]) -> list[str]:
        """Note each of these deprecated fields that is set, and return their names."""
        self._read.update(names)
        used = [name for name in sorted(names) if self.is_set(name)]
        self.findings.deprecated.extend(self.path_of(name) for name in used)
        return used

    def ignore_rest(self) -> None:
        """Note every field that was never read: the real service ignores what it does not know."""
        self.findings.ignored.extend(self.path_of(name) for name in self.unread())

    def refuse_rest(self) -> None:
        """Refuse every field that was never read, so that a misspelt field of a test is not lost; say which there are."""
        names = sorted(self._read | self._known)
        known = f"; it takes: {', '.join(names)}" if names else ""
        for name in self.unread():
            self.violate(name, f"is not a field of this request{known}")

    def unread(self) -> list[str]:
        """Return the names of the fields that nobody has read."""
        return sorted(self._value.keys() - self._read)

    def _element(self, name: str, item: object) -> Fields:
        if isinstance(item, Mapping):
            return Fields(item, self.findings, self.path_of(name))
        self.violate(name, "must be an object")
        return self._nothing_at(name)

    def _nothing_at(self, name: str) -> Fields:
        return Fields({}, Findings(), self.path_of(name))
