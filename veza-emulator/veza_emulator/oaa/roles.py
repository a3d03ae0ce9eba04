"""What the roles of one pushed application permit, nested roles included, and on which targets everybody has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from veza_emulator.oaa.application_payload import Application, LocalEntity, PermissionDefinition
from veza_emulator.oaa.nesting import NestingError, innermost_first
from veza_emulator.oaa.part import PartDraft
from veza_emulator.oaa.resources import Target

MAXIMUM_NESTED_PERMISSIONS = 2_000_000
"""How many permissions all roles may have together, those of nested roles counted again for each role around them."""


class Roles:
    """The roles of one application by key in lower case."""

    def __init__(
        self, application: Application, definitions: Mapping[str, PermissionDefinition], draft: PartDraft
    ) -> None:
        self._application = application.entity.name
        self._definitions = definitions
        self._draft = draft
        self._roles = {local.entity.key.lower(): local for local in application.local["local_roles"]}
        self._innermost_first = self._order()
        self.own_permissions = {key: tuple(self._named_by(role)) for key, role in self._roles.items()}
        self._permissions: dict[str, frozenset[PermissionDefinition]] = {}
        self._sum_up_permissions()
        self._targets: dict[str, frozenset[Target]] = {}

    def permissions(self, key: str) -> frozenset[PermissionDefinition]:
        """Return everything that a role permits."""
        return self._permissions.get(key.lower(), frozenset())

    def give(self, key: str, targets: Iterable[Target]) -> None:
        """Note that somebody has a role on some targets."""
        given = frozenset(targets)
        self._targets[key.lower()] = self._targets.get(key.lower(), given) & given

    def common_targets(self) -> Mapping[str, frozenset[Target]]:
        """Return the targets on which everybody who has a role, or a role around it, has it."""
        common = dict(self._targets)
        for key in reversed(self._innermost_first):
            if key in common:
                for nested in self._nested_in(key):
                    common[nested] = common.get(nested, common[key]) & common[key]
        return common

    def _order(self) -> Sequence[str]:
        try:
            return innermost_first({key: self._nested_in(key) for key in self._roles})
        except NestingError:
            # Refused where the roles are linked.
            return ()

    def _nested_in(self, key: str) -> Sequence[str]:
        role = self._roles.get(key)
        return [name.lower() for name in role.names["roles"] if name.lower() in self._roles] if role else []

    def _sum_up_permissions(self) -> None:
        count = 0
        for key in self._innermost_first:
            nested = (self._permissions[name] for name in self._nested_in(key))
            self._permissions[key] = frozenset(self.own_permissions[key]).union(*nested)
            count += len(self._permissions[key])
            if count > MAXIMUM_NESTED_PERMISSIONS:
                self._draft.refuse("applications.local_roles.roles", "nested roles have too many permissions together")
                return
            if not self._permissions[key]:
                self._draft.warn(f"Role is missing permission (application: {self._application}, role: {key})")

    def _named_by(self, role: LocalEntity) -> Iterable[PermissionDefinition]:
        for name in role.names["permissions"]:
            definition = self._definitions.get(name.lower())
            if definition is None:
                self._draft.refuse(
                    "applications.local_roles.permissions",
                    "Can't connect role to permission as permission not found "
                    f"(application: {self._application}, permission: {name}, role: {role.entity.key})",
                )
            else:
                yield definition
