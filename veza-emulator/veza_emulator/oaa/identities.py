"""Finds the identity that a pushed payload calls by name among the users and groups of every identity provider.

Which properties match is documented: unique id and e-mail everywhere, account and distinguished name in Active Directory,
principal and SAM account name in Azure AD, login in Okta. That case does not count, and that groups also match by name, is
inferred.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from veza_emulator.graph.tenant_graph import Node


class IdentityScope(Enum):
    """Whom the name of an identity may mean."""

    USERS = auto()
    GROUPS = auto()
    ANY = auto()


class IdentityProviderType(StrEnum):
    """Where an identity is looked for, as `source_identity` spells it."""

    ACTIVE_DIRECTORY = "active_directory"
    ANY = "any"
    AZURE_AD = "azure_ad"
    CUSTOM = "custom"
    GOOGLE_WORKSPACE = "google_workspace"
    OKTA = "okta"
    ONE_LOGIN = "one_login"


@dataclass(frozen=True)
class IdentityName:
    """A user or group of some identity provider, called as the payload calls it."""

    name: str
    scope: IdentityScope = IdentityScope.USERS
    provider: IdentityProviderType = IdentityProviderType.ANY


@dataclass(frozen=True)
class _IdentityType:
    """A node type that is an identity, and the properties that identify it beside its id."""

    provider: IdentityProviderType
    scope: IdentityScope
    properties: tuple[str, ...]


def _users(provider: IdentityProviderType, *properties: str) -> _IdentityType:
    return _IdentityType(provider, IdentityScope.USERS, ("email", *properties))


def _groups(provider: IdentityProviderType, *properties: str) -> _IdentityType:
    return _IdentityType(provider, IdentityScope.GROUPS, ("name", *properties))


_IDENTITY_TYPES: Mapping[str, _IdentityType] = {
    "ActiveDirectoryGroup": _groups(IdentityProviderType.ACTIVE_DIRECTORY, "distinguished_name"),
    "ActiveDirectoryUser": _users(IdentityProviderType.ACTIVE_DIRECTORY, "account_name", "distinguished_name"),
    "AzureADGroup": _groups(IdentityProviderType.AZURE_AD),
    "AzureADUser": _users(
        IdentityProviderType.AZURE_AD, "principal_name", "user_principal_name", "on_premises_sam_account_name"
    ),
    "GoogleWorkspaceGroup": _groups(IdentityProviderType.GOOGLE_WORKSPACE, "email"),
    "GoogleWorkspaceUser": _users(IdentityProviderType.GOOGLE_WORKSPACE),
    "OktaGroup": _groups(IdentityProviderType.OKTA),
    "OktaUser": _users(IdentityProviderType.OKTA, "login"),
    "OneLoginGroup": _groups(IdentityProviderType.ONE_LOGIN),
    "OneLoginUser": _users(IdentityProviderType.ONE_LOGIN),
}
_CUSTOM_IDENTITY_TYPES: Mapping[str, _IdentityType] = {
    "IDPGroup": _groups(IdentityProviderType.CUSTOM, "idp_unique_id"),
    "IDPUser": _users(IdentityProviderType.CUSTOM, "idp_unique_id"),
}


class IdentityIndex:
    """The identities of a tenant by everything that identifies them."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._found: dict[str, dict[str, _IdentityType]] = defaultdict(dict)
        for node in nodes:
            identity_type = _identity_type_of(node.type)
            if identity_type is not None:
                self._note(node, identity_type)

    def find(self, wanted: IdentityName) -> Sequence[str]:
        """Return the ids of the nodes that the name means; several if several providers know it."""
        found = self._found.get(wanted.name.lower(), {})
        return [node_id for node_id, identity_type in found.items() if _is_meant(identity_type, wanted)]

    def _note(self, node: Node, identity_type: _IdentityType) -> None:
        self._found[node.id.lower()][node.id] = identity_type
        for name in identity_type.properties:
            value = node.properties.get(name)
            if isinstance(value, str) and value:
                self._found[value.lower()][node.id] = identity_type


def _identity_type_of(node_type: str) -> _IdentityType | None:
    if node_type.startswith("OAA."):
        return _CUSTOM_IDENTITY_TYPES.get(node_type.rpartition(".")[2])
    return _IDENTITY_TYPES.get(node_type)


def _is_meant(identity_type: _IdentityType, wanted: IdentityName) -> bool:
    in_scope = wanted.scope in (IdentityScope.ANY, identity_type.scope)
    return in_scope and wanted.provider in (IdentityProviderType.ANY, identity_type.provider)
