"""Turns a payload of the template `application` into a part of the graph; reads no JSON.

Node types, as built-in queries and reports name them: `OAA.<application type>.` + `Application`, `User`, `Group`, `Role`,
`RoleAssignment`, `Permission`, `AccessCreds`, `<resource type>.Resource`, `<resource type>.SubResource`; inferred: `Agent`,
`Model`, and `GroupedPermission`, which stands between whoever has some permissions and what they are on. How the nodes are
linked is inferred, and so made that access is exact:

- user, agent -> group, credential; nested group -> the group that it is put into: the first holds what the second holds;
- whoever has a permission or role -> that `Permission` or `Role`;
- whoever has a permission -> `GroupedPermission` -> the application or resource, and all below if the permission says so;
- whoever has a role -> `RoleAssignment` -> `GroupedPermission` -> the application or resource.

A role leads to those targets alone on which everybody who has it has it. An application does not lead to its resources, nor
a resource to its sub-resources: to be inside something is no access.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from veza_emulator.oaa.application_payload import (
    Application,
    ApplicationPayload,
    Assignment,
    IdentityAssignments,
    IdentityType,
    PermissionDefinition,
)
from veza_emulator.oaa.identities import IdentityName, IdentityScope
from veza_emulator.oaa.local_entities import LocalNodes
from veza_emulator.oaa.part import End, GraphPart, Origin, PartDraft
from veza_emulator.oaa.resources import Target, Targets
from veza_emulator.oaa.roles import Roles

_LIST_OF_IDENTITY = {
    IdentityType.LOCAL_USER: "local_users",
    IdentityType.LOCAL_GROUP: "local_groups",
    IdentityType.LOCAL_ACCESS_CREDS: "local_access_creds",
    IdentityType.LOCAL_AGENT: "local_agents",
}


def application_part(payload: ApplicationPayload, origin: Origin) -> GraphPart:
    """Return what a payload adds to the graph; refuse one that names what it does not define."""
    draft = PartDraft(origin)
    definitions = _definitions(payload.permissions, draft)
    drafts = {
        application.entity.name.lower(): _ApplicationDraft(application, definitions, draft)
        for application in payload.applications
    }
    for given in payload.assignments:
        for assignment in given.permissions:
            if application := _find_application(drafts, given, assignment, draft):
                application.give_permission(given, assignment)
        for assignment in given.roles:
            if application := _find_application(drafts, given, assignment, draft):
                application.give_role(given, assignment)
    for application in drafts.values():
        application.open_roles()
    return draft.build()


def _definitions(permissions: Sequence[PermissionDefinition], draft: PartDraft) -> Mapping[str, PermissionDefinition]:
    definitions: dict[str, PermissionDefinition] = {}
    for definition in permissions:
        if definitions.setdefault(definition.permission.lower(), definition) is not definition:
            draft.refuse("permissions.name", f"{definition.permission} is defined twice; names ignore case")
    return definitions


def _find_application(
    drafts: Mapping[str, _ApplicationDraft], given: IdentityAssignments, assignment: Assignment, draft: PartDraft
) -> _ApplicationDraft | None:
    found = drafts.get(assignment.application.lower())
    if found is None:
        draft.refuse(
            "identity_to_permissions.application",
            "Can't connect identity to application as application not found "
            f"(application: {assignment.application}, identity: {given.identity})",
        )
    return found


class _ApplicationDraft:
    """One application of a payload, as it grows into the draft of the part."""

    def __init__(
        self, application: Application, definitions: Mapping[str, PermissionDefinition], draft: PartDraft
    ) -> None:
        self._name = application.entity.name
        self._key = application.entity.key
        self._type = application.type
        self._definitions = definitions
        self._draft = draft
        self._targets = Targets(application, draft)
        self._local = LocalNodes(application, draft)
        self._roles = Roles(application, definitions, draft)
        self._permission_nodes: dict[str, str] = {}
        self._grouped: dict[tuple[frozenset[PermissionDefinition], Target], str | None] = {}
        self._assignment_count = 0

    def give_permission(self, given: IdentityAssignments, assignment: Assignment) -> None:
        """Give an identity a permission on its targets."""
        holder = self._holder(given)
        definition = self._definitions.get(assignment.name.lower())
        if definition is None:
            self._refuse("application_permissions.permission", "permission", assignment.name, given)
            return
        # Resource types count inside roles alone.
        everywhere = frozenset({replace(definition, resource_types=frozenset())})
        self._draft.hold(holder, self._permission_node(definition))
        for target in self._find_targets("application_permissions", given, assignment):
            self._hold_grouped(holder, everywhere, target)

    def give_role(self, given: IdentityAssignments, assignment: Assignment) -> None:
        """Give an identity a role on its targets."""
        role = self._local.find("local_roles", assignment.name)
        if role is None:
            self._refuse("role_assignments.role", "role", assignment.name, given)
            return
        targets = self._find_targets("role_assignments", given, assignment)
        role_assignment = self._add_role_assignment(given, assignment)
        self._draft.hold(self._holder(given), role_assignment)
        self._draft.hold(role_assignment, role)
        for target in targets:
            self._hold_grouped(role_assignment, self._roles.permissions(assignment.name), target)
        self._roles.give(assignment.name, targets)

    def open_roles(self) -> None:
        """Let each role lead to its permissions, and to where everybody who has it has it."""
        for key, definitions in self._roles.own_permissions.items():
            for definition in definitions:
                self._draft.hold(self._local.id_of("local_roles", key), self._permission_node(definition))
        for key, targets in self._roles.common_targets().items():
            for target in targets:
                self._hold_grouped(self._local.id_of("local_roles", key), self._roles.permissions(key), target)

    def _holder(self, given: IdentityAssignments) -> End:
        if given.type is IdentityType.IDP:
            return IdentityName(given.identity, IdentityScope.ANY)
        holder = self._local.find(_LIST_OF_IDENTITY[given.type], given.identity)
        if holder is None:
            self._draft.refuse(
                "identity_to_permissions.identity",
                f"identity not found for application "
                f"(application: {self._name}, identity: {given.identity}, identity_type: {given.type})",
            )
        return holder or given.identity

    def _find_targets(self, field: str, given: IdentityAssignments, assignment: Assignment) -> Sequence[Target]:
        targets = [self._targets.application] if assignment.apply_to_application else []
        for key in assignment.resources:
            target = self._targets.find(key)
            if target is None:
                self._refuse(f"{field}.resources", "resource", key, given)
            else:
                targets.append(target)
        return targets

    def _add_role_assignment(self, given: IdentityAssignments, assignment: Assignment) -> str:
        self._assignment_count += 1
        properties = {"name": assignment.name, "application_type": self._type, **assignment.properties}
        # Numbered, as an identity may have a role twice, on other targets with other properties.
        key = f"{given.type}/{given.identity}/{assignment.name}/{self._assignment_count}"
        return self._draft.add(f"{self._key}:role_assignment:{key}", f"OAA.{self._type}.RoleAssignment", properties)

    def _permission_node(self, definition: PermissionDefinition) -> str:
        name = str(definition.permission)
        if name not in self._permission_nodes:
            properties = {"name": name, "application_type": self._type}
            self._permission_nodes[name] = self._draft.add(
                f"{self._key}:permission:{name}", f"OAA.{self._type}.Permission", properties
            )
        return self._permission_nodes[name]

    def _hold_grouped(self, holder: End, definitions: frozenset[PermissionDefinition], target: Target) -> None:
        if (definitions, target) not in self._grouped:
            self._grouped[definitions, target] = self._add_grouped_permission(definitions, target)
        grouped = self._grouped[definitions, target]
        if grouped is not None:
            self._draft.hold(holder, grouped)

    def _add_grouped_permission(self, definitions: frozenset[PermissionDefinition], target: Target) -> str | None:
        permitted = list(self._permitted(definitions, target))
        if not permitted:
            return None
        names = sorted(str(definition.permission) for definition in definitions)
        grouped = self._draft.add(
            f"{self._key}:grouped_permission:{len(self._grouped) + 1}",
            f"OAA.{self._type}.GroupedPermission",
            {"name": ", ".join(names), "permissions": names, "application_type": self._type},
        )
        for permitted_target, raw in permitted:
            self._draft.grant(grouped, permitted_target.node_id, raw)
        return grouped

    def _permitted(
        self, definitions: frozenset[PermissionDefinition], target: Target
    ) -> Iterable[tuple[Target, frozenset[str]]]:
        """Yield what the permissions amount to on the target and on everything below it."""
        if raw := _raw_on(definitions, target):
            yield target, raw
        below = [definition for definition in definitions if definition.apply_to_sub_resources]
        inner_targets = self._targets.below(target) if below else ()
        self._draft.count_access(len(inner_targets))
        raw_of_type: dict[str, frozenset[str]] = {}
        for inner in inner_targets:
            if inner.resource_type not in raw_of_type:
                raw_of_type[inner.resource_type] = _raw_on(below, inner)
            if raw := raw_of_type[inner.resource_type]:
                yield inner, raw

    def _refuse(self, field: str, word: str, name: str, given: IdentityAssignments) -> None:
        # The words of the one refusal that the SDK's tests show, of a role.
        self._draft.refuse(
            f"identity_to_permissions.{field}",
            f"Can't connect identity to {word} as {word} not found for application "
            f"(application: {self._name}, {word}: {name}, identity: {given.identity})",
        )


def _raw_on(definitions: Iterable[PermissionDefinition], target: Target) -> frozenset[str]:
    return frozenset(definition.permission for definition in definitions if target.takes(definition))
