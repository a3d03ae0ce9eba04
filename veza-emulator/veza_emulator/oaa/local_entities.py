"""The users, groups, roles, credentials, agents and models of one pushed application as nodes, linked as they name each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from veza_emulator.oaa.application_payload import Application, LocalEntity
from veza_emulator.oaa.identities import IdentityName, IdentityScope
from veza_emulator.oaa.nesting import NestingError, innermost_first
from veza_emulator.oaa.part import PartDraft


@dataclass(frozen=True)
class _Kind:
    """What a list of local entities holds."""

    word: str
    node_type: str


_KINDS: Mapping[str, _Kind] = {
    "local_users": _Kind("user", "User"),
    "local_groups": _Kind("group", "Group"),
    "local_roles": _Kind("role", "Role"),
    "local_access_creds": _Kind("access_creds", "AccessCreds"),
    "local_agents": _Kind("agent", "Agent"),
    "local_models": _Kind("model", "Model"),
}
_LISTS_OF_NAMES = {
    "groups": "local_groups",
    "roles": "local_roles",
    "access_creds": "local_access_creds",
    "models": "local_models",
}
"""Which list of entities a list of names inside an entity speaks of."""


class LocalNodes:
    """The nodes of the local entities of one application, found by what identifies the entity."""

    def __init__(self, application: Application, draft: PartDraft) -> None:
        self._application = application
        self._draft = draft
        self._id_of: dict[tuple[str, str], str] = {}
        for kind, entities in application.local.items():
            for local in entities:
                self._add(kind, local)
        for kind, entities in application.local.items():
            for local in entities:
                self._link(kind, local)
        self._refuse_cycles("local_groups", "groups")
        self._refuse_cycles("local_roles", "roles")

    def find(self, kind: str, key: str) -> str | None:
        """Return the node of the entity in a list, such as `local_users`; case does not count."""
        return self._id_of.get((kind, key.lower()))

    def id_of(self, kind: str, key: str) -> str:
        """Return the node of an entity that is known to be there."""
        return self._id_of[kind, key.lower()]

    def _add(self, kind: str, local: LocalEntity) -> None:
        entity = local.entity
        properties = {"application_type": self._application.type, "identity_unique_id": entity.key}
        self._id_of[kind, entity.key.lower()] = self._draft.add(
            f"{self._application.entity.key}:{_KINDS[kind].word}:{entity.key}",
            f"OAA.{self._application.type}.{_KINDS[kind].node_type}",
            {**entity.properties, **properties},
            entity.tags,
        )

    def _link(self, kind: str, local: LocalEntity) -> None:
        node_id = self.id_of(kind, local.entity.key)
        scope = IdentityScope.GROUPS if kind == "local_groups" else IdentityScope.USERS
        for identity in local.names.get("identities", ()):
            self._draft.hold(IdentityName(identity, scope), node_id)
        for names, named_kind in _LISTS_OF_NAMES.items():
            for key in local.names.get(names, ()):
                named = self.find(named_kind, key)
                if named is None:
                    self._refuse_unknown(kind, names, local, key)
                elif kind == "local_groups":
                    # A group names the groups that are put into it, as the SDK's `LocalGroup.add_group` says.
                    self._draft.hold(named, node_id)
                else:
                    self._draft.hold(node_id, named)

    def _refuse_unknown(self, kind: str, names: str, local: LocalEntity, key: str) -> None:
        word, named = _KINDS[kind].word, _KINDS[_LISTS_OF_NAMES[names]].word
        self._draft.refuse(
            f"applications.{kind}.{names}",
            f"Can't connect {word} to {named} as {named} not found for application "
            f"(application: {self._application.entity.name}, {named}: {key}, {word}: {local.entity.key})",
        )

    def _refuse_cycles(self, kind: str, names: str) -> None:
        inside = {
            local.entity.key.lower(): [key.lower() for key in local.names[names]]
            for local in self._application.local[kind]
        }
        try:
            innermost_first(inside)
        except NestingError as error:
            self._draft.refuse(
                f"applications.{kind}.{names}",
                f"{_KINDS[kind].word} is nested in itself "
                f"(application: {self._application.entity.name}, cycle: {error})",
            )
