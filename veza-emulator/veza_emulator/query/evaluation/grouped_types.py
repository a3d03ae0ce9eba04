"""The node types that stand for several others, and which of a tenant's types each stands for; knows no node.

That IdPUser, IdPGroup, Identity, Resource and CustomApplication group others is documented by Veza's built-in queries, and
CustomIDPUser by its page on the identity provider of access reviews; which types they group is inferred from the names of the
types. Other grouped types that those queries use are known by name and have no known members, so that a tenant refuses them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

_IDENTITY_PROVIDERS = ("ActiveDirectory", "AzureAD", "GoogleWorkspace", "Okta", "OneLogin", "PingOne")
_MACHINE_IDENTITIES = frozenset(
    {
        "ActiveDirectoryManagedServiceAccount",
        "AwsServicePrincipal",
        "AzureADEnterpriseApplication",
        "GithubPersonalAccount",
        "GoogleCloudServiceAccount",
        "WorkdayAccount",
    }
)
_NOT_RESOURCES = (
    "AccessCreds", "AccessKey", "AccessToken", "Group", "GroupedPermission", "Permission", "PermissionSet", "Policy",
    "PolicyStatement", "Profile", "Role", "RoleAssignment", "RoleBinding", "Team",
    ".Agent", ".HRISEmployee", ".HRISSystem", ".IDPApp", ".IDPDomain", ".Model",
)  # fmt: skip
_WITHOUT_KNOWN_MEMBERS = frozenset({"AccessCreds", "IdPApplication", "Key", "Permission", "Secret", "User"})
_RESOURCE = "Resource"


def _is_idp_user(node_type: str) -> bool:
    return node_type in {f"{provider}User" for provider in _IDENTITY_PROVIDERS} or _ends_with(node_type, ".IdPUser")


def _is_idp_group(node_type: str) -> bool:
    return node_type in {f"{provider}Group" for provider in _IDENTITY_PROVIDERS} or _ends_with(node_type, ".IdPGroup")


def _is_identity(node_type: str) -> bool:
    return node_type.endswith("User") or node_type in _MACHINE_IDENTITIES or _is_idp_user(node_type)


def _is_resource(node_type: str) -> bool:
    return not (_is_identity(node_type) or _is_idp_group(node_type) or node_type.endswith(_NOT_RESOURCES))


def _ends_with(node_type: str, ending: str) -> bool:
    return node_type.lower().endswith(ending.lower())


_MEMBERSHIP: dict[str, Callable[[str], bool]] = {
    "CustomApplication": lambda node_type: node_type.startswith("OAA.") and node_type.endswith(".Application"),
    "CustomIDPUser": lambda node_type: _ends_with(node_type, ".IdPUser"),
    "IdPUser": _is_idp_user,
    "IdPGroup": _is_idp_group,
    "Identity": _is_identity,
    _RESOURCE: _is_resource,
}


def is_grouped(node_type: str) -> bool:
    """Tell whether a node type stands for several others whose names are known here."""
    return node_type in _MEMBERSHIP


def has_unknown_members(node_type: str) -> bool:
    """Tell whether a node type stands for several others that are not known here."""
    is_family = node_type.endswith(_RESOURCE) and not node_type.startswith("OAA.") and not is_grouped(node_type)
    return is_family or node_type in _WITHOUT_KNOWN_MEMBERS


def members(node_type: str, known_types: Iterable[str]) -> list[str]:
    """Return which of these plain types a node type stands for: itself, or the members of its group."""
    belongs = _MEMBERSHIP.get(node_type, node_type.__eq__)
    return [known for known in known_types if belongs(known)]
