"""Turns a payload of the template `principal` into a part of the graph.

Node types `OAA.<principal type>.` + `PrincipalUser`, `PrincipalGroup` are those of Veza's built-in queries; `PrincipalTenant` is
inferred. A user holds what its groups hold, a group what the group around it holds, and the identity of a provider that a user or
group names holds what that holds. The tenant holds nothing. The fields are those that oaaclient 1.2.0 writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from veza_emulator.oaa.entities import (
    Entity,
    EntityShape,
    PropertyTypes,
    read_entity,
    read_identifier,
    read_identifiers,
    read_property_types,
)
from veza_emulator.oaa.identities import IdentityName, IdentityScope
from veza_emulator.oaa.nesting import NestingError, innermost_first
from veza_emulator.oaa.part import GraphPart, Origin, PartDraft
from veza_emulator.reading.fields import Fields

_TENANT = EntityShape(texts=("tenant_unique_id",))
_USER = EntityShape(
    texts=("email", "user_unique_id", "display_name", "created_date", "deactivated_date", "last_login"),
    flags=("is_active",),
)
_GROUP = EntityShape(texts=("group_unique_id", "group_type"))


@dataclass(frozen=True)
class Principal:
    """A user or group, the identities that it names, and the groups that it is in."""

    entity: Entity
    identities: tuple[str, ...]
    groups: tuple[str, ...]


@dataclass(frozen=True)
class PrincipalPayload:
    """The whole payload."""

    type: str
    tenant: Entity | None
    users: tuple[Principal, ...]
    groups: tuple[Principal, ...]


def read_principal_payload(fields: Fields) -> PrincipalPayload:
    """Read a payload; violations are left in the findings."""
    definition = fields.child("custom_property_definition")
    types = {kind: read_property_types(definition, f"{kind}_properties") for kind in ("tenant", "user", "group")}
    if definition is not None:
        definition.refuse_rest()
    fields.required_string("name")
    tenant = fields.child("tenant")
    payload = PrincipalPayload(
        type=fields.required_string("principal_type"),
        tenant=None if tenant is None else _read_tenant(tenant, types["tenant"]),
        users=tuple(_read_user(child, types["user"]) for child in fields.children("users")),
        groups=tuple(_read_group(child, types["group"]) for child in fields.children("groups")),
    )
    fields.refuse_rest()
    return payload


def principal_part(payload: PrincipalPayload, origin: Origin) -> GraphPart:
    """Return what a payload adds to the graph; refuse one that names a group that it does not define."""
    draft = _PrincipalDraft(payload.type, PartDraft(origin))
    if payload.tenant is not None:
        draft.add("Tenant", payload.tenant)
    groups = {group.entity.key.lower(): draft.add("Group", group.entity) for group in payload.groups}
    for group in payload.groups:
        draft.link(groups[group.entity.key.lower()], group, IdentityScope.GROUPS, groups)
    for user in payload.users:
        draft.link(draft.add("User", user.entity), user, IdentityScope.USERS, groups)
    try:
        innermost_first({group.entity.key.lower(): [key.lower() for key in group.groups] for group in payload.groups})
    except NestingError as error:
        draft.part.refuse("groups.parent_group", f"group is nested in itself (cycle: {error})")
    return draft.part.build()


class _PrincipalDraft:
    """The nodes of one payload, as they are added to the draft of the part."""

    def __init__(self, principal_type: str, part: PartDraft) -> None:
        self.part = part
        self._type = principal_type

    def add(self, kind: str, entity: Entity) -> str:
        """Add the node of an entity, and return its id."""
        node_type = f"OAA.{self._type}.Principal{kind}"
        return self.part.add(f"{kind.lower()}:{entity.key}", node_type, entity.properties, entity.tags)

    def link(self, node_id: str, principal: Principal, scope: IdentityScope, groups: Mapping[str, str]) -> None:
        """Let a principal hold its groups, and its identities hold it."""
        for identity in principal.identities:
            self.part.hold(IdentityName(identity, scope), node_id)
        for key in principal.groups:
            group = groups.get(key.lower())
            if group is None:
                self.part.refuse(
                    "groups",
                    "Can't connect principal to group as group not found "
                    f"(group: {key}, principal: {principal.entity.key})",
                )
            else:
                self.part.hold(node_id, group)


def _read_tenant(fields: Fields, types: PropertyTypes) -> Entity:
    entity = read_entity(fields, _TENANT, types)
    fields.refuse_rest()
    return entity


def _read_user(fields: Fields, types: PropertyTypes) -> Principal:
    user = Principal(
        read_entity(fields, _USER, types), fields.strings("identities"), read_identifiers(fields, "groups", "id")
    )
    fields.refuse_rest()
    return user


def _read_group(fields: Fields, types: PropertyTypes) -> Principal:
    around = read_identifier(fields, "parent_group")
    group = Principal(read_entity(fields, _GROUP, types), fields.strings("identities"), (around,) if around else ())
    fields.refuse_rest()
    return group
