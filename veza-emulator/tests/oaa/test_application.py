"""An application pushed by Veza's SDK: its nodes, and who reaches what in it."""

from __future__ import annotations

from oaaclient.client import OAAClient
from oaaclient.templates import CustomApplication, OAAPermission, OAAPropertyType

from tests.oaa.codehost import push
from tests.oaa.queries import Queries
from veza_emulator.http.server import RunningTenant


def test_every_kind_of_entity_becomes_a_node_of_its_own_type(
    sdk: OAAClient, ask: Queries, application: CustomApplication
) -> None:
    user = application.add_local_user("ada", groups=["dev"])
    application.add_local_group("dev").add_permission("Read", apply_to_application=True)
    application.add_local_role("owner", ["Admin"])
    application.add_access_cred("key-1", "deploy key")
    application.add_agent("helper")
    application.add_model("llm")
    user.add_role("owner", apply_to_application=True)
    push(sdk, application)
    assert ask.names("OAA.Codehost.Application") == ["Code"]
    assert ask.names("OAA.Codehost.User") == ["ada"]
    assert ask.names("OAA.Codehost.Group") == ["dev"]
    assert ask.names("OAA.Codehost.Role") == ["owner"]
    assert ask.names("OAA.Codehost.RoleAssignment") == ["owner"]
    assert ask.names("OAA.Codehost.Permission") == ["Admin", "Read"]
    assert ask.names("OAA.Codehost.AccessCreds") == ["deploy key"]
    assert ask.names("OAA.Codehost.Agent") == ["helper"]
    assert ask.names("OAA.Codehost.Model") == ["llm"]
    assert ask.names("OAA.Codehost.Project.Resource") == ["payments", "website"]
    assert ask.names("OAA.Codehost.Repo.SubResource") == ["api", "ledger"]


def test_a_permission_reaches_what_it_is_given_on_with_the_applications_own_meaning(
    sdk: OAAClient, ask: Queries, application: CustomApplication
) -> None:
    application.add_local_user("ada").add_permission("Write", resources=[application.resources["payments"]])
    application.add_local_user("bob").add_permission("read", resources=[application.resources["website"]])
    push(sdk, application)
    assert ask.access("OAA.Codehost.User", "OAA.Codehost.Project.Resource") == {
        ("ada", "payments"): (["Write"], ["DataRead", "DataWrite"]),
        ("bob", "website"): (["Read"], ["DataRead"]),
    }
    assert ask.access("OAA.Codehost.User", "OAA.Codehost.Repo.SubResource") == {}
    assert ask.related("OAA.Codehost.Permission", "OAA.Codehost.User") == {("Write", "ada"), ("Read", "bob")}


def test_a_permission_that_applies_to_sub_resources_reaches_all_below(
    sdk: OAAClient, ask: Queries, application: CustomApplication
) -> None:
    application.add_local_user("ada").add_permission("Admin", resources=[application.resources["payments"]])
    application.add_local_user("bob").add_permission("Admin", apply_to_application=True)
    push(sdk, application)
    admin = (["Admin"], ["MetadataWrite", "NonData"])
    assert ask.access("OAA.Codehost.User", "OAA.Codehost.Repo.SubResource") == {
        (user, repository): admin for user in ("ada", "bob") for repository in ("api", "ledger")
    }
    assert ask.access("OAA.Codehost.User", "OAA.Codehost.Project.Resource") == {
        ("ada", "payments"): admin,
        ("bob", "payments"): admin,
        ("bob", "website"): admin,
    }
    assert ask.access("OAA.Codehost.User", "OAA.Codehost.Application") == {("bob", "Code"): admin}


def test_a_sub_resource_is_reached_by_its_own_key(sdk: OAAClient, ask: Queries, application: CustomApplication) -> None:
    ledger = application.resources["payments"].sub_resources["ledger"]
    application.add_local_user("ada").add_permission("Read", resources=[ledger])
    push(sdk, application)
    assert ask.related("OAA.Codehost.User", "OAA.Codehost.Repo.SubResource") == {("ada", "ledger")}
    assert ask.related("OAA.Codehost.User", "OAA.Codehost.Project.Resource") == set()


def test_members_hold_what_their_groups_and_the_groups_around_them_hold(
    sdk: OAAClient, ask: Queries, application: CustomApplication
) -> None:
    application.add_local_group("everybody").add_group("dev")
    application.add_local_group("dev").add_permission("Write", resources=[application.resources["payments"]])
    application.local_groups["everybody"].add_permission("Read", resources=[application.resources["website"]])
    application.add_local_user("ada", groups=["DEV"])
    application.add_local_user("bob", groups=["everybody"])
    push(sdk, application)
    assert ask.related("OAA.Codehost.User", "OAA.Codehost.Project.Resource") == {
        ("ada", "payments"),
        ("ada", "website"),
        ("bob", "website"),
    }


def test_a_role_gives_its_holders_its_permissions_on_the_assigned_targets_alone(
    sdk: OAAClient, ask: Queries, application: CustomApplication
) -> None:
    application.add_local_role("maintainer", ["Write"])
    application.add_local_user("ada").add_role("maintainer", resources=[application.resources["payments"]])
    application.add_local_user("bob").add_role("maintainer", resources=[application.resources["website"]])
    push(sdk, application)
    assert ask.related("OAA.Codehost.User", "OAA.Codehost.Project.Resource") == {
        ("ada", "payments"),
        ("bob", "website"),
    }
    assert ask.related("OAA.Codehost.User", "OAA.Codehost.Role") == {("ada", "maintainer"), ("bob", "maintainer")}
    assert ask.related("OAA.Codehost.Role", "OAA.Codehost.Project.Resource") == set()


def test_a_role_leads_to_the_targets_on_which_all_its_holders_have_it(
    sdk: OAAClient, ask: Queries, application: CustomApplication
) -> None:
    payments, website = application.resources["payments"], application.resources["website"]
    application.add_local_role("maintainer", ["Write"])
    application.add_local_role("lead", ["Read"]).add_role("maintainer")
    application.add_local_user("ada").add_role("maintainer", resources=[payments, website])
    application.add_local_user("bob").add_role("lead", resources=[payments])
    push(sdk, application)
    assert ask.access("OAA.Codehost.Role", "OAA.Codehost.Project.Resource") == {
        ("lead", "payments"): (["Read", "Write"], ["DataRead", "DataWrite"]),
        ("maintainer", "payments"): (["Write"], ["DataRead", "DataWrite"]),
    }
    assert ask.related("OAA.Codehost.User", "OAA.Codehost.Project.Resource") == {
        ("ada", "payments"),
        ("ada", "website"),
        ("bob", "payments"),
    }


def test_a_permission_with_resource_types_applies_inside_a_role_to_these_types_alone(
    sdk: OAAClient, ask: Queries, application: CustomApplication
) -> None:
    application.add_custom_permission("Merge", [OAAPermission.DataWrite], resource_types=["repo"])
    application.add_local_role("merger", ["Merge", "Read"])
    payments = application.resources["payments"]
    application.add_local_user("ada").add_role("merger", resources=[payments, payments.sub_resources["api"]])
    push(sdk, application)
    assert ask.access("OAA.Codehost.User", "OAA.Codehost.Project.Resource") == {
        ("ada", "payments"): (["Read"], ["DataRead"])
    }
    assert ask.access("OAA.Codehost.User", "OAA.Codehost.Repo.SubResource") == {
        ("ada", "api"): (["Merge", "Read"], ["DataRead", "DataWrite"])
    }


def test_a_user_or_agent_holds_what_its_credentials_hold(
    sdk: OAAClient, ask: Queries, application: CustomApplication
) -> None:
    application.add_access_cred("key-1", "deploy key").add_permission(
        "Write", resources=[application.resources["website"]]
    )
    application.add_local_user("ada").add_access_cred("key-1")
    agent = application.add_agent("helper")
    agent.add_access_cred("key-1")
    agent.add_permission("Read", resources=[application.resources["payments"]])
    push(sdk, application)
    assert ask.related("OAA.Codehost.User", "OAA.Codehost.Project.Resource") == {("ada", "website")}
    assert ask.related("OAA.Codehost.Agent", "OAA.Codehost.Project.Resource") == {
        ("helper", "payments"),
        ("helper", "website"),
    }


def test_a_local_user_is_held_by_the_identity_that_it_names(
    sdk: OAAClient, ask: Queries, application: CustomApplication, running: RunningTenant
) -> None:
    user = application.add_local_user("ada", identities=["amara.okafor@ACME.example"])
    user.add_permission("Read", resources=[application.resources["payments"]])
    application.add_local_group("finance", identities=["Internal Audit"])
    application.local_groups["finance"].add_permission("Read", resources=[application.resources["website"]])
    assert push(sdk, application) == []
    assert ask.related("OAA.Codehost.User", "OktaUser") == {("ada", "Amara Okafor")}
    assert ask.access("OktaUser", "OAA.Codehost.Project.Resource") == {
        ("Amara Okafor", "payments"): (["Read"], ["DataRead"]),
        **{(name, "website"): (["Read"], ["DataRead"]) for name in ("Farah Haddad", "Gustav Lindqvist", "Hana Sato")},
    }


def test_an_identity_of_a_provider_is_given_access_without_a_local_user(
    sdk: OAAClient, ask: Queries, application: CustomApplication
) -> None:
    identity = application.add_idp_identity("farah.haddad@acme.example")
    identity.add_permission("Read", resources=[application.resources["payments"]])
    application.add_local_role("maintainer", ["Write"])
    application.add_idp_identity("Payroll Operations").add_role("maintainer", apply_to_application=True)
    assert push(sdk, application) == []
    assert ask.related("OktaUser", "OAA.Codehost.Project.Resource") == {("Farah Haddad", "payments")}
    assert ("Kiran Patel", "Code") in ask.related("OktaUser", "OAA.Codehost.Application")


def test_unknown_identities_and_empty_roles_are_warnings_and_unknown_connections_are_none(
    sdk: OAAClient, ask: Queries, application: CustomApplication
) -> None:
    application.add_local_user("ada", identities=["nobody@elsewhere.example"])
    application.add_idp_identity("noone").add_permission("Read", apply_to_application=True)
    application.add_local_role("empty")
    application.resources["website"].add_resource_connection("robot@cloud.example", "GoogleCloudServiceAccount")
    assert sorted(push(sdk, application)) == [
        "Cannot find identity by names [nobody@elsewhere.example]",
        "Cannot find identity by names [noone]",
        "Role is missing permission (application: Code, role: empty)",
    ]
    assert ask.names("OAA.Codehost.User") == ["ada"]


def test_a_connected_resource_leads_to_the_node_that_it_is_connected_to(
    sdk: OAAClient, ask: Queries, application: CustomApplication
) -> None:
    application.resources["website"].add_resource_connection("arn:aws:s3:::acme-payroll-exports", "S3Bucket")
    application.add_local_user("ada").add_permission("Read", resources=[application.resources["website"]])
    assert push(sdk, application) == []
    assert ask.related("OAA.Codehost.User", "S3Bucket") == {("ada", "acme-payroll-exports")}


def test_properties_custom_properties_and_tags_are_queryable(
    sdk: OAAClient, ask: Queries, application: CustomApplication
) -> None:
    application.property_definitions.define_local_user_property("is_guest", OAAPropertyType.BOOLEAN)
    application.property_definitions.define_resource_property("Project", "Stars", OAAPropertyType.NUMBER)
    user = application.add_local_user("Zoë Ångström", unique_id="u/1:x")
    user.set_property("is_guest", True)
    user.is_active, user.created_at = False, "2021-01-01T00:00:00.000Z"
    application.add_local_user("bob", unique_id="u/2").set_property("is_guest", False)
    application.resources["website"].set_property("Stars", 7)
    application.resources["website"].add_tag("Tier", "one")
    push(sdk, application)
    guests = ask.nodes("OAA.Codehost.User", {"property": "customprop_is_guest", "value": True})
    data_source = sdk.get_data_source("Code - main", sdk.get_provider("Code")["id"])
    assert [(guest["id"], guest["properties"]) for guest in guests] == [
        (
            f"{data_source['id']}:Code:user:u/1:x",
            {
                "name": "Zoë Ångström",
                "application_type": "Codehost",
                "created_at": "2021-01-01T00:00:00.000Z",
                "customprop_is_guest": True,
                "datasource_id": data_source["id"],
                "identity_unique_id": "u/1:x",
                "is_active": False,
                "provider_id": sdk.get_provider("Code")["id"],
            },
        )
    ]
    starred = {"property": "customprop_stars", "fn": "GT", "value": 5}
    assert ask.names("OAA.Codehost.Project.Resource", starred) == ["website"]
    tagged = {
        "node_type": "OAA.Codehost.Project.Resource",
        "condition_expression": {"tag_specs": [{"tag": {"key": "Tier", "value": "one"}}]},
    }
    assert len(ask.rows({"source_node_types": {"nodes": [tagged]}})) == 1


def test_two_applications_may_mean_other_things_by_one_permission_name(sdk: OAAClient, ask: Queries) -> None:
    for name, meaning in (("One", OAAPermission.DataRead), ("Two", OAAPermission.MetadataDelete)):
        app = CustomApplication(name, application_type="Twin")
        app.add_custom_permission("Admin", [meaning])
        app.add_local_user(f"user of {name}").add_permission("Admin", apply_to_application=True)
        sdk.push_application(name, name, app, create_provider=True)
    assert ask.access("OAA.Twin.User", "OAA.Twin.Application") == {
        ("user of One", "One"): (["Admin"], ["DataRead"]),
        ("user of Two", "Two"): (["Admin"], ["MetadataDelete"]),
    }
