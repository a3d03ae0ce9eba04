"""The nodes of the demo tenant, a function for each node type; who reaches what is elsewhere."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_provider_veza.emulator.graph import Node, RiskLevel

DOMAIN = "acme.example"
AWS_ACCOUNTS = ("877042069677", "123456789012", "555000111222")
AWS_REGIONS = ("us-east-1", "us-east-2", "eu-west-1", "eu-central-1")
SNOWFLAKE_ACCOUNT = "dn44266.us-east-2.aws.snowflakecomputing.com"
_OKTA_ORG = "acme.okta.example"
_AZURE_TENANT = "6f1c9c0e-2f5b-4e0a-9d6e-5d0c7d1a4b11"
# A fixed day, so that the same seed gives the same tenant for ever.
_TODAY = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Account:
    """What an identity provider knows of a person or machine; None stands for a property that is not populated."""

    name: str
    login: str
    department: str | None
    is_active: bool = True
    mfa_active: bool = True
    is_human: bool = True
    days_since_created: int = 700
    days_since_login: int | None = 1


def okta_user(account: Account, risk_level: RiskLevel = RiskLevel.NONE) -> Node:
    """Return a user of Okta."""
    properties = {
        **_account_properties(account),
        "login": account.login,
        "status": "ACTIVE" if account.is_active else "DEPROVISIONED",
        **_origin(f"{_OKTA_ORG}:okta", _OKTA_ORG),
    }
    return Node(f"00u{_short_hash(account.login)}", "OktaUser", populated(properties), risk_level)


def azure_ad_user(account: Account, risk_level: RiskLevel = RiskLevel.NONE) -> Node:
    """Return a user of Azure AD."""
    properties = {
        **_account_properties(account),
        "user_principal_name": account.login,
        **_origin(f"{_AZURE_TENANT}:azuread", _AZURE_TENANT),
    }
    return Node(_uuid_like(account.login), "AzureADUser", populated(properties), risk_level)


def okta_group(name: str) -> Node:
    """Return a group of Okta."""
    properties = {"name": name, "created_at": _days_ago(1_200), **_origin(f"{_OKTA_ORG}:okta", _OKTA_ORG)}
    return Node(f"00g{_short_hash(name)}", "OktaGroup", properties)


def azure_ad_group(name: str) -> Node:
    """Return a group of Azure AD."""
    properties = {"name": name, "created_at": _days_ago(1_000), **_origin(f"{_AZURE_TENANT}:azuread", _AZURE_TENANT)}
    return Node(_uuid_like(f"group {name}"), "AzureADGroup", properties)


def aws_iam_role(name: str, account_id: str, risk_level: RiskLevel = RiskLevel.LOW) -> Node:
    """Return a role of AWS."""
    properties = {"name": name, "created_at": _days_ago(900), "full_admin": False, **_aws_origin(account_id, "awsiam")}
    return Node(f"arn:aws:iam::{account_id}:role/{name}", "AwsIamRole", properties, risk_level)


def aws_iam_policy(name: str, account_id: str) -> Node:
    """Return a policy of AWS."""
    properties = {"name": name, "created_at": _days_ago(900), **_aws_origin(account_id, "awsiam")}
    return Node(f"arn:aws:iam::{account_id}:policy/{name}", "AwsIamPolicy", properties)


@dataclass(frozen=True)
class BucketFacts:
    """What varies between buckets."""

    region: str
    block_public_access_enabled: bool
    default_encryption_enabled: bool


def s3_bucket(name: str, account_id: str, facts: BucketFacts, risk_level: RiskLevel) -> Node:
    """Return a bucket of AWS S3."""
    properties = {
        "name": name,
        "created_at": _days_ago(1_100),
        "region": facts.region,
        "block_public_access_enabled": facts.block_public_access_enabled,
        "default_encryption_enabled": facts.default_encryption_enabled,
        **_aws_origin(account_id, "s3"),
    }
    return Node(f"arn:aws:s3:::{name}", "S3Bucket", properties, risk_level)


def snowflake_role(name: str) -> Node:
    """Return a role of Snowflake."""
    properties = {"name": name, "created_at": _days_ago(800), **_origin(SNOWFLAKE_ACCOUNT, SNOWFLAKE_ACCOUNT)}
    return Node(f"{SNOWFLAKE_ACCOUNT}/role/{name}", "SnowflakeRole", properties)


def snowflake_table(schema: str, name: str, risk_level: RiskLevel = RiskLevel.NONE) -> Node:
    """Return a table of Snowflake."""
    node_id = f"{SNOWFLAKE_ACCOUNT}/database/ACME/schema/{schema}/table/{name}"
    properties = {"name": name, "schema": schema, "database": "ACME", **_origin(SNOWFLAKE_ACCOUNT, SNOWFLAKE_ACCOUNT)}
    return Node(node_id, "SnowflakeTable", properties, risk_level)


def populated(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the properties that are populated: Veza leaves the others out of a row."""
    return {name: value for name, value in properties.items() if value is not None}


def _account_properties(account: Account) -> dict[str, Any]:
    login_days = account.days_since_login
    return {
        "name": account.name,
        "email": account.login,
        "department": account.department,
        "identity_type": "HUMAN" if account.is_human else "NONHUMAN",
        "is_active": account.is_active,
        "mfa_active": account.mfa_active,
        "created_at": _days_ago(account.days_since_created),
        "last_login_at": None if login_days is None else _days_ago(login_days),
    }


def _aws_origin(account_id: str, service: str) -> dict[str, str]:
    return {"aws_account_id": account_id, **_origin(f"{account_id}:{service}", account_id)}


def _origin(datasource_id: str, provider_id: str) -> dict[str, str]:
    return {"datasource_id": datasource_id, "provider_id": provider_id}


def _days_ago(days: int) -> str:
    return f"{_TODAY - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:17]


def _uuid_like(text: str) -> str:
    digits = hashlib.sha256(text.encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:32]}"
