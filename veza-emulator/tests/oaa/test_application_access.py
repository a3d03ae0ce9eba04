"""Whatever an application defines, its users reach in the graph exactly what following its payload by hand gives them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.asking import ask
from veza_emulator.graph.tenant_graph import TenantGraph
from veza_emulator.oaa.part import Origin, join
from veza_emulator.oaa.templates import Template, part_of

USERS, GROUPS, ROLES = (tuple(f"{kind}{number}" for number in range(3)) for kind in "ugr")
PERMISSIONS = ("p0", "p1", "p2")
TYPES = ("Project", "Repo")
BELOW = {"": ("a", "a.x", "a.y", "b"), "a": ("a.x", "a.y"), "a.x": (), "a.y": (), "b": ()}
TYPE_OF = {"": "", "a": "Project", "a.x": "Repo", "a.y": "Project", "b": "Repo"}
RESOURCES = [key for key in BELOW if key]


def some(values: Any) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), unique=True, max_size=2) if values else st.just([])


def inside(names: tuple[str, ...]) -> st.SearchStrategy[dict[str, list[str]]]:
    """Which names stand inside which, never in a circle."""
    return st.fixed_dictionaries({name: some(names[:position]) for position, name in enumerate(names)})


def assignments(what: str, names: tuple[str, ...]) -> st.SearchStrategy[list[dict[str, Any]]]:
    one = st.fixed_dictionaries(
        {
            "application": st.just("App"),
            what: st.sampled_from(names),
            "apply_to_application": st.booleans(),
            "resources": some(RESOURCES),
        }
    )
    return st.lists(one, max_size=2)


@st.composite
def payloads(draw: st.DrawFn) -> dict[str, Any]:
    permissions = [
        {
            "name": name,
            "permission_type": ["DataRead"],
            "apply_to_sub_resources": draw(st.booleans()),
            "resource_types": draw(some(TYPES)),
        }
        for name in PERMISSIONS
    ]
    nested_groups, nested_roles = draw(inside(GROUPS)), draw(inside(ROLES))
    application = {
        "name": "App",
        "application_type": "App",
        "local_users": [{"name": name, "groups": draw(some(GROUPS))} for name in USERS],
        "local_groups": [{"name": name, "groups": nested_groups[name]} for name in GROUPS],
        "local_roles": [
            {"name": name, "permissions": draw(some(PERMISSIONS)), "roles": nested_roles[name]} for name in ROLES
        ],
        "resources": [
            {
                "name": "a",
                "resource_type": "Project",
                "sub_resources": [
                    {"name": "x", "resource_type": "Repo"},
                    {"name": "y", "resource_type": "Project"},
                ],
            },
            {"name": "b", "resource_type": "Repo"},
        ],
    }
    given_to = [
        {
            "identity": name,
            "identity_type": "local_user" if name in USERS else "local_group",
            "application_permissions": draw(assignments("permission", PERMISSIONS)),
            "role_assignments": draw(assignments("role", ROLES)),
        }
        for name in (*USERS, *GROUPS)
    ]
    return {"applications": [application], "permissions": permissions, "identity_to_permissions": given_to}


Access = dict[tuple[str, str], set[str]]
"""What each user may do on each target ("" is the application)."""


class ByHand:
    """Follows a payload by the words of the SDK alone."""

    def __init__(self, payload: dict[str, Any]) -> None:
        [self.application] = payload["applications"]
        self.given = payload["identity_to_permissions"]
        self.definitions = {permission["name"]: permission for permission in payload["permissions"]}
        self.roles = {role["name"]: role for role in self.application["local_roles"]}

    def access(self) -> Access:
        access: Access = {}
        for user in self.application["local_users"]:
            identities = {user["name"], *self.groups_around(user["groups"])}
            for entry in self.given:
                for permission, target in self.given_by(entry) if entry["identity"] in identities else ():
                    access.setdefault((user["name"], target), set()).add(permission)
        return access

    def given_by(self, entry: dict[str, Any]) -> Iterator[tuple[str, str]]:
        for assignment in entry["application_permissions"]:
            for target in targets_of(assignment):
                yield from self.reached(assignment["permission"], target, [])
        for assignment in entry["role_assignments"]:
            for target in targets_of(assignment):
                for permission in self.permitted_by(assignment["role"]):
                    yield from self.reached(permission, target, self.definitions[permission]["resource_types"])

    def reached(self, permission: str, target: str, types: list[str]) -> Iterator[tuple[str, str]]:
        below = BELOW[target] if self.definitions[permission]["apply_to_sub_resources"] else ()
        yield from ((permission, key) for key in (target, *below) if not types or TYPE_OF[key] in types)

    def permitted_by(self, role: str) -> set[str]:
        nested = (self.permitted_by(inner) for inner in self.roles[role]["roles"])
        return set(self.roles[role]["permissions"]).union(*nested)

    def groups_around(self, names: list[str]) -> set[str]:
        around = [group["name"] for group in self.application["local_groups"] if set(group["groups"]) & set(names)]
        return set(names) | (self.groups_around(around) if around else set())


def targets_of(assignment: dict[str, Any]) -> list[str]:
    return [*([""] if assignment["apply_to_application"] else []), *assignment["resources"]]


def asked_of_the_graph(payload: dict[str, Any]) -> Access:
    part = part_of(Template.APPLICATION, payload, Origin("provider", "source"))
    graph = join(TenantGraph([], [], []), [part]).graph
    kinds = ("Application", "Project.Resource", "Repo.Resource", "Project.SubResource", "Repo.SubResource")
    destinations = [{"node_type": f"OAA.App.{kind}"} for kind in kinds]
    spec = {
        "source_node_types": {"nodes": [{"node_type": "OAA.App.User"}]},
        "relates_to_exp": {"specs": [{"node_types": {"nodes": destinations}}]},
        "result_value_type": "SOURCE_AND_DESTINATION_NODES",
    }
    return {
        (row.source.properties["name"], row.destination.id.partition(":resource:")[2]): set(row.raw_permissions)
        for row in ask(graph, spec).rows
    }


@given(payloads())
def test_users_reach_exactly_what_their_application_gives_them(payload: dict[str, Any]) -> None:
    assert asked_of_the_graph(payload) == ByHand(payload).access()
