"""Turns a payload of the template `hris` into a part of the graph.

Node types `OAA.<hris type>.` + `HRISEmployee` (documented), `HRISGroup`, `HRISSystem` (inferred). An employee holds its groups,
its department and cost center (which are groups), and the identity in an identity provider that it matches: by `idp_id`, else
by e-mail, else by id (documented). The system holds nothing. The fields are those that oaaclient 1.2.0 writes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from veza_emulator.oaa.entities import (
    Entity,
    EntityShape,
    PropertyTypes,
    populated,
    read_entity,
    read_identifier,
    read_identifiers,
    read_property_types,
)
from veza_emulator.oaa.identities import IdentityName
from veza_emulator.oaa.part import GraphPart, Origin, PartDraft
from veza_emulator.reading.fields import Fields

_EMPLOYEE = EntityShape(
    texts=(
        "employee_number",
        "company",
        "first_name",
        "last_name",
        "preferred_name",
        "display_full_name",
        "canonical_name",
        "username",
        "email",
        "idp_id",
        "personal_email",
        "home_location",
        "work_location",
        "employment_status",
        "start_date",
        "termination_date",
        "job_title",
        "primary_time_zone",
    ),
    flags=("is_active",),
    text_lists=("employment_types",),
)
_GROUP = EntityShape(texts=("group_type",))
_SYSTEM = EntityShape(texts=("url",), text_lists=("idp_providers",))


@dataclass(frozen=True)
class Employee:
    """An employee and the groups that it is in, department and cost center included."""

    entity: Entity
    groups: tuple[str, ...]

    @property
    def identity(self) -> IdentityName:
        """What the employee is called in identity providers."""
        properties = self.entity.properties
        return IdentityName(str(properties.get("idp_id") or properties.get("email") or self.entity.key))


@dataclass(frozen=True)
class HrisPayload:
    """The whole payload."""

    type: str
    system: Entity | None
    employees: tuple[Employee, ...]
    groups: tuple[Entity, ...]


def read_hris_payload(fields: Fields) -> HrisPayload:
    """Read a payload; violations are left in the findings."""
    definition = fields.child("custom_property_definition")
    types = {kind: read_property_types(definition, f"{kind}_properties") for kind in ("system", "employee", "group")}
    if definition is not None:
        definition.refuse_rest()
    fields.required_string("name")
    system = fields.child("system")
    payload = HrisPayload(
        type=fields.required_string("hris_type"),
        system=None if system is None else _read_whole(system, _SYSTEM, types["system"]),
        employees=tuple(_read_employee(child, types["employee"]) for child in fields.children("employees")),
        groups=tuple(_read_whole(child, _GROUP, types["group"]) for child in fields.children("groups")),
    )
    fields.refuse_rest()
    return payload


def hris_part(payload: HrisPayload, origin: Origin) -> GraphPart:
    """Return what a payload adds to the graph; refuse one that names a group or manager that it does not define."""
    draft = PartDraft(origin)
    if payload.system is not None:
        _add(draft, "System", payload.type, payload.system)
    groups = {group.key.lower(): _add(draft, "Group", payload.type, group) for group in payload.groups}
    for employee in payload.employees:
        node_id = _add(draft, "Employee", payload.type, employee.entity)
        draft.hold(node_id, employee.identity)
        for group in employee.groups:
            if group.lower() in groups:
                draft.hold(node_id, groups[group.lower()])
            else:
                draft.refuse(
                    "employees.groups",
                    "Can't connect employee to group as group not found; departments and cost centers are groups "
                    f"(group: {group}, employee: {employee.entity.key})",
                )
    return draft.build()


def _add(draft: PartDraft, kind: str, hris_type: str, entity: Entity) -> str:
    node_type = f"OAA.{hris_type}.HRIS{kind}"
    return draft.add(f"{kind.lower()}:{entity.key}", node_type, entity.properties, entity.tags)


def _read_whole(fields: Fields, shape: EntityShape, types: PropertyTypes) -> Entity:
    entity = read_entity(fields, shape, types)
    fields.refuse_rest()
    return entity


def _read_employee(fields: Fields, types: PropertyTypes) -> Employee:
    department, cost_center = read_identifier(fields, "department"), read_identifier(fields, "cost_center")
    managers = read_identifiers(fields, "managers", "id")
    groups = (*read_identifiers(fields, "groups", "id"), department, cost_center)
    entity = read_entity(fields, _EMPLOYEE, types)
    fields.refuse_rest()
    named = populated({"department": department, "cost_center": cost_center, "managers": list(managers)})
    return Employee(
        replace(entity, properties={**entity.properties, **named}), tuple(group for group in groups if group)
    )
