"""The application and resources of one pushed application as targets of permissions: keys, types, what lies below each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from veza_emulator.oaa.application_payload import Application, PermissionDefinition, Resource
from veza_emulator.oaa.part import PartDraft


@dataclass(frozen=True)
class Target:
    """Something that permissions are given on: the application, or a resource with its type in lower case."""

    node_id: str
    resource_type: str = ""

    def takes(self, definition: PermissionDefinition) -> bool:
        """Tell whether a role's permission applies here; one that names resource types never applies elsewhere."""
        return not definition.resource_types or self.resource_type in definition.resource_types


class Targets:
    """All targets of one application."""

    def __init__(self, application: Application, draft: PartDraft) -> None:
        self._draft = draft
        self._type = application.type
        self._key = application.entity.key
        self._of_key: dict[str, Target] = {}
        self._below: dict[Target, Sequence[Target]] = {}
        self.application = Target(self._add_application(application))
        self._below[self.application] = self._add_all(application.resources, "", "Resource")

    def find(self, key: str) -> Target | None:
        """Return the resource of a key: `name`, or `name.name` for a sub-resource (ids in place of names if given)."""
        return self._of_key.get(key.lower())

    def below(self, target: Target) -> Sequence[Target]:
        """Return everything inside a target, at any depth."""
        return self._below[target]

    def _add_application(self, application: Application) -> str:
        properties = {**application.entity.properties, "application_type": self._type}
        node_type = f"OAA.{self._type}.Application"
        return self._draft.add(f"{self._key}:application", node_type, properties, application.entity.tags)

    def _add_all(self, resources: Iterable[Resource], prefix: str, suffix: str) -> Sequence[Target]:
        below: list[Target] = []
        for resource in resources:
            below += self._add(resource, f"{prefix}{resource.entity.key}", suffix)
        return below

    def _add(self, resource: Resource, key: str, suffix: str) -> Sequence[Target]:
        properties = {
            **resource.entity.properties,
            "application_type": self._type,
            "resource_type": resource.type,
        }
        node_type = f"OAA.{self._type}.{resource.type}.{suffix}"
        node_id = self._draft.add(f"{self._key}:resource:{key}", node_type, properties, resource.entity.tags)
        target = Target(node_id, resource.type.lower())
        for connection in resource.connections:
            # As in the SDK's tests, nobody is told of a connection that leads nowhere.
            self._draft.hold(target.node_id, connection, missed=False)
        self._of_key[key.lower()] = target
        self._below[target] = self._add_all(resource.sub_resources, f"{key}.", "SubResource")
        return [target, *self._below[target]]
