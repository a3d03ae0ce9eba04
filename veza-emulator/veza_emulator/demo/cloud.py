"""The nodes of the demo tenant's clouds, a function for each node type; `company` links them.

The names of properties are those of Veza's built-in queries and documents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from veza_emulator.demo.origins import (
    NOTHING_MORE,
    SNOWFLAKE_ACCOUNT,
    aws_origin,
    days_ago,
    origin,
    populated,
)
from veza_emulator.graph.tenant_graph import Node, RiskLevel, Tag

_SNOWFLAKE = origin(SNOWFLAKE_ACCOUNT, SNOWFLAKE_ACCOUNT)


@dataclass(frozen=True)
class Principal:
    """What varies between users of a cloud; None stands for a property that is not populated."""

    name: str
    email: str | None
    days_since_used: int | None
    full_admin: bool = False
    mfa_active: bool = True

    @property
    def last_used_at(self) -> str | None:
        """When the principal was last seen."""
        return None if self.days_since_used is None else days_ago(self.days_since_used)


def aws_iam_user(principal: Principal, account_id: str, risk_level: RiskLevel) -> Node:
    """Return a user of AWS."""
    properties = {
        "name": principal.name,
        "created_at": days_ago(900),
        "full_admin": principal.full_admin,
        "identity_unique_id": principal.name,
        "last_used_at": principal.last_used_at,
        "mfa_active": principal.mfa_active,
        "password_last_used_at": principal.last_used_at,
        "permission_boundary_controlled": False,
        "root": False,
        **aws_origin(account_id, "awsiam"),
    }
    return Node(f"arn:aws:iam::{account_id}:user/{principal.name}", "AwsIamUser", populated(properties), risk_level)


def aws_iam_group(name: str, account_id: str) -> Node:
    """Return a group of AWS."""
    properties = {"name": name, "created_at": days_ago(900), "full_admin": False, **aws_origin(account_id, "awsiam")}
    return Node(f"arn:aws:iam::{account_id}:group/{name}", "AwsIamGroup", properties)


def aws_iam_role(
    name: str, account_id: str, risk_level: RiskLevel = RiskLevel.LOW, more: Mapping[str, Any] = NOTHING_MORE
) -> Node:
    """Return a role of AWS."""
    properties = {
        "name": name,
        "created_at": days_ago(900),
        "full_admin": False,
        **aws_origin(account_id, "awsiam"),
        **more,
    }
    return Node(f"arn:aws:iam::{account_id}:role/{name}", "AwsIamRole", populated(properties), risk_level)


def aws_iam_policy(name: str, account_id: str, more: Mapping[str, Any] = NOTHING_MORE) -> Node:
    """Return a policy of AWS."""
    properties = {"name": name, "created_at": days_ago(900), **aws_origin(account_id, "awsiam"), **more}
    return Node(f"arn:aws:iam::{account_id}:policy/{name}", "AwsIamPolicy", populated(properties))


@dataclass(frozen=True)
class BucketFacts:
    """What varies between buckets."""

    region: str
    block_public_access_enabled: bool
    default_encryption_enabled: bool
    more: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[Tag, ...] = ()


def s3_bucket(name: str, account_id: str, facts: BucketFacts, risk_level: RiskLevel) -> Node:
    """Return a bucket of AWS S3."""
    properties = {
        "name": name,
        "created_at": days_ago(1_100),
        "region": facts.region,
        "block_public_access_enabled": facts.block_public_access_enabled,
        "default_encryption_enabled": facts.default_encryption_enabled,
        **aws_origin(account_id, "s3"),
        **facts.more,
    }
    return Node(f"arn:aws:s3:::{name}", "S3Bucket", populated(properties), risk_level, facts.tags)


def s3_bucket_policy_statement(name: str, account_id: str) -> Node:
    """Return a statement of the policy of a bucket."""
    properties = {"name": name, "effect": "Allow", **aws_origin(account_id, "s3")}
    return Node(f"arn:aws:s3:::{name}/policy/statement", "S3BucketPolicyStatement", properties)


def snowflake_user(principal: Principal, risk_level: RiskLevel) -> Node:
    """Return a user of Snowflake."""
    properties = {
        "name": principal.name,
        "created_at": days_ago(800),
        "email": principal.email,
        "full_admin": principal.full_admin,
        "identity_type": "HUMAN" if principal.email else "NONHUMAN",
        "is_active": True,
        "last_login_at": principal.last_used_at,
        "mfa_enabled": principal.mfa_active,
        **_SNOWFLAKE,
    }
    return Node(f"{SNOWFLAKE_ACCOUNT}/user/{principal.name}", "SnowflakeUser", populated(properties), risk_level)


def snowflake_role(name: str) -> Node:
    """Return a role of Snowflake."""
    properties = {"name": name, "created_at": days_ago(800), **_SNOWFLAKE}
    return Node(f"{SNOWFLAKE_ACCOUNT}/role/{name}", "SnowflakeRole", properties)


def snowflake_table(schema: str, name: str, risk_level: RiskLevel = RiskLevel.NONE) -> Node:
    """Return a table of Snowflake."""
    node_id = f"{SNOWFLAKE_ACCOUNT}/database/ACME/schema/{schema}/table/{name}"
    properties = {"name": name, "schema": schema, "database": "ACME", **_SNOWFLAKE}
    return Node(node_id, "SnowflakeTable", properties, risk_level)
