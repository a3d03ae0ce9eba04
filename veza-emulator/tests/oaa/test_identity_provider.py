"""An identity provider pushed by Veza's SDK: its nodes, whom they hold and who holds them."""

from __future__ import annotations

import pytest
from oaaclient.client import OAAClient, OAAResponseError
from oaaclient.templates import CustomApplication, CustomIdPProvider, IdPProviderType, OAAPermission, OAAPropertyType

from tests.oaa.queries import Queries

PAYROLL_ROLE = "arn:aws:iam::877042069677:role/payroll-auditor"


@pytest.fixture
def provider() -> CustomIdPProvider:
    idp = CustomIdPProvider("Staff", idp_type="staffdir", domain="acme.example")
    idp.add_group("engineers", identity="g-1")
    idp.add_user("ada", full_name="Ada Lovelace", email="ada@acme.example", identity="u-1").add_groups(["g-1"])
    return idp


def push(sdk: OAAClient, idp: CustomIdPProvider) -> list[str]:
    answer = sdk.push_application("Staff", "Staff - main", idp, create_provider=True)
    return [warning["message"] for warning in answer["warnings"]]


def test_every_kind_of_entity_becomes_a_node_of_its_own_type(
    sdk: OAAClient, ask: Queries, provider: CustomIdPProvider
) -> None:
    provider.add_app("app-1", "Wiki")
    provider.users["u-1"].add_app_assignment("assignment-1", "ada in Wiki", "app-1")
    assert push(sdk, provider) == []
    assert ask.names("OAA.staffdir.IDPDomain") == ["acme.example"]
    assert ask.names("OAA.staffdir.IDPUser") == ["ada"]
    assert ask.names("OAA.staffdir.IDPGroup") == ["engineers"]
    assert ask.names("OAA.staffdir.IDPApp") == ["Wiki"]
    assert ask.related("OAA.staffdir.IDPUser", "OAA.staffdir.IDPGroup") == {("ada", "engineers")}
    assert ask.related("OAA.staffdir.IDPUser", "OAA.staffdir.IDPApp") == {("ada", "Wiki")}


def test_the_properties_of_a_user_are_those_that_veza_documents(
    sdk: OAAClient, ask: Queries, provider: CustomIdPProvider
) -> None:
    provider.property_definitions.define_user_property("desk", OAAPropertyType.STRING)
    user = provider.users["u-1"]
    user.is_active, user.manager_id, user.department = True, "u-9", "Research"
    user.set_property("desk", "4-12")
    push(sdk, provider)
    [row] = ask.nodes("OAA.staffdir.IDPUser")
    wanted = {
        "name": "ada",
        "full_name": "Ada Lovelace",
        "email": "ada@acme.example",
        "department": "Research",
        "is_active": True,
        "idp_unique_id": "u-1",
        "manager_idp_unique_id": "u-9",
        "customprop_desk": "4-12",
    }
    assert wanted.items() <= row["properties"].items()


def test_a_user_or_group_reaches_what_the_aws_role_that_it_may_assume_reaches(
    sdk: OAAClient, ask: Queries, provider: CustomIdPProvider
) -> None:
    provider.groups["g-1"].add_assumed_role_arns([PAYROLL_ROLE])
    provider.users["u-1"].add_assumed_role_arns(["arn:aws:iam::1:role/gone"])
    assert push(sdk, provider) == ["Cannot find entity AwsIamRole with id arn:aws:iam::1:role/gone"]
    assert ask.access("OAA.staffdir.IDPUser", "S3Bucket") == {
        ("ada", "acme-payroll-exports"): (["s3:GetObject", "s3:ListBucket"], ["DataRead", "MetadataRead"])
    }


def test_a_source_identity_of_the_named_provider_holds_what_the_user_holds(
    sdk: OAAClient, ask: Queries, provider: CustomIdPProvider
) -> None:
    provider.users["u-1"].set_source_identity("hana.sato@acme.example", IdPProviderType.OKTA)
    provider.add_user("bob").set_source_identity("hana.sato@acme.example", IdPProviderType.GOOGLE_WORKSPACE)
    assert push(sdk, provider) == ["Cannot find identity by names [hana.sato@acme.example]"]
    assert ask.related("OktaUser", "OAA.staffdir.IDPGroup") == {("Hana Sato", "engineers")}


def test_an_application_pushed_before_finds_the_identities_once_they_are_pushed(
    sdk: OAAClient, ask: Queries, provider: CustomIdPProvider
) -> None:
    app = CustomApplication("Wiki", application_type="Wiki")
    app.add_custom_permission("Edit", [OAAPermission.DataWrite])
    app.add_local_user("ada.l", identities=["ada@acme.example"]).add_permission("Edit", apply_to_application=True)
    answer = sdk.push_application("Wiki", "Wiki", app, create_provider=True)
    assert answer["warnings"] == [{"message": "Cannot find identity by names [ada@acme.example]"}]
    push(sdk, provider)
    assert ask.access("OAA.staffdir.IDPUser", "OAA.Wiki.Application") == {("ada", "Wiki"): (["Edit"], ["DataWrite"])}


def test_an_unknown_group_is_refused_by_name(sdk: OAAClient, provider: CustomIdPProvider) -> None:
    provider.users["u-1"].add_groups(["g-2"])
    with pytest.raises(OAAResponseError) as error:
        push(sdk, provider)
    assert error.value.status_code == 400
    assert "group: g-2, user: u-1" in str(error.value.details)


def test_a_circle_of_groups_is_refused_and_named(sdk: OAAClient, provider: CustomIdPProvider) -> None:
    provider.add_group("architects", identity="g-2").add_groups(["g-1"])
    provider.groups["g-1"].add_groups(["g-2"])
    with pytest.raises(OAAResponseError) as error:
        push(sdk, provider)
    assert error.value.status_code == 400
    assert "group is nested in itself (cycle: g-" in str(error.value.details)


def test_pushed_identities_are_found_by_the_types_that_stand_for_all_of_them(
    sdk: OAAClient, ask: Queries, provider: CustomIdPProvider
) -> None:
    push(sdk, provider)
    assert ask.names("CustomIDPUser") == ["ada"]
    assert "ada" in ask.names("IdPUser")
    assert "engineers" in ask.names("IdPGroup")
    assert not {"ada", "engineers", "acme.example"} & set(ask.names("Resource"))
