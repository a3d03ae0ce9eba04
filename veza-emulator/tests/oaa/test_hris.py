"""An HR system pushed by Veza's SDK: its nodes and whom an employee is."""

from __future__ import annotations

import pytest
from oaaclient.client import OAAClient, OAAResponseError
from oaaclient.templates import HRISProvider, OAAPropertyType

from tests.oaa.queries import Queries


@pytest.fixture
def provider() -> HRISProvider:
    hris = HRISProvider("People", hris_type="Peopledesk", url="https://people.acme.example")
    hris.add_group("dep-1", "Audit", "Department")
    hris.add_employee("e-1", "Hana Sato", "1001", "Hana", "Sato", True, "ACTIVE").department = "dep-1"
    return hris


def push(sdk: OAAClient, hris: HRISProvider) -> list[str]:
    answer = sdk.push_application("People", "People", hris, create_provider=True)
    return [warning["message"] for warning in answer["warnings"]]


def test_every_kind_of_entity_becomes_a_node_of_its_own_type(
    sdk: OAAClient, ask: Queries, provider: HRISProvider
) -> None:
    provider.property_definitions.define_employee_property("badge", OAAPropertyType.NUMBER)
    provider.employees["e-1"].set_property("badge", 7)
    provider.employees["e-1"].email = "hana.sato@acme.example"
    provider.employees["e-1"].add_manager("e-9")
    assert push(sdk, provider) == []
    assert ask.names("OAA.Peopledesk.HRISSystem") == ["People"]
    assert ask.names("OAA.Peopledesk.HRISGroup") == ["Audit"]
    [employee] = ask.nodes("OAA.Peopledesk.HRISEmployee", {"property": "customprop_badge", "value": 7})
    wanted = {"employee_number": "1001", "department": "dep-1", "managers": ["e-9"], "employment_status": "ACTIVE"}
    assert wanted.items() <= employee["properties"].items()
    assert ask.related("OAA.Peopledesk.HRISEmployee", "OAA.Peopledesk.HRISGroup") == {("Hana Sato", "Audit")}


@pytest.mark.parametrize("field", ["idp_id", "email"])
def test_an_employee_reaches_what_the_identity_that_it_matches_reaches(
    sdk: OAAClient, ask: Queries, provider: HRISProvider, field: str
) -> None:
    setattr(provider.employees["e-1"], field, "hana.sato@acme.example")
    assert push(sdk, provider) == []
    assert ask.related("OAA.Peopledesk.HRISEmployee", "OktaUser") == {("Hana Sato", "Hana Sato")}
    assert ("Hana Sato", "acme-payroll-exports") in ask.related("OAA.Peopledesk.HRISEmployee", "S3Bucket")


def test_an_employee_without_an_identity_is_a_warning(sdk: OAAClient, provider: HRISProvider) -> None:
    assert push(sdk, provider) == ["Cannot find identity by names [e-1]"]


def test_an_unknown_department_is_refused_by_name(sdk: OAAClient, provider: HRISProvider) -> None:
    provider.employees["e-1"].department = "dep-2"
    with pytest.raises(OAAResponseError) as error:
        push(sdk, provider)
    assert error.value.status_code == 400
    assert "group: dep-2, employee: e-1" in str(error.value.details)
