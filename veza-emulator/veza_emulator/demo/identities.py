"""The users and groups of the demo tenant's identity providers, a function for each node type; `company` links them.

The names of properties are those of Veza's built-in queries and documents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from veza_emulator.demo.origins import (
    AZURE_TENANT,
    DOMAIN,
    OKTA_ORG,
    days_ago,
    origin,
    populated,
    short_hash,
    uuid_like,
)
from veza_emulator.graph.tenant_graph import Node, RiskLevel

_OKTA = origin(f"{OKTA_ORG}:okta", OKTA_ORG)
_AZURE = origin(f"{AZURE_TENANT}:azuread", AZURE_TENANT)
_DIRECTORY = origin(f"{DOMAIN}:activedirectory", DOMAIN)
_WORKSPACE = origin(f"{DOMAIN}:googleworkspace", DOMAIN)
_DISTINGUISHED = "DC=acme,DC=example"


@dataclass(frozen=True)
class Account:
    """What an identity provider knows of a person or machine; None stands for a property that is not populated.

    :param more: further properties of the node.
    """

    name: str
    login: str
    department: str | None
    is_active: bool = True
    mfa_active: bool = True
    is_human: bool = True
    days_since_created: int = 700
    days_since_login: int | None = 1
    more: Mapping[str, Any] = field(default_factory=dict)

    def properties(self) -> dict[str, Any]:
        """Return what every identity provider knows."""
        login_days = self.days_since_login
        return {
            "name": self.name,
            "email": self.login,
            "department": self.department,
            "identity_type": "HUMAN" if self.is_human else "NONHUMAN",
            "is_active": self.is_active,
            "mfa_active": self.mfa_active,
            "created_at": days_ago(self.days_since_created),
            "last_login_at": None if login_days is None else days_ago(login_days),
            **self.more,
        }


def okta_user(account: Account, risk_level: RiskLevel = RiskLevel.NONE) -> Node:
    """Return a user of Okta."""
    properties = account.properties()
    properties["login"] = account.login
    properties["status"] = "ACTIVE" if account.is_active else "DEPROVISIONED"
    return Node(f"00u{short_hash(account.login)}", "OktaUser", populated(properties | _OKTA), risk_level)


def azure_ad_user(account: Account, risk_level: RiskLevel = RiskLevel.NONE) -> Node:
    """Return a user of Azure AD."""
    properties = account.properties()
    properties["user_principal_name"] = account.login
    properties["azure_tenant_id"] = AZURE_TENANT
    return Node(uuid_like(account.login), "AzureADUser", populated(properties | _AZURE), risk_level)


def active_directory_user(account: Account, risk_level: RiskLevel = RiskLevel.NONE) -> Node:
    """Return a user of Active Directory."""
    account_name = account.login.partition("@")[0]
    node_id = f"CN={account_name},OU={account.department or 'Staff'},{_DISTINGUISHED}"
    properties = account.properties()
    properties |= {
        "account_name": account_name,
        "active_directory_domain": DOMAIN,
        "distinguished_name": node_id,
    }
    return Node(node_id, "ActiveDirectoryUser", populated(properties | _DIRECTORY), risk_level)


def google_workspace_user(account: Account, risk_level: RiskLevel = RiskLevel.NONE) -> Node:
    """Return a user of Google Workspace."""
    properties = account.properties()
    properties["mfa_enabled"] = properties.pop("mfa_active")
    properties["suspended"] = not account.is_active
    node_id = f"googleworkspace:{DOMAIN}/user/{account.login}"
    return Node(node_id, "GoogleWorkspaceUser", populated(properties | _WORKSPACE), risk_level)


def okta_group(name: str) -> Node:
    """Return a group of Okta."""
    properties = {"name": name, "created_at": days_ago(1_200), **_OKTA}
    return Node(f"00g{short_hash(name)}", "OktaGroup", properties)


def azure_ad_group(name: str) -> Node:
    """Return a group of Azure AD."""
    properties = {"name": name, "created_at": days_ago(1_000), "is_security_group": True, **_AZURE}
    return Node(uuid_like(f"group {name}"), "AzureADGroup", properties)


def active_directory_group(name: str) -> Node:
    """Return a group of Active Directory."""
    node_id = f"CN={name},OU=Groups,{_DISTINGUISHED}"
    properties = {
        "name": name,
        "active_directory_domain": DOMAIN,
        "created_at": days_ago(1_500),
        "is_security_group": True,
        **_DIRECTORY,
    }
    return Node(node_id, "ActiveDirectoryGroup", properties)


def google_workspace_group(name: str) -> Node:
    """Return a group of Google Workspace."""
    properties = {"name": name, "created_at": days_ago(800), **_WORKSPACE}
    return Node(f"googleworkspace:{DOMAIN}/group/{name}", "GoogleWorkspaceGroup", properties)
