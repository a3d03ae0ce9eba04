"""Draws the users and groups of the demo tenant's identity providers; `company` links them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from veza_emulator.demo.dice import Dice
from veza_emulator.demo.identities import (
    Account,
    active_directory_user,
    azure_ad_user,
    google_workspace_user,
    okta_user,
)
from veza_emulator.demo.origins import DOMAIN, NOTHING_MORE, days_ago
from veza_emulator.graph.tenant_graph import Node, RiskLevel

Draw = Callable[[Dice, int], Iterable[Node]]
"""Draws so many nodes of one kind."""

DEPARTMENTS = ("Engineering", "Sales", "Finance", "Marketing", "Support", "Legal", "Operations", "Research")
RISKS = (RiskLevel.NONE, RiskLevel.NONE, RiskLevel.LOW, RiskLevel.MEDIUM, RiskLevel.HIGH)

# A name, and how it is spelt in an address.
_FIRST_NAMES = (
    ("Abel", "abel"), ("Bao", "bao"), ("Carla", "carla"), ("Diego", "diego"), ("Emma", "emma"), ("Fatou", "fatou"),
    ("Grace", "grace"), ("Hugo", "hugo"), ("Inés", "ines"), ("Jamal", "jamal"), ("Łukasz", "lukasz"), ("Мария", "maria"),
    ("Omar", "omar"), ("Zoë", "zoe"), ("明", "ming"),
)  # fmt: skip
_LAST_NAMES = (
    ("Adeyemi", "adeyemi"), ("Becker", "becker"), ("Dubois", "dubois"), ("Eriksen", "eriksen"), ("García", "garcia"),
    ("Ito", "ito"), ("Khan", "khan"), ("Maclead", "maclead"), ("Nguyễn", "nguyen"), ("O'Neill", "oneill"),
    ("Rossi", "rossi"), ("Ångström", "angstrom"), ("Xu", "xu"),
)  # fmt: skip
_LOGIN_DAYS = (None, 0, 1, 2, 3, 7, 14, 45, 120, 400)
_TITLES = (None, None, "Analyst", "Engineer", "Manager", "Specialist")
_USER_TYPES = (None, "Contractor", "Employee", "Employee", "Employee")
_COUNTRIES = (None, "DE", "FR", "IN", "JP", "US", "US")
_FACTORS: tuple[list[str] | None, ...] = (None, [], ["push"], ["push", "sms"], ["token:hardware", "push"])
_CHANGED_DAYS = (None, 5, 30, 90, 200, 400)


def okta_users(dice: Dice, count: int) -> Iterable[Node]:
    """Draw users of Okta."""
    return map(okta_user, _accounts(dice, count, _okta_facts(dice, count)), dice.picks(count, RISKS))


def azure_ad_users(dice: Dice, count: int) -> Iterable[Node]:
    """Draw users of Azure AD."""
    return map(azure_ad_user, _accounts(dice, count, _directory_facts(dice, count)), dice.picks(count, RISKS))


def active_directory_users(dice: Dice, count: int) -> Iterable[Node]:
    """Draw users of Active Directory."""
    return map(active_directory_user, _accounts(dice, count, _directory_facts(dice, count)), dice.picks(count, RISKS))


def google_workspace_users(dice: Dice, count: int) -> Iterable[Node]:
    """Draw users of Google Workspace."""
    return map(google_workspace_user, _accounts(dice, count, [NOTHING_MORE] * count), dice.picks(count, RISKS))


def groups(make: Callable[[str], Node], word: str) -> Draw:
    """Return what draws groups that are called after a department and this word."""

    def draw(dice: Dice, count: int) -> Iterable[Node]:
        departments = dice.picks(count, DEPARTMENTS)
        return (make(f"{department} {word} {number}") for number, department in enumerate(departments, start=1))

    return draw


def _accounts(dice: Dice, count: int, more: Sequence[Mapping[str, Any]]) -> Iterator[Account]:
    # Logins are numbered, so that no two are the same.
    facts = zip(
        dice.picks(count, _FIRST_NAMES),
        dice.picks(count, _LAST_NAMES),
        dice.picks(count, (*DEPARTMENTS, None)),
        dice.chances(count, 0.93),
        dice.chances(count, 0.85),
        (dice.numbers(count, 2_440) + 60).tolist(),
        dice.picks(count, _LOGIN_DAYS),
        more,
        strict=True,
    )
    for number, (first, last, department, active, mfa, created, login, extra) in enumerate(facts, start=1):
        yield Account(
            f"{first[0]} {last[0]}",
            f"{first[1]}.{last[1]}{number}@{DOMAIN}",
            department,
            is_active=active,
            mfa_active=mfa,
            days_since_created=created,
            days_since_login=login,
            more=extra,
        )


def _okta_facts(dice: Dice, count: int) -> list[Mapping[str, Any]]:
    changed = [None if days is None else days_ago(days) for days in dice.picks(count, _CHANGED_DAYS)]
    facts = zip(
        dice.picks(count, _TITLES),
        dice.picks(count, _USER_TYPES),
        dice.picks(count, _COUNTRIES),
        dice.picks(count, _FACTORS),
        changed,
        strict=True,
    )
    return [
        {
            "title": title,
            "user_type": user_type,
            "country_code": country,
            "employee_id": f"E{number:06}" if user_type else None,
            "mfa_factors": factors,
            "password_last_set": password_set,
            "updated_at": password_set,
        }
        for number, (title, user_type, country, factors, password_set) in enumerate(facts, start=1)
    ]


def _directory_facts(dice: Dice, count: int) -> list[Mapping[str, Any]]:
    titles, changed = dice.picks(count, _TITLES), dice.picks(count, _CHANGED_DAYS)
    return [
        {
            "title": title,
            "guest": None if title else True,
            "full_admin": title == "Manager" or None,
            "password_last_set": None if days is None else days_ago(days),
        }
        for title, days in zip(titles, changed, strict=True)
    ]
