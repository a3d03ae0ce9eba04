"""Turns a payload of the template `entity_enrichment` into a part of the graph: properties of nodes of other data sources.

An entity is called by type, id and data source, as rows show them, and its new properties read back as `enrichmentprop_<name>`.
That an unknown entity is a warning is inferred. The fields are those that oaaclient 1.2.0 writes.
"""

from __future__ import annotations

from collections.abc import Mapping

from veza_emulator.oaa.entities import (
    NO_PROPERTIES,
    PropertyTypes,
    read_custom_properties,
    read_property_types,
)
from veza_emulator.oaa.part import Enrichment, EntityName, GraphPart
from veza_emulator.reading.fields import Fields

_PREFIX = "enrichmentprop_"


def read_enrichment_part(fields: Fields) -> GraphPart:
    """Read what a payload adds; violations are left in the findings."""
    definitions = dict(_read_definition(child) for child in fields.children("enriched_entity_property_definitions"))
    enrichments = tuple(_read_enrichment(child, definitions) for child in fields.children("enriched_entities"))
    fields.refuse_rest()
    return GraphPart(enrichments=enrichments)


def _read_definition(fields: Fields) -> tuple[str, PropertyTypes]:
    definition = fields.required_string("entity_type"), read_property_types(fields, "enriched_properties")
    fields.refuse_rest()
    return definition


def _read_enrichment(fields: Fields, definitions: Mapping[str, PropertyTypes]) -> Enrichment:
    names = (fields.required_string(name) for name in ("type", "id", "data_source_id"))
    entity = EntityName(*names)
    properties = read_custom_properties(fields, definitions.get(entity.type, NO_PROPERTIES), "properties", _PREFIX)
    fields.refuse_rest()
    return Enrichment(entity, properties)
