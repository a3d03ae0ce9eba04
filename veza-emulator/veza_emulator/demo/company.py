"""The demo tenant outside the payroll story: how many there are of each kind, and who is linked to whom."""

from __future__ import annotations

from dataclasses import dataclass

from veza_emulator.demo.applications import (
    REPOSITORY_ACCESS,
    bitbucket_permissions,
    bitbucket_projects,
    bitbucket_repositories,
    bitbucket_users,
    rollbar_groups,
    rollbar_users,
)
from veza_emulator.demo.dice import Dice
from veza_emulator.demo.draft import Draft, Span
from veza_emulator.demo.estate import (
    aws_iam_groups,
    aws_iam_policies,
    aws_iam_roles,
    aws_iam_users,
    s3_bucket_policy_statements,
    s3_buckets,
    snowflake_roles,
    snowflake_tables,
    snowflake_users,
)
from veza_emulator.demo.identities import (
    active_directory_group,
    azure_ad_group,
    google_workspace_group,
    okta_group,
)
from veza_emulator.demo.people import (
    Draw,
    active_directory_users,
    azure_ad_users,
    google_workspace_users,
    groups,
    okta_users,
)
from veza_emulator.demo.wiring import Wiring
from veza_emulator.graph.edge_marks import RawPermissions


@dataclass(frozen=True)
class _Kind:
    """One kind of node: how many in a thousand, and what draws them."""

    share: int
    draw: Draw


# What is left over are Okta users. Groups that open nothing are "plain".
_KINDS = {
    "AzureADUser": _Kind(120, azure_ad_users),
    "ActiveDirectoryUser": _Kind(70, active_directory_users),
    "GoogleWorkspaceUser": _Kind(40, google_workspace_users),
    "AwsIamUser": _Kind(40, aws_iam_users),
    "SnowflakeUser": _Kind(40, snowflake_users),
    "OktaGroup": _Kind(25, groups(okta_group, "Team")),
    "plain OktaGroup": _Kind(60, groups(okta_group, "List")),
    "AzureADGroup": _Kind(15, groups(azure_ad_group, "Team")),
    "plain AzureADGroup": _Kind(40, groups(azure_ad_group, "List")),
    "ActiveDirectoryGroup": _Kind(20, groups(active_directory_group, "Staff")),
    "GoogleWorkspaceGroup": _Kind(20, groups(google_workspace_group, "List")),
    "AwsIamGroup": _Kind(10, aws_iam_groups),
    "AwsIamRole": _Kind(40, aws_iam_roles),
    "AwsIamPolicy": _Kind(50, aws_iam_policies),
    "S3Bucket": _Kind(80, s3_buckets),
    "S3BucketPolicyStatement": _Kind(10, s3_bucket_policy_statements),
    "SnowflakeRole": _Kind(30, snowflake_roles),
    "SnowflakeTable": _Kind(70, snowflake_tables),
    "Bitbucket User": _Kind(15, bitbucket_users),
    "Bitbucket Permission": _Kind(7, bitbucket_permissions),
    "Bitbucket Project": _Kind(5, bitbucket_projects),
    "Bitbucket Repo": _Kind(10, bitbucket_repositories),
    "Rollbar User": _Kind(5, rollbar_users),
    "Rollbar Group": _Kind(2, rollbar_groups),
}
_MEMBERSHIPS = (26, 30, 34, 38, 42)
_SOME = (0, 0, 1, 1, 2, 3)
_FEW = (0, 1, 1, 2)
_BUCKET_ACCESS: tuple[RawPermissions, ...] = (
    frozenset({"s3:GetObject", "s3:ListBucket"}),
    frozenset({"s3:ListBucket"}),
    frozenset({"s3:GetObject", "s3:PutObject", "s3:ListBucket"}),
    frozenset({"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "s3:PutBucketAcl"}),
)
_TABLE_ACCESS: tuple[RawPermissions, ...] = (
    frozenset({"SELECT"}),
    frozenset({"SELECT", "REFERENCES"}),
    frozenset({"SELECT", "INSERT", "UPDATE"}),
    frozenset({"OWNERSHIP", "DELETE"}),
)


def add_company(draft: Draft, dice: Dice, size: int) -> None:
    """Add this many nodes and what connects them; nothing here touches what the draft already holds."""
    counts = {name: size * kind.share // 1_000 for name, kind in _KINDS.items()}
    spans = {"OktaUser": draft.add_all(okta_users(dice, size - sum(counts.values())))}
    for name, kind in _KINDS.items():
        spans[name] = draft.add_all(kind.draw(dice, counts[name]))
    wiring = Wiring(draft, dice, size)
    _wire_people(wiring, spans)
    _wire_aws(wiring, spans)
    _wire_snowflake(wiring, spans)
    _wire_applications(wiring, spans)


def _wire_people(wiring: Wiring, spans: dict[str, Span]) -> None:
    for provider in ("Okta", "AzureAD"):
        users, groups, plain = (
            spans[kind] for kind in (f"{provider}User", f"{provider}Group", f"plain {provider}Group")
        )
        wiring.link(users, groups, _SOME)
        wiring.link(users, plain, _MEMBERSHIPS)
        wiring.nest(groups, 0.15)
        wiring.nest(plain, 0.15)
        wiring.link(groups, spans["AwsIamRole"], _FEW)
        wiring.link(groups, spans["SnowflakeRole"], (0, 0, 1))
    for provider in ("ActiveDirectory", "GoogleWorkspace"):
        users, groups = spans[f"{provider}User"], spans[f"{provider}Group"]
        wiring.link(users, groups, (8, 12, 16, 20))
        wiring.nest(groups, 0.15)
        wiring.link(groups, spans["AwsIamRole"], (0, 0, 0, 1))
    wiring.pair_up(spans["ActiveDirectoryUser"], spans["AzureADUser"])


def _wire_aws(wiring: Wiring, spans: dict[str, Span]) -> None:
    users, groups, roles = spans["AwsIamUser"], spans["AwsIamGroup"], spans["AwsIamRole"]
    policies, buckets, statements = spans["AwsIamPolicy"], spans["S3Bucket"], spans["S3BucketPolicyStatement"]
    wiring.link(users, groups, (1, 2, 3))
    wiring.link(users, policies, _FEW)
    wiring.link(groups, policies, (1, 1, 2))
    wiring.nest(roles, 0.15)
    wiring.link(roles, policies, (1, 1, 2))
    wiring.link(roles, statements, (0, 0, 0, 1))
    wiring.grant(policies, buckets, (1, 2, 3, 4), _BUCKET_ACCESS)
    wiring.grant(statements, buckets, (1,), _BUCKET_ACCESS)


def _wire_snowflake(wiring: Wiring, spans: dict[str, Span]) -> None:
    roles = spans["SnowflakeRole"]
    wiring.pair_up(spans["OktaUser"], spans["SnowflakeUser"])
    wiring.link(spans["SnowflakeUser"], roles, (1, 1, 2))
    wiring.nest(roles, 0.15)
    wiring.grant(roles, spans["SnowflakeTable"], (1, 2, 3, 4), _TABLE_ACCESS)


def _wire_applications(wiring: Wiring, spans: dict[str, Span]) -> None:
    users, permissions = spans["Bitbucket User"], spans["Bitbucket Permission"]
    wiring.pair_up(spans["OktaUser"], users)
    wiring.link(users, permissions, (1, 1, 2))
    wiring.grant(users, spans["Bitbucket Project"], _FEW, REPOSITORY_ACCESS)
    wiring.grant(users, spans["Bitbucket Repo"], (1, 2, 4, 6), REPOSITORY_ACCESS)
    wiring.pair_up(spans["OktaUser"], spans["Rollbar User"])
    wiring.link(spans["Rollbar User"], spans["Rollbar Group"], (1, 1, 2))
