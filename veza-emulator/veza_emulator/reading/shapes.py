"""The JSON Schema of a request, taken from the function that reads it, run once over fields that write down what it asks.

So a shape stands once, in its reader, and a field that a reader comes to read is in the document by itself. What a reader refuses
by name or calls deprecated is left out. That null reads as absent everywhere is not said of each field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from veza_emulator.reading.fields import EnumT, Fields, Findings
from veza_emulator.reading.json_schema import (
    ANYTHING,
    BOOLEAN,
    COUNT,
    NAME,
    NUMBER,
    POSITIVE,
    POSITIVE_OR_NULL,
    STRING,
    Schema,
    list_of,
    object_of,
    ref,
)

Read = Callable[[Fields], object]
"""Reads one request, whatever it makes of it."""


class Shape:
    """One object that a reader reads: its fields in the order of reading, and which of them must be there."""

    def __init__(self) -> None:
        self.name = ""
        self._fields: dict[str, Schema | Shape | list[Shape]] = {}
        self._lists_with_some: set[str] = set()
        self._required: dict[str, None] = {}

    def add(self, name: str, field: Schema | Shape | list[Shape], *, required: bool = False) -> None:
        """Note a field; what is known of it already stands where nothing new is said."""
        known = self._fields.get(name, ANYTHING)
        if isinstance(field, Mapping) and isinstance(known, Mapping) and field.get("type") in (None, known.get("type")):
            field = field if "enum" in field else {**known, **field}
        self._fields[name] = field
        if required:
            self._required[name] = None

    def add_list(self, name: str, items: Shape, *, required: bool) -> None:
        """Note a list of objects; a required one has an object in it."""
        self.add(name, [items], required=required)
        if required:
            self._lists_with_some.add(name)

    def fields(self, named: dict[str, Schema]) -> dict[str, Schema]:
        """Return the schema of each field; those of named objects are put beside."""
        return {name: self._render(name, field, named) for name, field in self._fields.items()}

    def must_have(self, name: str) -> bool:
        """Tell whether a field must be there."""
        return name in self._required

    def schema(self, named: dict[str, Schema]) -> Schema:
        """Return the schema, or a reference to it, then with the schema itself among the named ones.

        :raises ValueError: if another shape has the same name.
        """
        own = object_of(self.fields(named), required=[*self._required])
        if not self.name:
            return own
        if named.setdefault(self.name, own) != own:
            raise ValueError(f"two shapes of requests are called {self.name}")
        return ref(self.name)

    def _render(self, name: str, field: Schema | Shape | list[Shape], named: dict[str, Schema]) -> Schema:
        if isinstance(field, Shape):
            return field.schema(named)
        if isinstance(field, list):
            items = list_of(field[0].schema(named))
            return {**items, "minItems": 1} if name in self._lists_with_some else items
        return field


class ShapeFields(Fields):
    """Fields of an object that has every field, each of them empty; what is read of it is written down."""

    def __init__(self, shape: Shape) -> None:
        super().__init__({}, Findings())
        self._shape = shape

    def is_a(self, name: str) -> None:
        """Take the first name that is given."""
        self._shape.name = self._shape.name or name

    def has(self, name: str) -> bool:
        """Return true."""
        return True

    def is_set(self, name: str) -> bool:
        """Return true."""
        return True

    def deprecate(self, names: Collection[str]) -> list[str]:
        """Return none, so that no deprecated field is read."""
        return []

    def replaced(self, values: Mapping[str, Any]) -> Fields:
        """Return these fields, whose values do not matter."""
        return self

    def parted(self, names: Collection[str]) -> tuple[Fields, Fields]:
        """Return these fields twice, since together they are one object."""
        return self, self

    def raw(self, name: str, shape: Schema = ANYTHING) -> Any:
        """Write down a field, and return nothing."""
        self._shape.add(name, shape)

    def string(self, name: str, default: str = "") -> str:
        """Write down a text."""
        self._shape.add(name, STRING)
        return default

    def required_string(self, name: str, longest: int | None = None) -> str:
        """Write down a text that must not be empty."""
        self._shape.add(name, NAME if longest is None else {**NAME, "maxLength": longest}, required=True)
        return ""

    def matching(self, name: str, pattern: re.Pattern[str], wrong: str) -> str:
        """Write down a text with its pattern."""
        self._shape.add(name, {"type": "string", "pattern": f"^(?:{pattern.pattern})$"})
        return ""

    def boolean(self, name: str) -> bool:
        """Write down a yes or no."""
        self._shape.add(name, BOOLEAN)
        return False

    def number(self, name: str, *, required: bool = False) -> float | None:
        """Write down a number, of which null says something where it need not be there."""
        self._shape.add(name, POSITIVE if required else POSITIVE_OR_NULL, required=required)
        return None

    def required_number(self, name: str) -> float:
        """Write down a number that must be there."""
        self._shape.add(name, NUMBER, required=True)
        return 0

    def count(self, name: str, default: int) -> int:
        """Write down a whole number."""
        self._shape.add(name, COUNT)
        return default

    def strings(self, name: str) -> tuple[str, ...]:
        """Write down a list of texts."""
        self._shape.add(name, list_of(STRING))
        return ()

    def string_map(self, name: str) -> dict[str, str]:
        """Write down an object of texts."""
        self._shape.add(name, {"type": "object", "additionalProperties": STRING})
        return {}

    def child(self, name: str) -> Fields:
        """Write down an object, and return the fields in it."""
        shape = Shape()
        self._shape.add(name, shape)
        return ShapeFields(shape)

    def required_child(self, name: str) -> Fields:
        """Write down an object that must be there."""
        shape = Shape()
        self._shape.add(name, shape, required=True)
        return ShapeFields(shape)

    def children(self, name: str, *, required: bool = False) -> list[Fields]:
        """Write down a list of objects, and return the fields of one."""
        shape = Shape()
        self._shape.add_list(name, shape, required=required)
        return [ShapeFields(shape)]

    def more_like_this(self, name: str) -> list[Fields]:
        """Write down a list of objects of this shape, which must have a name, and return none."""
        self._shape.add(name, list_of(ref(self._shape.name)))
        return []

    def enum(
        self,
        name: str,
        modelled: type[EnumT],
        default: EnumT,
        *,
        also_documented: Collection[str] = (),
        required: bool = False,
    ) -> EnumT:
        """Write down the names to choose from; that they may come in any case, or as numbers, is not said."""
        self._shape.add(name, {"enum": [member.value for member in modelled]}, required=required)
        return default


def shape_of(read: Read) -> Shape:
    """Return the shape of what a function reads."""
    shape = Shape()
    read(ShapeFields(shape))
    return shape


class RequestSchemas:
    """Schemas of requests, and beside them those of the objects that have a name."""

    def __init__(self) -> None:
        self.named: dict[str, Schema] = {}

    def of(self, read: Read) -> Schema:
        """Return the schema of what a function reads."""
        return shape_of(read).schema(self.named)

    def one_of(self, reads: Sequence[Read]) -> Schema:
        """Return the schema of a request that one of several functions reads."""
        return {"oneOf": [self.of(read) for read in reads]}
