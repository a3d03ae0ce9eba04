"""Turns a payload of the template `identity_provider` into a part of the graph.

Node types `OAA.<idp type>.` + `IDPDomain`, `IDPUser`, `IDPGroup`, `IDPApp` are inferred from `CustomIDPUser`, by which Veza's
documents call the users of every custom provider. A user or group holds what its groups, its apps and the AWS roles that it
may assume hold; the user of another provider that is its source identity holds what it holds (documented). The domain holds
nothing. The fields are those that oaaclient 1.2.0 writes, and the documented `entities_owned`, of which nothing comes here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from veza_emulator.oaa.entities import (
    Entity,
    EntityShape,
    PropertyTypes,
    populated,
    read_custom_properties,
    read_entity,
    read_identifiers,
    read_property_types,
)
from veza_emulator.oaa.identities import IdentityName, IdentityProviderType, IdentityScope
from veza_emulator.oaa.nesting import NestingError, innermost_first
from veza_emulator.oaa.part import EntityName, GraphPart, Origin, PartDraft
from veza_emulator.reading.fields import Fields

_USER = EntityShape(
    "identity",
    texts=("email", "full_name", "department", "identity_type"),
    flags=("is_active", "is_guest"),
)
_GROUP = EntityShape("identity", texts=("full_name",), flags=("is_security_group",))
_APP = EntityShape("id", texts=("description",))
_DOMAIN = EntityShape("name")


@dataclass(frozen=True)
class Member:
    """A user or group: itself, and whom and what it names."""

    entity: Entity
    groups: tuple[str, ...]
    apps: tuple[str, ...]
    assumed_roles: tuple[str, ...]
    source_identity: IdentityName | None


@dataclass(frozen=True)
class App:
    """An app that members are assigned to."""

    entity: Entity
    assumed_roles: tuple[str, ...]


@dataclass(frozen=True)
class IdentityProviderPayload:
    """The whole payload."""

    type: str
    domains: tuple[Entity, ...]
    users: tuple[Member, ...]
    groups: tuple[Member, ...]
    apps: tuple[App, ...]


def read_identity_provider_payload(fields: Fields) -> IdentityProviderPayload:
    """Read a payload; violations are left in the findings."""
    definition = fields.child("custom_property_definition")
    kinds = ("domain", "user", "group", "app", "app_assignment")
    types = {kind: read_property_types(definition, f"{kind}_properties") for kind in kinds}
    if definition is not None:
        definition.refuse_rest()
    fields.required_string("name")
    payload = IdentityProviderPayload(
        type=fields.required_string("idp_type"),
        domains=tuple(_read_domain(child, types["domain"]) for child in fields.children("domains")),
        users=tuple(_read_user(child, types) for child in fields.children("users")),
        groups=tuple(_read_member(child, _GROUP, "group", types) for child in fields.children("groups")),
        apps=tuple(_read_app(child, types["app"]) for child in fields.children("apps")),
    )
    fields.refuse_rest()
    return payload


def _read_domain(fields: Fields, types: PropertyTypes) -> Entity:
    entity = read_entity(fields, _DOMAIN, types)
    fields.refuse_rest()
    return entity


def _read_user(fields: Fields, types: Mapping[str, PropertyTypes]) -> Member:
    manager = populated({"manager_idp_unique_id": fields.string("manager_id")})
    user = _read_member(fields, _USER, "user", types)
    entity = Entity(user.entity.key, user.entity.name, {**user.entity.properties, **manager}, user.entity.tags)
    return Member(entity, user.groups, user.apps, user.assumed_roles, user.source_identity)


def _read_member(fields: Fields, shape: EntityShape, kind: str, types: Mapping[str, PropertyTypes]) -> Member:
    fields.raw("entities_owned")
    member = Member(
        entity=read_entity(fields, shape, types[kind]),
        groups=read_identifiers(fields, "groups", "identity"),
        apps=tuple(
            _read_app_assignment(child, types["app_assignment"]) for child in fields.children("app_assignments")
        ),
        assumed_roles=read_identifiers(fields, "assumed_role_arns", "identity"),
        source_identity=_read_source_identity(fields.child("source_identity")),
    )
    fields.refuse_rest()
    return member


def _read_app_assignment(fields: Fields, types: PropertyTypes) -> str:
    fields.required_string("id")
    fields.string("name")
    read_custom_properties(fields, types)
    app_id = fields.required_string("app_id")
    fields.refuse_rest()
    return app_id


def _read_source_identity(fields: Fields | None) -> IdentityName | None:
    if fields is None:
        return None
    provider = fields.enum("provider_type", IdentityProviderType, IdentityProviderType.ANY)
    identity = IdentityName(fields.required_string("identity"), IdentityScope.ANY, provider)
    fields.refuse_rest()
    return identity


def _read_app(fields: Fields, types: PropertyTypes) -> App:
    app = App(read_entity(fields, _APP, types), read_identifiers(fields, "assumed_role_arns", "identity"))
    fields.refuse_rest()
    return app


def identity_provider_part(payload: IdentityProviderPayload, origin: Origin) -> GraphPart:
    """Return what a payload adds to the graph; refuse one that names a group or app that it does not define."""
    draft = _IdentityProviderDraft(payload.type, PartDraft(origin))
    for domain in payload.domains:
        draft.add("Domain", domain, {})
    for app in payload.apps:
        draft.hold_roles(draft.add("App", app.entity, {}), app.assumed_roles)
    for kind, members in (("Group", payload.groups), ("User", payload.users)):
        for member in members:
            draft.add(kind, member.entity, {"idp_unique_id": member.entity.key})
    for kind, members in (("Group", payload.groups), ("User", payload.users)):
        for member in members:
            draft.link(kind, member)
    draft.refuse_cycle(payload.groups)
    return draft.part.build()


class _IdentityProviderDraft:
    """The nodes of one identity provider, as they are added to the draft of the part."""

    def __init__(self, idp_type: str, part: PartDraft) -> None:
        self.part = part
        self._type = idp_type
        self._id_of: dict[tuple[str, str], str] = {}

    def add(self, kind: str, entity: Entity, properties: Mapping[str, Any]) -> str:
        """Add the node of an entity, and return its id."""
        node_type = f"OAA.{self._type}.IDP{kind}"
        shown = {**entity.properties, **properties}
        node_id = self.part.add(f"{kind.lower()}:{entity.key}", node_type, shown, entity.tags)
        self._id_of[kind, entity.key.lower()] = node_id
        return node_id

    def link(self, kind: str, member: Member) -> None:
        """Let a member hold what it names, and its source identity hold it."""
        node_id = self._id_of[kind, member.entity.key.lower()]
        for group in member.groups:
            self._hold(node_id, kind, "Group", group, member)
        for app in member.apps:
            self._hold(node_id, kind, "App", app, member)
        self.hold_roles(node_id, member.assumed_roles)
        if member.source_identity is not None:
            self.part.hold(member.source_identity, node_id)

    def hold_roles(self, node_id: str, arns: tuple[str, ...]) -> None:
        """Let a node hold the AWS roles that it may assume."""
        for arn in arns:
            self.part.hold(node_id, EntityName("AwsIamRole", arn))

    def refuse_cycle(self, groups: tuple[Member, ...]) -> None:
        """Refuse groups that are nested in themselves."""
        try:
            innermost_first({group.entity.key.lower(): [key.lower() for key in group.groups] for group in groups})
        except NestingError as error:
            self.part.refuse("groups.groups", f"group is nested in itself (cycle: {error})")

    def _hold(self, node_id: str, kind: str, named_kind: str, key: str, member: Member) -> None:
        named = self._id_of.get((named_kind, key.lower()))
        if named is not None:
            self.part.hold(node_id, named)
            return
        field = "groups" if named_kind == "Group" else "app_assignments"
        word, what = kind.lower(), named_kind.lower()
        self.part.refuse(
            f"{word}s.{field}",
            f"Can't connect {word} to {what} as {what} not found ({what}: {key}, {word}: {member.entity.key})",
        )
