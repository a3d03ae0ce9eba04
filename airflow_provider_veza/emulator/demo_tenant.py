"""The demo tenant: a company drawn from a seed, always the same for the same seed and size; knows no query."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache

from airflow_provider_veza.emulator.demo_draft import Draft
from airflow_provider_veza.emulator.demo_nodes import (
    AWS_ACCOUNTS,
    AWS_REGIONS,
    DOMAIN,
    Account,
    BucketFacts,
    aws_iam_policy,
    aws_iam_role,
    azure_ad_group,
    azure_ad_user,
    okta_group,
    okta_user,
    s3_bucket,
    snowflake_role,
    snowflake_table,
)
from airflow_provider_veza.emulator.demo_payroll import add_payroll_story
from airflow_provider_veza.emulator.graph import Node, RiskLevel, TenantGraph

MINIMUM_SIZE = 100

# Parts of a hundred; what is left over are Okta users.
_SHARES = {
    "AzureADUser": 15,
    "OktaGroup": 6,
    "AzureADGroup": 4,
    "AwsIamRole": 5,
    "AwsIamPolicy": 6,
    "S3Bucket": 9,
    "SnowflakeRole": 3,
    "SnowflakeTable": 9,
}
_FIRST_NAMES = ("Abel", "Bao", "Carla", "Diego", "Emma", "Fatou", "Grace", "Hugo", "Ines", "Jamal", "Lara", "Omar")
_LAST_NAMES = ("Adeyemi", "Becker", "Dubois", "Eriksen", "Garcia", "Ito", "Khan", "Maclead", "Nguyen", "Rossi", "Xu")
_DEPARTMENTS = ("Engineering", "Sales", "Finance", "Marketing", "Support", "Legal", "Operations", "Research")
_SCHEMAS = ("SALES", "FINANCE", "MARKETING", "SUPPORT", "RESEARCH")
_BUCKET_USES = ("logs", "exports", "backups", "uploads", "models", "reports")
_BUCKET_ACCESS = (
    ("s3:GetObject", "s3:ListBucket"),
    ("s3:ListBucket",),
    ("s3:GetObject", "s3:PutObject", "s3:ListBucket"),
    ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "s3:PutBucketAcl"),
)
_TABLE_ACCESS = (("SELECT",), ("SELECT", "REFERENCES"), ("SELECT", "INSERT", "UPDATE"), ("OWNERSHIP", "DELETE"))


@lru_cache(maxsize=8)
def demo_graph(size: int, seed: int) -> TenantGraph:
    """Return the demo tenant with exactly this many nodes."""
    if size < MINIMUM_SIZE:
        raise ValueError(f"a demo tenant has at least {MINIMUM_SIZE} nodes; asked for {size}")
    draft = Draft()
    add_payroll_story(draft)
    _Company(draft, random.Random(seed)).add(size - len(draft.nodes))
    return draft.build()


class _Company:
    """Everybody and everything outside the payroll story; nothing here touches the story's nodes."""

    def __init__(self, draft: Draft, rng: random.Random) -> None:
        self._draft = draft
        self._rng = rng
        self._logins: Counter[str] = Counter()

    def add(self, size: int) -> None:
        """Add this many nodes and what connects them."""
        count = {node_type: size * share // 100 for node_type, share in _SHARES.items()}
        okta_users = self._many(size - sum(count.values()), lambda _: okta_user(self._account(), self._risk()))
        azure_users = self._many(count["AzureADUser"], lambda _: azure_ad_user(self._account(), self._risk()))
        okta_groups = self._many(count["OktaGroup"], lambda number: okta_group(self._group_name(number)))
        azure_groups = self._many(count["AzureADGroup"], lambda number: azure_ad_group(self._group_name(number)))
        aws_roles = self._add_aws(count["AwsIamRole"], count["AwsIamPolicy"], count["S3Bucket"])
        snowflake_roles = self._add_snowflake(count["SnowflakeRole"], count["SnowflakeTable"])
        for users, groups in ((okta_users, okta_groups), (azure_users, azure_groups)):
            self._link(users, groups, (0, 1, 1, 2, 3, 4))
            self._nest(groups)
            self._link(groups, aws_roles, (0, 1, 1, 2))
            self._link(groups, snowflake_roles, (0, 0, 1))

    def _add_aws(self, roles: int, policies: int, buckets: int) -> Sequence[Node]:
        role_nodes = self._many(
            roles, lambda number: aws_iam_role(f"{self._department()}-{number}", self._aws_account())
        )
        policy_nodes = self._many(policies, lambda number: aws_iam_policy(f"access-{number}", self._aws_account()))
        bucket_nodes = self._many(buckets, self._bucket)
        self._nest(role_nodes)
        self._link(role_nodes, policy_nodes, (1, 1, 2))
        self._grant(policy_nodes, bucket_nodes, _BUCKET_ACCESS)
        return role_nodes

    def _add_snowflake(self, roles: int, tables: int) -> Sequence[Node]:
        role_nodes = self._many(roles, lambda number: snowflake_role(f"{self._rng.choice(_SCHEMAS)}_{number}"))
        table_nodes = self._many(tables, self._table)
        self._nest(role_nodes)
        self._grant(role_nodes, table_nodes, _TABLE_ACCESS)
        return role_nodes

    def _many(self, count: int, make: Callable[[int], Node]) -> Sequence[Node]:
        return [self._draft.add(make(number)) for number in range(1, count + 1)]

    def _link(self, sources: Sequence[Node], targets: Sequence[Node], counts: Sequence[int]) -> None:
        for source in sources:
            for target in self._some(targets, self._rng.choice(counts)):
                self._draft.link(source, target)

    def _nest(self, nodes: Sequence[Node]) -> None:
        for position, node in enumerate(nodes):
            if position and self._rng.random() < 0.15:
                self._draft.link(node, nodes[self._rng.randrange(position)])

    def _grant(self, givers: Sequence[Node], resources: Sequence[Node], choices: Sequence[tuple[str, ...]]) -> None:
        for giver in givers:
            for resource in self._some(resources, self._rng.randint(1, 4)):
                self._draft.grant(giver, resource, *self._rng.choice(choices))

    def _some(self, nodes: Sequence[Node], count: int) -> Sequence[Node]:
        return self._rng.sample(nodes, min(count, len(nodes)))

    def _account(self) -> Account:
        first, last = self._rng.choice(_FIRST_NAMES), self._rng.choice(_LAST_NAMES)
        stem = f"{first}.{last}".lower()
        self._logins[stem] += 1
        number = "" if self._logins[stem] == 1 else str(self._logins[stem])
        return Account(
            name=f"{first} {last}",
            login=f"{stem}{number}@{DOMAIN}",
            department=self._rng.choice((*_DEPARTMENTS, None)),
            is_active=self._rng.random() < 0.93,
            mfa_active=self._rng.random() < 0.85,
            days_since_created=self._rng.randint(60, 2_500),
            days_since_login=self._rng.choice((None, 0, 1, 2, 3, 7, 14, 45, 120, 400)),
        )

    def _bucket(self, number: int) -> Node:
        facts = BucketFacts(
            region=self._rng.choice(AWS_REGIONS),
            block_public_access_enabled=self._rng.random() < 0.9,
            default_encryption_enabled=self._rng.random() < 0.8,
        )
        name = f"acme-{self._department()}-{self._rng.choice(_BUCKET_USES)}-{number}"
        return s3_bucket(name, self._aws_account(), facts, self._risk())

    def _table(self, number: int) -> Node:
        return snowflake_table(self._rng.choice(_SCHEMAS), f"TABLE_{number}", self._risk())

    def _group_name(self, number: int) -> str:
        return f"{self._rng.choice(_DEPARTMENTS)} Team {number}"

    def _department(self) -> str:
        return self._rng.choice(_DEPARTMENTS).lower()

    def _aws_account(self) -> str:
        return self._rng.choice(AWS_ACCOUNTS)

    def _risk(self) -> RiskLevel:
        return self._rng.choice((RiskLevel.NONE, RiskLevel.NONE, RiskLevel.LOW, RiskLevel.MEDIUM, RiskLevel.HIGH))
