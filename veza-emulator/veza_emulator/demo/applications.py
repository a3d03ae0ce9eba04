"""Draws the nodes of the demo tenant's pushed applications; `company` links them.

Applications, node types and custom properties are those of the reports that Veza publishes for its connectors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from veza_emulator.demo.dice import Dice
from veza_emulator.demo.origins import NOTHING_MORE, origin, uuid_like
from veza_emulator.graph.permissions import CustomPermission, EffectivePermission
from veza_emulator.graph.tenant_graph import Node

REPOSITORY_ACCESS = (
    frozenset({CustomPermission("read", [EffectivePermission.DATA_READ])}),
    frozenset({CustomPermission("write", [EffectivePermission.DATA_READ, EffectivePermission.DATA_WRITE])}),
    frozenset({CustomPermission("admin", [EffectivePermission.METADATA_WRITE, EffectivePermission.DATA_DELETE])}),
)

_BITBUCKET, _ROLLBAR = "Bitbucket", "Rollbar"
_PERMISSIONS = ("owner", "admin", "collaborator", "member", "read", "write")
_TEAMS = ("Owners", "Everyone", "On-Call")
_USERS: tuple[Mapping[str, Any], ...] = (
    {"customprop_is_collaborator": False, "is_active": True},
    {"customprop_is_collaborator": True, "is_active": True},
    {"is_active": False},
)
_REPOSITORIES: tuple[Mapping[str, Any], ...] = (
    {"customprop_is_private": True, "customprop_fork_policy": "no_forks", "customprop_default_branch_protected": True},
    {"customprop_is_private": True, "customprop_fork_policy": "allow_forks"},
    {
        "customprop_is_private": False,
        "customprop_fork_policy": "allow_forks",
        "customprop_default_branch_protected": False,
    },
)


def bitbucket_users(dice: Dice, count: int) -> Iterable[Node]:
    """Draw users of Bitbucket."""
    facts = dice.picks(count, _USERS)
    return (_node(_BITBUCKET, "User", f"dev-{number}", more) for number, more in enumerate(facts, start=1))


def bitbucket_permissions(_dice: Dice, count: int) -> Iterable[Node]:
    """Draw permissions of Bitbucket; there are no more than it knows, one of each per workspace."""
    for number in range(count):
        workspace, permission = divmod(number, len(_PERMISSIONS))
        yield _node(_BITBUCKET, "Permission", _PERMISSIONS[permission], {"workspace": f"acme-{workspace + 1}"})


def bitbucket_projects(_dice: Dice, count: int) -> Iterable[Node]:
    """Draw projects of Bitbucket."""
    return (_node(_BITBUCKET, "Project.Resource", f"PROJ{number}") for number in range(1, count + 1))


def bitbucket_repositories(dice: Dice, count: int) -> Iterable[Node]:
    """Draw repositories of Bitbucket."""
    facts = dice.picks(count, _REPOSITORIES)
    return (_node(_BITBUCKET, "Repo.SubResource", f"repo-{number}", more) for number, more in enumerate(facts, start=1))


def rollbar_users(_dice: Dice, count: int) -> Iterable[Node]:
    """Draw users of Rollbar."""
    return (_node(_ROLLBAR, "User", f"dev-{number}") for number in range(1, count + 1))


def rollbar_groups(_dice: Dice, count: int) -> Iterable[Node]:
    """Draw groups of Rollbar."""
    for number in range(count):
        account, team = divmod(number, len(_TEAMS))
        yield _node(_ROLLBAR, "Group", _TEAMS[team], {"account": f"acme-{account + 1}"})


def _node(application: str, kind: str, name: str, more: Mapping[str, Any] = NOTHING_MORE) -> Node:
    source = uuid_like(f"data source {application}")
    properties = {
        "name": name,
        "application_type": application,
        **origin(source, uuid_like(f"provider {application}")),
        **more,
    }
    place = "/".join([*(str(more[key]) for key in ("workspace", "account") if key in more), name])
    return Node(f"{source}:{application}:{kind}:{place}", f"OAA.{application}.{kind}", properties)
