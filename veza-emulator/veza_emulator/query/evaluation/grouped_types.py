"""The node types that stand for several others, and which of a tenant's types each stands for; knows no node.

That these types group others is documented by Veza's built-in queries, and CustomIDPUser by its page on the identity provider of
access reviews. Members are known where built-in queries name them in a request (`types` below); else which types a group
means is inferred from the names of the types. A request that names members itself, in `node_type_grouping_constraint`, is
taken at its word, also of a group that is not listed here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_IDENTITY_PROVIDERS = ("ActiveDirectory", "AzureAD", "GoogleWorkspace", "Okta", "OneLogin", "PingOne")
_MACHINE_IDENTITIES = (
    "ActiveDirectoryManagedServiceAccount", "AwsServicePrincipal", "AzureADEnterpriseApplication",
    "GithubPersonalAccount", "GoogleCloudServiceAccount", "WorkdayAccount",
)  # fmt: skip
_NOT_RESOURCES = (
    "AccessCreds", "AccessKey", "AccessToken", "DeployKey", "Group", "GroupedPermission", "MaskingPolicy", "Permission",
    "PermissionSet", "Policy", "PolicyStatement", "Profile", "Role", "RoleAssignment", "RoleBinding", "Team",
    ".Agent", ".HRISEmployee", ".HRISSystem", ".IDPApp", ".IDPDomain", ".Model",
)  # fmt: skip
_PUSHED = "OAA."
_FAMILY = "Resource"


@dataclass(frozen=True)
class _Group:
    """What the members of a group are called; a type that is called so in any way is one."""

    types: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    pushed_as: tuple[str, ...] = ()

    def includes(self, node_type: str) -> bool:
        """Tell whether a plain type is a member."""
        if node_type in self.types:
            return True
        if node_type.startswith(_PUSHED):
            return node_type.lower().endswith(tuple(end.lower() for end in self.pushed_as))
        return (bool(self.starts) and _is_resource_called(node_type, self.starts)) or node_type.endswith(self.ends)


_IDP_USER = _Group(types=tuple(f"{provider}User" for provider in _IDENTITY_PROVIDERS), pushed_as=(".IdPUser",))
_IDP_GROUP = _Group(types=tuple(f"{provider}Group" for provider in _IDENTITY_PROVIDERS), pushed_as=(".IdPGroup",))
_IDENTITY = _Group(types=_MACHINE_IDENTITIES, ends=("User", "UserInstance"), pushed_as=("User",))

_GROUPS = {
    "AccessCreds": _Group(
        ends=("AccessCreds", "AccessKey", "AccessToken", "DeployKey"),
        pushed_as=("AccessCreds", "AccessKey", "AccessToken"),
    ),
    "AWS": _Group(
        types=("KmsCmk", "KmsService", "S3Bucket", "S3Service"),
        starts=(
            "Cognito", "DynamoDB", "EC2", "EMR", "Ecr", "Eks", "Lambda", "RdsCluster", "RdsInstance", "RdsMySql",
            "RdsPostgres", "RdsService", "Redshift", "SecretsManager",
        ),
    ),
    "Bucket": _Group(ends=("Bucket",)),
    "CustomApplication": _Group(pushed_as=(".Application",)),
    "CustomIDPUser": _Group(pushed_as=(".IdPUser",)),
    "Database": _Group(ends=("Database",)),
    "Databricks": _Group(starts=("Databricks",)),
    "IdPApplication": _Group(
        types=("AzureADEnterpriseApplication", "OktaApp", "OneLoginApp", "PingOneApplication"), pushed_as=(".IDPApp",)
    ),
    "IdPGroup": _IDP_GROUP,
    "IdPUser": _IDP_USER,
    "Identity": _IDENTITY,
    "Key": _Group(
        types=("GoogleCloudKMSKey", "HashicorpVaultSecretsEngineSubresource", "KmsCmk", "SecretsManagerSecret", "AzureKey")
    ),
    "LocalUser": _Group(ends=("DatabaseUser", "UserInstance"), pushed_as=(".User",)),
    "Permission": _Group(ends=("Permission", "Permissions"), pushed_as=(".Permission",)),
    "RedshiftClusterResource": _Group(starts=("Redshift",)),
    "Schema": _Group(ends=("Schema",)),
    "Secret": _Group(types=("AzureSecret", "HashicorpVaultSecretsEngineSubresource", "SecretsManagerSecret")),
    "ServiceAccount": _Group(ends=("ServiceAccount", "ServicePrincipal")),
    "SharePoint": _Group(types=tuple(f"SharePoint{kind}" for kind in ("Folder", "Library", "List", "Site"))),
    "SnowflakeResource": _Group(types=tuple(f"Snowflake{kind}" for kind in ("Database", "Schema", "Table", "View"))),
    "SqlServer": _Group(starts=("SqlServer",)),
    "Table": _Group(ends=("Table",)),
    "User": _IDENTITY,
}  # fmt: skip


def is_grouped(node_type: str) -> bool:
    """Tell whether a node type stands for several others."""
    is_family = node_type.endswith(_FAMILY) and not node_type.startswith(_PUSHED)
    return node_type in _GROUPS or is_family


def members(node_type: str, known_types: Iterable[str]) -> list[str]:
    """Return which of these plain types a node type stands for: itself, and the members of its group."""
    group = _GROUPS.get(node_type)
    if node_type == _FAMILY:
        return [known for known in known_types if _is_resource(known) or known == node_type]
    if group is None and is_grouped(node_type):
        group = _Group(starts=(node_type.removesuffix(_FAMILY),))
    return [known for known in known_types if known == node_type or (group is not None and group.includes(known))]


def _is_resource(node_type: str) -> bool:
    is_principal = _IDENTITY.includes(node_type) or _IDP_GROUP.includes(node_type)
    return not (is_principal or node_type.endswith(_NOT_RESOURCES))


def _is_resource_called(node_type: str, starts: tuple[str, ...]) -> bool:
    return node_type.startswith(starts) and _is_resource(node_type)
