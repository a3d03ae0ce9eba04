"""Applications that Veza's SDK pushes and that are refused: unknown names, circles, fields that nobody defined, too much."""

from __future__ import annotations

from typing import Any

import pytest
from oaaclient.client import OAAClient, OAAResponseError
from oaaclient.templates import CustomApplication, OAAPropertyType

from tests.oaa.codehost import push


def violations(error: pytest.ExceptionInfo[OAAResponseError]) -> dict[str, str]:
    assert error.value.status_code == 400
    return {violation["field"]: violation["description"] for violation in error.value.details[0]["field_violations"]}


UNKNOWN_NAMES: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "role",
        {
            "identity": "ada",
            "identity_type": "local_user",
            "role_assignments": [{"application": "Code", "role": "boss", "apply_to_application": True}],
        },
        "identity_to_permissions.role_assignments.role",
        "Can't connect identity to role as role not found for application (application: Code, role: boss, identity: ada)",
    ),
    (
        "permission",
        {
            "identity": "ada",
            "identity_type": "local_user",
            "application_permissions": [{"application": "Code", "permission": "Own", "apply_to_application": True}],
        },
        "identity_to_permissions.application_permissions.permission",
        "permission: Own",
    ),
    (
        "resource",
        {
            "identity": "ada",
            "identity_type": "local_user",
            "application_permissions": [{"application": "Code", "permission": "Read", "resources": ["secrets"]}],
        },
        "identity_to_permissions.application_permissions.resources",
        "resource: secrets",
    ),
    (
        "identity",
        {
            "identity": "eve",
            "identity_type": "local_user",
            "application_permissions": [{"application": "Code", "permission": "Read", "apply_to_application": True}],
        },
        "identity_to_permissions.identity",
        "identity: eve",
    ),
    (
        "application",
        {
            "identity": "ada",
            "identity_type": "local_user",
            "application_permissions": [{"application": "Chat", "permission": "Read", "apply_to_application": True}],
        },
        "identity_to_permissions.application",
        "application: Chat",
    ),
]


@pytest.mark.parametrize(
    ("given", "field", "named"), [case[1:] for case in UNKNOWN_NAMES], ids=[case[0] for case in UNKNOWN_NAMES]
)
def test_an_unknown_name_is_refused_by_name(
    sdk: OAAClient, application: CustomApplication, given: dict[str, Any], field: str, named: str
) -> None:
    application.add_local_user("ada")
    payload = application.get_payload()
    payload["identity_to_permissions"].append(given)
    sdk.create_provider("Code", "application")
    with pytest.raises(OAAResponseError) as error:
        sdk.push_metadata("Code", "Code - main", payload)
    assert named in violations(error)[field]


def test_an_unknown_group_is_refused_by_name(sdk: OAAClient, application: CustomApplication) -> None:
    application.add_local_user("ada", groups=["ghosts"])
    with pytest.raises(OAAResponseError) as error:
        push(sdk, application)
    assert "group: ghosts, user: ada" in violations(error)["applications.local_users.groups"]


@pytest.mark.parametrize("kind", ["groups", "roles"])
def test_a_circle_of_groups_or_roles_is_refused_and_named(
    sdk: OAAClient, application: CustomApplication, kind: str
) -> None:
    for name in ("a", "b", "c"):
        if kind == "groups":
            application.add_local_group(name)
        else:
            application.add_local_role(name, ["Read"])
    for outer, inner in (("a", "b"), ("b", "c"), ("c", "a")):
        if kind == "groups":
            application.local_groups[outer].add_group(inner)
        else:
            application.local_roles[outer].add_role(inner)
    with pytest.raises(OAAResponseError) as error:
        push(sdk, application)
    description = violations(error)[f"applications.local_{kind}.{kind}"]
    assert "is nested in itself" in description
    first, *cycle = description.partition("cycle: ")[2].removesuffix(")").split(" -> ")
    assert first == cycle[-1]
    assert set(cycle) == {"a", "b", "c"}


def test_names_that_differ_in_case_alone_are_one_and_refused(sdk: OAAClient, application: CustomApplication) -> None:
    payload = application.get_payload()
    payload["applications"][0]["local_users"] = [{"name": "Ada"}, {"name": "ada"}]
    sdk.create_provider("Code", "application")
    with pytest.raises(OAAResponseError) as error:
        sdk.push_metadata("Code", "Code - main", payload)
    assert "user:ada is defined twice" in violations(error)["id"]


def test_fields_and_custom_properties_that_are_not_defined_are_refused_with_their_place(
    sdk: OAAClient, application: CustomApplication
) -> None:
    application.property_definitions.define_local_user_property("floor", OAAPropertyType.NUMBER)
    payload = application.get_payload()
    payload["applications"][0]["bad_property"] = "This will break things"
    payload["applications"][0]["local_users"] = [
        {"name": "ada", "custom_properties": {"shoe_size": 38}},
        {"name": "bob", "custom_properties": {"floor": "second"}},
        {"groups": ["x"]},
    ]
    sdk.create_provider("Code", "application")
    with pytest.raises(OAAResponseError) as error:
        sdk.push_metadata("Code", "Code - main", payload)
    assert violations(error).keys() == {
        "applications[0].bad_property",
        "applications[0].local_users[0].custom_properties.shoe_size",
        "applications[0].local_users[1].custom_properties.floor",
        "applications[0].local_users[2].name",
    }


def test_a_payload_full_of_mistakes_gets_a_short_answer(sdk: OAAClient, application: CustomApplication) -> None:
    for number in range(500):
        application.add_local_user(f"user {number}", groups=["ghosts"])
    with pytest.raises(OAAResponseError) as error:
        push(sdk, application)
    listed = error.value.details[0]["field_violations"]
    assert len(listed) == 51
    assert listed[-1]["description"] == "has 450 more violations"


def test_access_that_would_take_minutes_to_work_out_is_refused(
    sdk: OAAClient, application: CustomApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("veza_emulator.oaa.part.MAXIMUM_ACCESS", 100)
    payments = application.resources["payments"]
    for number in range(49):
        payments.add_sub_resource(f"repository {number}", resource_type="Repo")
    application.add_local_user("ada").add_permission("Admin", resources=[payments])
    push(sdk, application)
    application.local_users["ada"].add_permission("Admin", apply_to_application=True)
    with pytest.raises(OAAResponseError) as error:
        push(sdk, application)
    assert "in more than 100 ways" in violations(error)["permissions.apply_to_sub_resources"]
