"""A pushed payload of the template `application`, read from JSON; `application` says what it means for the graph.

The fields are those that oaaclient 1.2.0 writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from veza_emulator.graph.permissions import CustomPermission, EffectivePermission
from veza_emulator.oaa.entities import (
    NO_PROPERTIES,
    Entity,
    EntityShape,
    PropertyTypes,
    read_custom_properties,
    read_entity,
    read_property_types,
)
from veza_emulator.oaa.part import EntityName
from veza_emulator.reading.fields import Fields


class IdentityType(StrEnum):
    """What kind of identity gets a permission or role."""

    LOCAL_USER = "local_user"
    LOCAL_GROUP = "local_group"
    IDP = "idp"
    LOCAL_ACCESS_CREDS = "local_access_creds"
    LOCAL_AGENT = "local_agent"


@dataclass(frozen=True)
class PermissionDefinition:
    """A permission of the application, and to what it applies beside the target that it is given on.

    :param resource_types: in lower case; inside a role it applies only to resources of these types, if any are named.
    """

    permission: CustomPermission
    apply_to_sub_resources: bool
    resource_types: frozenset[str]


@dataclass(frozen=True)
class LocalEntity:
    """A user, group, access credential, agent or model, and whom it names by list: `groups`, `identities`, ..."""

    entity: Entity
    names: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Resource:
    """A resource with everything under it."""

    entity: Entity
    type: str
    connections: tuple[EntityName, ...]
    sub_resources: tuple[Resource, ...]


@dataclass(frozen=True)
class Application:
    """One application with all its entities, by the name of the list they are in."""

    entity: Entity
    type: str
    local: Mapping[str, tuple[LocalEntity, ...]]
    resources: tuple[Resource, ...]


@dataclass(frozen=True)
class Assignment:
    """A permission or role that an identity has on an application or some of its resources."""

    application: str
    name: str
    apply_to_application: bool
    resources: tuple[str, ...]
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class IdentityAssignments:
    """Everything that one identity is given."""

    identity: str
    type: IdentityType
    permissions: tuple[Assignment, ...]
    roles: tuple[Assignment, ...]


@dataclass(frozen=True)
class ApplicationPayload:
    """The whole payload."""

    applications: tuple[Application, ...]
    permissions: tuple[PermissionDefinition, ...]
    assignments: tuple[IdentityAssignments, ...]


@dataclass(frozen=True)
class _Kind:
    """One list of local entities: its shape, the lists of names inside, and where its properties are defined."""

    shape: EntityShape
    names: tuple[str, ...]
    definition: str


_KINDS: Mapping[str, _Kind] = {
    "local_users": _Kind(
        EntityShape(
            texts=(
                "email",
                "created_at",
                "last_login_at",
                "deactivated_at",
                "password_last_changed_at",
                "user_type",
            ),
            flags=("is_active",),
        ),
        ("identities", "groups", "access_creds"),
        "local_user_properties",
    ),
    "local_groups": _Kind(EntityShape(texts=("created_at",)), ("identities", "groups"), "local_group_properties"),
    "local_roles": _Kind(EntityShape(), ("permissions", "roles"), "local_role_properties"),
    "local_access_creds": _Kind(
        EntityShape(texts=("created_at", "expires_at", "last_used_at"), flags=("is_active", "can_expire")),
        (),
        "local_access_creds_properties",
    ),
    "local_agents": _Kind(
        EntityShape(texts=("ai_platform", "ai_agent_publisher", "created_at"), flags=("is_active",)),
        ("groups", "access_creds", "models"),
        "local_agent_properties",
    ),
    "local_models": _Kind(
        EntityShape(texts=("ai_platform", "ai_model_publisher", "ai_model_family", "ai_model_series", "created_at")),
        (),
        "local_model_properties",
    ),
}
_DESCRIBED = EntityShape(texts=("description",))


def read_application_payload(fields: Fields) -> ApplicationPayload:
    """Read a payload; violations are left in the findings."""
    definitions = _read_definitions(fields.child("custom_property_definition"))
    payload = ApplicationPayload(
        applications=tuple(_read_application(child, definitions) for child in fields.children("applications")),
        permissions=tuple(_read_permission(child) for child in fields.children("permissions")),
        assignments=tuple(
            _read_assignments(child, definitions.assignments) for child in fields.children("identity_to_permissions")
        ),
    )
    if not payload.applications:
        fields.violate("applications", "Cannot be empty")
    fields.refuse_rest()
    return payload


@dataclass(frozen=True)
class _Definitions:
    """The defined custom properties: of applications by type, of resources by both types, all in lower case."""

    of_type: Mapping[str, Mapping[str, PropertyTypes]]
    of_resource: Mapping[tuple[str, str], PropertyTypes]

    @property
    def assignments(self) -> PropertyTypes:
        """The properties of role assignments, which name no application type."""
        return {
            name: kind for types in self.of_type.values() for name, kind in types["role_assignment_properties"].items()
        }


def _read_definitions(fields: Fields | None) -> _Definitions:
    of_type: dict[str, Mapping[str, PropertyTypes]] = {}
    of_resource: dict[tuple[str, str], PropertyTypes] = {}
    names = ("application_properties", "role_assignment_properties", *(kind.definition for kind in _KINDS.values()))
    for child in fields.children("applications") if fields is not None else ():
        application_type = child.required_string("application_type").lower()
        of_type[application_type] = {name: read_property_types(child, name) for name in names}
        for resource in child.children("resources"):
            resource_type = resource.required_string("resource_type").lower()
            of_resource[application_type, resource_type] = read_property_types(resource, "properties")
            resource.refuse_rest()
        child.refuse_rest()
    if fields is not None:
        fields.refuse_rest()
    return _Definitions(of_type, of_resource)


def _read_application(fields: Fields, definitions: _Definitions) -> Application:
    application_type = fields.required_string("application_type")
    types = definitions.of_type.get(application_type.lower(), {})
    application = Application(
        entity=read_entity(fields, _DESCRIBED, types.get("application_properties", NO_PROPERTIES)),
        type=application_type,
        local={name: _read_local(fields, name, types) for name in _KINDS},
        resources=_read_resources(fields, "resources", application_type, definitions),
    )
    fields.refuse_rest()
    return application


def _read_local(fields: Fields, name: str, types: Mapping[str, PropertyTypes]) -> tuple[LocalEntity, ...]:
    kind = _KINDS[name]
    entities = []
    for child in fields.children(name):
        entity = read_entity(child, kind.shape, types.get(kind.definition, NO_PROPERTIES))
        entities.append(LocalEntity(entity, {names: child.strings(names) for names in kind.names}))
        child.refuse_rest()
    return tuple(entities)


def _read_resources(
    fields: Fields, name: str, application_type: str, definitions: _Definitions
) -> tuple[Resource, ...]:
    return tuple(_read_resource(child, application_type, definitions) for child in fields.children(name))


def _read_resource(fields: Fields, application_type: str, definitions: _Definitions) -> Resource:
    resource_type = fields.required_string("resource_type")
    types = definitions.of_resource.get((application_type.lower(), resource_type.lower()), NO_PROPERTIES)
    resource = Resource(
        entity=read_entity(fields, _DESCRIBED, types),
        type=resource_type,
        connections=tuple(_read_connection(child) for child in fields.children("connections")),
        sub_resources=_read_resources(fields, "sub_resources", application_type, definitions),
    )
    fields.refuse_rest()
    return resource


def _read_connection(fields: Fields) -> EntityName:
    name = EntityName(fields.required_string("node_type"), fields.required_string("id"))
    fields.refuse_rest()
    return name


def _read_permission(fields: Fields) -> PermissionDefinition:
    definition = PermissionDefinition(
        CustomPermission(fields.required_string("name"), _read_permission_types(fields)),
        fields.boolean("apply_to_sub_resources"),
        frozenset(resource_type.lower() for resource_type in fields.strings("resource_types")),
    )
    fields.refuse_rest()
    return definition


def _read_permission_types(fields: Fields) -> frozenset[EffectivePermission]:
    names = fields.strings("permission_type")
    known = {permission.abstract_name: permission for permission in EffectivePermission}
    unknown = sorted(set(names) - known.keys())
    if unknown:
        fields.violate("permission_type", f"{', '.join(unknown)} is not one of: {', '.join(known)}")
    return frozenset(known[name] for name in names if name in known)


def _read_assignments(fields: Fields, types: PropertyTypes) -> IdentityAssignments:
    fields.required_string("identity_type")
    assignments = IdentityAssignments(
        identity=fields.required_string("identity"),
        type=fields.enum("identity_type", IdentityType, IdentityType.LOCAL_USER),
        permissions=tuple(
            _read_assignment(child, "permission", types) for child in fields.children("application_permissions")
        ),
        roles=tuple(_read_assignment(child, "role", types) for child in fields.children("role_assignments")),
    )
    fields.refuse_rest()
    return assignments


def _read_assignment(fields: Fields, name: str, types: PropertyTypes) -> Assignment:
    assignment = Assignment(
        application=fields.required_string("application"),
        name=fields.required_string(name),
        apply_to_application=fields.boolean("apply_to_application"),
        resources=fields.strings("resources"),
        properties=read_custom_properties(fields, types),
    )
    fields.refuse_rest()
    return assignment
