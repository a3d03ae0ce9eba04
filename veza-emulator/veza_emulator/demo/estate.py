"""Draws what people use and reach in the demo tenant's clouds; `company` links them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from veza_emulator.demo.cloud import (
    BucketFacts,
    Principal,
    aws_iam_group,
    aws_iam_policy,
    aws_iam_role,
    aws_iam_user,
    s3_bucket,
    s3_bucket_policy_statement,
    snowflake_role,
    snowflake_table,
    snowflake_user,
)
from veza_emulator.demo.dice import Dice
from veza_emulator.demo.origins import AWS_ACCOUNTS, AWS_REGIONS, DOMAIN, NOTHING_MORE, days_ago
from veza_emulator.demo.people import DEPARTMENTS, RISKS
from veza_emulator.graph.tenant_graph import Node, Tag

_SCHEMAS = ("SALES", "FINANCE", "MARKETING", "SUPPORT", "RESEARCH")
_BUCKET_USES = ("logs", "exports", "backups", "uploads", "models", "reports")
_USED_DAYS = (None, 0, 1, 3, 10, 30, 60, 100, 200, 400)
_BUCKET_TAGS: tuple[tuple[Tag, ...], ...] = (
    (),
    (),
    (Tag("environment", "production", "AWS"),),
    (Tag("environment", "staging", "AWS"),),
    (Tag("environment", "production", "AWS"), Tag("DataCompliance", "PII")),
)
_BUCKET_FACTS: tuple[Mapping[str, Any], ...] = (
    NOTHING_MORE,
    {"server_access_logs_enabled": True, "object_lock_enabled": False},
    {"server_access_logs_enabled": False, "object_lock_enabled": True, "hosts_website": False},
    {"server_access_logs_enabled": False, "hosts_website": True, "allows_acls": True, "replication_rules_count": 0},
)
_ROLE_FACTS: tuple[Mapping[str, Any], ...] = (
    {"last_used_at": days_ago(2)},
    {"service_linked_role": True, "services_assumed_by": ["lambda.amazonaws.com"]},
    {"last_used_at": days_ago(120), "trusts_any_aws_principal": False, "permission_boundary_controlled": True},
    {"full_admin": True, "accounts_assumed_by": list(AWS_ACCOUNTS)},
)
_POLICY_FACTS: tuple[Mapping[str, Any], ...] = (
    {"customer_managed": True, "inline": False},
    {"customer_managed": True, "inline": False, "full_admin": False, "attachment_count": 3},
    {"customer_managed": False, "inline": False, "allow_and_deny": True},
)


def aws_iam_users(dice: Dice, count: int) -> Iterable[Node]:
    """Draw users of AWS."""
    return map(aws_iam_user, _principals(dice, count), dice.picks(count, AWS_ACCOUNTS), dice.picks(count, RISKS))


def aws_iam_groups(dice: Dice, count: int) -> Iterable[Node]:
    """Draw groups of AWS."""
    return map(aws_iam_group, _numbered(dice.picks(count, DEPARTMENTS)), dice.picks(count, AWS_ACCOUNTS))


def aws_iam_roles(dice: Dice, count: int) -> Iterable[Node]:
    """Draw roles of AWS."""
    names, risks = _numbered(dice.picks(count, DEPARTMENTS)), dice.picks(count, RISKS)
    return map(aws_iam_role, names, dice.picks(count, AWS_ACCOUNTS), risks, dice.picks(count, _ROLE_FACTS))


def aws_iam_policies(dice: Dice, count: int) -> Iterable[Node]:
    """Draw policies of AWS."""
    names = _numbered(["access"] * count)
    return map(aws_iam_policy, names, dice.picks(count, AWS_ACCOUNTS), dice.picks(count, _POLICY_FACTS))


def s3_buckets(dice: Dice, count: int) -> Iterable[Node]:
    """Draw buckets of AWS S3."""
    owners, uses = dice.picks(count, DEPARTMENTS), dice.picks(count, _BUCKET_USES)
    names = _numbered([f"acme-{owner.lower()}-{use}" for owner, use in zip(owners, uses, strict=True)])
    facts = map(
        BucketFacts,
        dice.picks(count, AWS_REGIONS),
        dice.chances(count, 0.9),
        dice.chances(count, 0.8),
        dice.picks(count, _BUCKET_FACTS),
        dice.picks(count, _BUCKET_TAGS),
    )
    return map(s3_bucket, names, dice.picks(count, AWS_ACCOUNTS), facts, dice.picks(count, RISKS))


def s3_bucket_policy_statements(dice: Dice, count: int) -> Iterable[Node]:
    """Draw statements of the policies of buckets."""
    return map(s3_bucket_policy_statement, _numbered(["acme-policy"] * count), dice.picks(count, AWS_ACCOUNTS))


def snowflake_users(dice: Dice, count: int) -> Iterable[Node]:
    """Draw users of Snowflake."""
    return map(snowflake_user, _principals(dice, count), dice.picks(count, RISKS))


def snowflake_roles(dice: Dice, count: int) -> Iterable[Node]:
    """Draw roles of Snowflake."""
    schemas = dice.picks(count, _SCHEMAS)
    return (snowflake_role(f"{schema}_{number}") for number, schema in enumerate(schemas, start=1))


def snowflake_tables(dice: Dice, count: int) -> Iterable[Node]:
    """Draw tables of Snowflake."""
    names = (f"TABLE_{number}" for number in range(1, count + 1))
    return map(snowflake_table, dice.picks(count, _SCHEMAS), names, dice.picks(count, RISKS))


def _principals(dice: Dice, count: int) -> Iterator[Principal]:
    people = dice.chances(count, 0.8)
    facts = zip(people, dice.picks(count, _USED_DAYS), dice.chances(count, 0.03), dice.chances(count, 0.7), strict=True)
    for number, (is_person, used, admin, mfa) in enumerate(facts, start=1):
        name = f"u.{number}" if is_person else f"svc-{number}"
        yield Principal(name, f"{name}@{DOMAIN}" if is_person else None, used, admin, mfa)


def _numbered(names: Sequence[str]) -> Iterator[str]:
    return (f"{name.lower()}-{number}" for number, name in enumerate(names, start=1))
