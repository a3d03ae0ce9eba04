"""Where the demo tenant's nodes come from and what all of them share: accounts, organisations, days, ids; no node type."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

DOMAIN = "acme.example"
OKTA_ORG = "acme.okta.example"
AZURE_TENANT = "6f1c9c0e-2f5b-4e0a-9d6e-5d0c7d1a4b11"
AWS_ACCOUNTS = ("877042069677", "123456789012", "555000111222")
AWS_REGIONS = ("us-east-1", "us-east-2", "eu-west-1", "eu-central-1")
SNOWFLAKE_ACCOUNT = "dn44266.us-east-2.aws.snowflakecomputing.com"
NOTHING_MORE: Mapping[str, Any] = {}
# A fixed day, so that the same seed gives the same tenant for ever.
_TODAY = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)


def populated(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the properties that are populated: Veza leaves the others out of a row."""
    return {name: value for name, value in properties.items() if value is not None}


def origin(datasource_id: str, provider_id: str) -> dict[str, str]:
    """Return the properties that tell where a node comes from."""
    return {"datasource_id": datasource_id, "provider_id": provider_id}


def aws_origin(account_id: str, service: str) -> dict[str, str]:
    """Return the properties that tell which AWS account and service a node comes from."""
    return {"aws_account_id": account_id, **origin(f"{account_id}:{service}", account_id)}


@cache
def days_ago(days: int) -> str:
    """Return a time so many days before the demo's today; the same text for the same day saves memory."""
    return f"{_TODAY - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"


def short_hash(text: str) -> str:
    """Return what Okta puts after the kind of an id."""
    return hashlib.sha256(text.encode()).hexdigest()[:17]


def uuid_like(text: str) -> str:
    """Return an id that looks like a UUID."""
    digits = hashlib.sha256(text.encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:32]}"
