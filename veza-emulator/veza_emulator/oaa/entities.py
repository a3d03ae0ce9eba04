"""Reads what all entities of pushed payloads share: identifier, name, properties, custom properties, tags, owners.

A field that the SDK does not write is refused by name: Veza refuses unknown fields too, as the SDK's tests show. That a
custom property must be defined and fit its type is inferred. Owners are read and checked, but nothing comes of them here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from veza_emulator.graph.tenant_graph import Tag
from veza_emulator.reading.fields import Fields
from veza_emulator.reading.moment import moment_in

CUSTOM_PROPERTY_PREFIX = "customprop_"
"""What Veza puts before the name of a custom property, as its own reports of pushed applications show."""


class PropertyType(StrEnum):
    """What values a custom property takes."""

    BOOLEAN = "BOOLEAN"
    NUMBER = "NUMBER"
    STRING = "STRING"
    STRING_LIST = "STRING_LIST"
    TIMESTAMP = "TIMESTAMP"


PropertyTypes = Mapping[str, PropertyType]
"""The defined custom properties of one kind of entity, by name in lower case."""

NO_PROPERTIES: PropertyTypes = {}


@dataclass(frozen=True)
class EntityShape:
    """The fields of one kind of entity that become properties of its node.

    :param key: the field that identifies the entity; an entity without it is identified by its name.
    """

    key: str = "id"
    texts: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    text_lists: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entity:
    """One entity: what identifies it, and the populated properties of its node, name included."""

    key: str
    name: str
    properties: Mapping[str, Any]
    tags: tuple[Tag, ...] = ()


def read_entity(fields: Fields, shape: EntityShape, types: PropertyTypes) -> Entity:
    """Read what entities share; the caller reads the rest and then refuses what nobody has read."""
    name = fields.required_string("name")
    key = fields.string(shape.key) or name
    _check_owners(fields)
    properties = {
        "name": name,
        **{text: fields.string(text) for text in shape.texts},
        **{flag: _flag(fields, flag) for flag in shape.flags},
        **{texts: list(fields.strings(texts)) for texts in shape.text_lists},
        **read_custom_properties(fields, types),
    }
    return Entity(key, name, populated(properties), _read_tags(fields))


def populated(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties that say something: Veza leaves the others out of a row."""
    return {name: value for name, value in properties.items() if value is not None and value not in ("", [])}


def read_property_types(fields: Fields | None, name: str) -> PropertyTypes:
    """Read the custom properties that a payload defines for one kind of entity."""
    child = fields.child(name) if fields is not None else None
    if child is None:
        return NO_PROPERTIES
    return {defined.lower(): child.enum(defined, PropertyType, PropertyType.STRING) for defined in child.unread()}


def read_custom_properties(
    fields: Fields, types: PropertyTypes, field: str = "custom_properties", prefix: str = CUSTOM_PROPERTY_PREFIX
) -> dict[str, Any]:
    """Read the custom properties of one entity; one that is not defined, or does not fit, is refused.

    :param prefix: what stands before their names where they are read back.
    """
    child = fields.child(field)
    if child is None:
        return {}
    values = {}
    for name in child.unread():
        value = child.raw(name)
        wanted = types.get(name.lower())
        if wanted is None:
            child.violate(name, "is not defined in the payload for this kind of entity")
        elif value is not None and not _FITS[wanted](value):
            child.violate(name, f"is defined as {wanted}, which {value!r} is not")
        else:
            values[f"{prefix}{name.lower()}"] = value
    return populated(values)


def read_identifier(fields: Fields, name: str) -> str:
    """Read an object that names an entity, such as `"department": {"id": "..."}`; empty if absent."""
    child = fields.child(name)
    if child is None:
        return ""
    identifier = child.required_string("id")
    child.refuse_rest()
    return identifier


def read_identifiers(fields: Fields, name: str, key: str) -> tuple[str, ...]:
    """Read a list of objects that each name an entity in one field, such as `"groups": [{"id": "..."}]`."""
    identifiers = []
    for child in fields.children(name):
        identifiers.append(child.required_string(key))
        child.refuse_rest()
    return tuple(identifiers)


def _flag(fields: Fields, name: str) -> bool | None:
    return None if fields.raw(name) is None else fields.boolean(name)


def _read_tags(fields: Fields) -> tuple[Tag, ...]:
    tags = []
    for tag in fields.children("tags"):
        tags.append(Tag(tag.required_string("key"), tag.string("value")))
        tag.refuse_rest()
    return tuple(tags)


def _check_owners(fields: Fields) -> None:
    for owner in fields.children("owners"):
        owner.required_string("external_id")
        owner.required_string("owner_type")
        owner.boolean("primary")
        owner.refuse_rest()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_text_list(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_timestamp(value: object) -> bool:
    moment = moment_in(value) if isinstance(value, str) else None
    return moment is not None and moment.tzinfo is not None


_FITS: Mapping[PropertyType, Callable[[object], bool]] = {
    PropertyType.BOOLEAN: lambda value: isinstance(value, bool),
    PropertyType.NUMBER: _is_number,
    PropertyType.STRING: lambda value: isinstance(value, str),
    PropertyType.STRING_LIST: _is_text_list,
    PropertyType.TIMESTAMP: _is_timestamp,
}
