"""Principals pushed by Veza's SDK: their nodes, whom they hold and who holds them."""

from __future__ import annotations

import pytest
from oaaclient.client import OAAClient, OAAResponseError
from oaaclient.templates import CustomPrincipal

from tests.oaa.queries import Queries


@pytest.fixture
def principals() -> CustomPrincipal:
    principal = CustomPrincipal("Files", principal_type="Filebox", tenant_id="t-1")
    principal.add_group("everybody", unique_id="g-1")
    principal.add_group("legal", unique_id="g-2").set_parent_group("g-1")
    principal.add_user("hana", unique_id="u-1", email="hana.sato@acme.example").add_group("g-2")
    return principal


def push(sdk: OAAClient, principal: CustomPrincipal) -> list[str]:
    answer = sdk.push_application("Files", "Files - main", principal, create_provider=True)
    return [warning["message"] for warning in answer["warnings"]]


def test_every_kind_of_entity_becomes_a_node_of_its_own_type(
    sdk: OAAClient, ask: Queries, principals: CustomPrincipal
) -> None:
    principals.users["u-1"].is_active = True
    assert push(sdk, principals) == []
    assert ask.names("OAA.Filebox.PrincipalTenant") == ["Files"]
    assert ask.names("OAA.Filebox.PrincipalGroup") == ["everybody", "legal"]
    assert ask.names("OAA.Filebox.PrincipalUser", {"property": "is_active", "value": True}) == ["hana"]
    assert ask.related("OAA.Filebox.PrincipalUser", "OAA.Filebox.PrincipalGroup") == {
        ("hana", "everybody"),
        ("hana", "legal"),
    }


def test_the_identity_that_a_user_names_holds_what_the_user_holds(
    sdk: OAAClient, ask: Queries, principals: CustomPrincipal
) -> None:
    principals.users["u-1"].add_identity("hana.sato@acme.example")
    principals.groups["g-1"].add_identity("nobody knows it")
    assert push(sdk, principals) == ["Cannot find identity by names [nobody knows it]"]
    assert ("Hana Sato", "legal") in ask.related("OktaUser", "OAA.Filebox.PrincipalGroup")


def test_an_unknown_group_is_refused_by_name(sdk: OAAClient, principals: CustomPrincipal) -> None:
    principals.users["u-1"].add_group("g-3")
    with pytest.raises(OAAResponseError) as error:
        push(sdk, principals)
    assert error.value.status_code == 400
    assert "group: g-3, principal: u-1" in str(error.value.details)


def test_a_circle_of_groups_is_refused_and_named(sdk: OAAClient, principals: CustomPrincipal) -> None:
    principals.groups["g-1"].set_parent_group("g-2")
    with pytest.raises(OAAResponseError) as error:
        push(sdk, principals)
    assert error.value.status_code == 400
    assert "group is nested in itself (cycle: g-" in str(error.value.details)
