"""The one story that every demo tenant tells, whatever its seed: who reaches the payroll exports; nothing else."""

from __future__ import annotations

from veza_emulator.demo.cloud import (
    BucketFacts,
    aws_iam_policy,
    aws_iam_role,
    s3_bucket,
    snowflake_role,
    snowflake_table,
)
from veza_emulator.demo.draft import Draft
from veza_emulator.demo.identities import Account, okta_group, okta_user
from veza_emulator.demo.origins import AWS_ACCOUNTS, DOMAIN
from veza_emulator.graph.tenant_graph import Node, RiskLevel

PAYROLL_BUCKET_NAME = "acme-payroll-exports"
_ACCOUNT = AWS_ACCOUNTS[0]


def add_payroll_story(draft: Draft) -> None:
    """Add twelve named users who reach the payroll exports in three ways, and nothing that others reach."""
    bucket_facts = BucketFacts("us-east-1", block_public_access_enabled=False, default_encryption_enabled=True)
    bucket = draft.add(s3_bucket(PAYROLL_BUCKET_NAME, _ACCOUNT, bucket_facts, RiskLevel.CRITICAL))
    operations = _add_team(draft, "Payroll Operations", _operations())
    auditors = _add_team(draft, "Internal Audit", _auditors())
    on_call = _add_team(draft, "Data Platform On-Call", _on_call())
    _open(draft, operations, "payroll-processor", bucket, ("s3:GetObject", "s3:ListBucket", "s3:PutObject"))
    _open(draft, auditors, "payroll-auditor", bucket, ("s3:GetObject", "s3:ListBucket"))
    administrator = ("s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutBucketAcl", "s3:PutObject")
    _open(draft, on_call, "break-glass-storage", bucket, administrator)
    _add_billing(draft, operations)


def _operations() -> list[Account]:
    return [
        _person("Amara Okafor", "Payroll"),
        _person("Benjamin Reyes", "Payroll"),
        _person("Chiara Lombardi", "Payroll"),
        _person("Daniel Kowalski", "Payroll"),
        Account(
            "Kiran Patel", f"kiran.patel@{DOMAIN}", "Payroll", is_active=False, mfa_active=False, days_since_login=210
        ),
        Account(
            "payroll-sync", f"payroll-sync@{DOMAIN}", None, mfa_active=False, is_human=False, days_since_login=None
        ),
    ]


def _auditors() -> list[Account]:
    return [_person(name, "Internal Audit") for name in ("Farah Haddad", "Gustav Lindqvist", "Hana Sato")]


def _on_call() -> list[Account]:
    return [_person(name, "Data Platform") for name in ("Isaac Mensah", "Julia Novak", "Elif Demir")]


def _person(name: str, department: str) -> Account:
    return Account(name, f"{name.lower().replace(' ', '.')}@{DOMAIN}", department)


def _add_team(draft: Draft, name: str, members: list[Account]) -> Node:
    group = draft.add(okta_group(name))
    for member in members:
        risk_level = RiskLevel.NONE if member.mfa_active else RiskLevel.HIGH
        draft.link(draft.add(okta_user(member, risk_level)), group)
    return group


def _open(draft: Draft, group: Node, role_name: str, bucket: Node, raw_permissions: tuple[str, ...]) -> None:
    role = draft.add(aws_iam_role(role_name, _ACCOUNT, RiskLevel.MEDIUM))
    policy = draft.add(aws_iam_policy(f"{role_name}-exports", _ACCOUNT))
    draft.link(group, role)
    draft.link(role, policy)
    draft.grant(policy, bucket, *raw_permissions)


def _add_billing(draft: Draft, group: Node) -> None:
    role = draft.add(snowflake_role("BILLING"))
    draft.link(group, role)
    draft.grant(role, draft.add(snowflake_table("FINANCE", "INVOICES", RiskLevel.HIGH)), "SELECT", "INSERT")
