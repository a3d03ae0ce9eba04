"""The variables that may stand for a value of a condition: what each name means, and nothing of how it compares.

Inferred from the built-in queries: `$COOKIE_TIMEVAR_90_DAY_AGO` is the moment 90 days before the query is evaluated;
`$COOKIE_AWS_ACCOUNT_LIST` and `$COOKIE_AZURE_TENANT_LIST`, which the user interface fills with a choice of accounts, are every
account that the tenant knows. Other variables have no known meaning and are refused by name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PREFIX = "$COOKIE_"
_DAYS_AGO = re.compile(r"\$COOKIE_TIMEVAR_([0-9]{1,5})_DAY_AGO")
_PROPERTY_OF_LIST = {
    "$COOKIE_AWS_ACCOUNT_LIST": "aws_account_id",
    "$COOKIE_AZURE_TENANT_LIST": "azure_tenant_id",
}


@dataclass(frozen=True)
class DaysAgo:
    """The moment this many days before the query is evaluated."""

    days: int


@dataclass(frozen=True)
class EveryValueOf:
    """Every value that a property has on any node of the tenant."""

    every_value_of: str


def is_variable(value: object) -> bool:
    """Tell whether a value is the name of a variable."""
    return isinstance(value, str) and value.startswith(_PREFIX)


def days_ago(name: str) -> DaysAgo | None:
    """Return the moment that a variable means, None if it means none."""
    match = _DAYS_AGO.fullmatch(name)
    return DaysAgo(int(match[1])) if match else None


def every_value(name: str) -> EveryValueOf | None:
    """Return the list that a variable means, None if it means none."""
    wanted = _PROPERTY_OF_LIST.get(name)
    return EveryValueOf(wanted) if wanted else None
