"""The templates of pushed payloads: what turns a payload of each into a part of the graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from veza_emulator.oaa.application import application_part
from veza_emulator.oaa.application_payload import read_application_payload
from veza_emulator.oaa.enrichment import read_enrichment_part
from veza_emulator.oaa.hris import hris_part, read_hris_payload
from veza_emulator.oaa.identity_provider import (
    identity_provider_part,
    read_identity_provider_payload,
)
from veza_emulator.oaa.part import GraphPart, Origin, bounded
from veza_emulator.oaa.principal import principal_part, read_principal_payload
from veza_emulator.reading.errors import invalid_argument
from veza_emulator.reading.fields import Fields, Findings

T = TypeVar("T")


class Template(StrEnum):
    """What kind of payload a provider takes; the SDK's further templates are refused by name when it is created."""

    APPLICATION = "application"
    IDENTITY_PROVIDER = "identity_provider"
    HRIS = "hris"
    PRINCIPAL = "principal"
    ENTITY_ENRICHMENT = "entity_enrichment"


FURTHER_TEMPLATES = ("SECRET_STORE",)
"""Templates that oaaclient 1.2.0 has and this tenant does not model, as `Fields.enum` compares them."""


def part_of(template: Template, payload: Mapping[str, Any], origin: Origin) -> GraphPart:
    """Return what a payload adds to the graph; refuse one that is not of the template, naming every violation."""
    match template:
        case Template.APPLICATION:
            return application_part(_read(payload, read_application_payload), origin)
        case Template.IDENTITY_PROVIDER:
            return identity_provider_part(_read(payload, read_identity_provider_payload), origin)
        case Template.HRIS:
            return hris_part(_read(payload, read_hris_payload), origin)
        case Template.PRINCIPAL:
            return principal_part(_read(payload, read_principal_payload), origin)
        case Template.ENTITY_ENRICHMENT:
            return _read(payload, read_enrichment_part)


def _read(payload: Mapping[str, Any], read: Callable[[Fields], T]) -> T:
    fields = Fields(payload, Findings())
    found = read(fields)
    if fields.findings.violations:
        raise invalid_argument(*bounded(fields.findings.violations))
    return found
