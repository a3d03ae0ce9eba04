"""The variables that may stand for a value of a condition: what each name means, and nothing of how it compares.

Inferred from the built-in queries: `$COOKIE_TIMEVAR_90_DAY_AGO` is the moment 90 days before the query is evaluated, and
`$COOKIE_RECENT_TIME` that of the day before. The lists, which the user interface fills with a choice of accounts, tenants or
domains, are all that the tenant knows, by the properties that built-in queries compare with them. A tenant can be told other
values, and further variables; a name that it does not know is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from veza_emulator.query.comparisons import JsonScalar

PREFIX = "$COOKIE_"
_DAYS_AGO = re.compile(r"TIMEVAR_([0-9]{1,5})_DAY_AGO")
_NAME = re.compile(r"[A-Z][A-Z0-9_]*")

OwnVariables = Mapping[str, JsonScalar | tuple[JsonScalar, ...]]
"""What a tenant says its variables are, by name without the prefix."""


@dataclass(frozen=True)
class DaysAgo:
    """The moment this many days before the query is evaluated."""

    days: int


@dataclass(frozen=True)
class EveryValueOf:
    """Every value that some properties have on nodes of one system.

    :param having: a property that only nodes of the system have; empty for those whose type begins so.
    """

    properties: tuple[str, ...]
    having: str = ""
    type_starts: tuple[str, ...] = ("",)


@dataclass(frozen=True)
class OwnValue:
    """What the tenant was told: one value, or the values of a list."""

    value: JsonScalar | tuple[JsonScalar, ...]


Meaning = DaysAgo | EveryValueOf | OwnValue

_MEANINGS: Mapping[str, Meaning] = {
    "ACTIVE_DIRECTORY_DOMAIN_LIST": EveryValueOf(("active_directory_domain",)),
    "AWS_ACCOUNT_LIST": EveryValueOf(("aws_account_id", "provider_id"), having="aws_account_id"),
    "AZURE_TENANT_LIST": EveryValueOf(("azure_tenant_id", "provider_id"), having="azure_tenant_id"),
    "GOOGLE_CUSTOMER_ID_LIST": EveryValueOf(("provider_id",), type_starts=("BigQuery", "Google")),
    "ORACLE_CLOUD_TENANCY_LIST": EveryValueOf(("provider_id",), type_starts=("OracleCloud",)),
    "RECENT_TIME": DaysAgo(1),
    "SALESFORCE_DOMAIN_LIST": EveryValueOf(("domain",), type_starts=("Salesforce",)),
}


def is_variable(value: object) -> bool:
    """Tell whether a value is the name of a variable."""
    return isinstance(value, str) and value.startswith(PREFIX)


def meaning_of(name: str, own: OwnVariables) -> Meaning | None:
    """Return what a variable means, None if its name is not known.

    :param own: what the tenant was told; it comes first.
    """
    short = name.removeprefix(PREFIX)
    if short in own:
        return OwnValue(own[short])
    match = _DAYS_AGO.fullmatch(short)
    return DaysAgo(int(match[1])) if match else _MEANINGS.get(short)


def is_list(meaning: Meaning) -> bool:
    """Tell whether a variable stands for several values."""
    return isinstance(meaning, EveryValueOf) or (isinstance(meaning, OwnValue) and isinstance(meaning.value, tuple))


def checked_variables(given: Mapping[str, object]) -> OwnVariables:
    """Return variables as they were given to a tenant, under their names without the prefix.

    :raises ValueError: naming the first that is wrong.

    >>> checked_variables({"$COOKIE_AWS_ACCOUNT_LIST": ["1", "2"]})
    {'AWS_ACCOUNT_LIST': ('1', '2')}
    """
    return {_short_name(name): _checked_value(name, value) for name, value in given.items()}


def _short_name(name: str) -> str:
    short = name.removeprefix(PREFIX)
    if not _NAME.fullmatch(short):
        raise ValueError(f"{name!r} is not the name of a variable, such as AWS_ACCOUNT_LIST")
    return short


def _checked_value(name: str, value: object) -> JsonScalar | tuple[JsonScalar, ...]:
    if isinstance(value, JsonScalar):
        return value
    if isinstance(value, list | tuple) and all(isinstance(item, JsonScalar) for item in value):
        return tuple(value)
    raise ValueError(f"the variable {name} must be text, a number, true or false, or a list of these; got {value!r}")
