"""Properties that Veza's SDK adds to nodes of other data sources."""

from __future__ import annotations

import pytest
from oaaclient.client import OAAClient, OAAResponseError
from oaaclient.templates import CustomApplication, EntityEnrichment, OAAPropertyType

from tests.oaa.codehost import push as push_codehost
from tests.oaa.queries import Queries

OKTA = "acme.okta.example:okta"
SCORED = {"property": "enrichmentprop_score", "fn": "EXISTS"}


@pytest.fixture
def enrichment() -> EntityEnrichment:
    enrichment = EntityEnrichment("Scores")
    enrichment.property_definitions.define_property("OktaUser", "score", OAAPropertyType.NUMBER)
    return enrichment


def push(sdk: OAAClient, enrichment: EntityEnrichment) -> list[str]:
    answer = sdk.push_application("Scores", "Scores", enrichment, create_provider=True)
    return [warning["message"] for warning in answer["warnings"]]


def hana(ask: Queries) -> tuple[str, str]:
    [row] = ask.nodes("OktaUser", {"property": "name", "value": "Hana Sato"})
    return row["id"], row["properties"]["datasource_id"]


def test_a_node_of_another_data_source_gets_the_properties_and_keeps_its_access(
    sdk: OAAClient, ask: Queries, enrichment: EntityEnrichment
) -> None:
    access = ask.access("OktaUser", "S3Bucket")
    enrichment.add_entity("OktaUser", *hana(ask)).set_property("score", 7)
    assert push(sdk, enrichment) == []
    [row] = ask.nodes("OktaUser", SCORED)
    assert (row["properties"]["name"], row["properties"]["enrichmentprop_score"]) == ("Hana Sato", 7)
    assert ask.access("OktaUser", "S3Bucket") == access


def test_the_properties_go_with_the_next_push_or_the_provider(
    sdk: OAAClient, ask: Queries, enrichment: EntityEnrichment
) -> None:
    enrichment.add_entity("OktaUser", *hana(ask)).set_property("score", 7)
    push(sdk, enrichment)
    push(sdk, EntityEnrichment("Scores"))
    assert ask.names("OktaUser", SCORED) == []
    push(sdk, enrichment)
    sdk.delete_provider(sdk.get_provider("Scores")["id"])
    assert ask.names("OktaUser", SCORED) == []


def test_a_pushed_node_is_enriched_too(sdk: OAAClient, ask: Queries, application: CustomApplication) -> None:
    application.add_local_user("ada")
    push_codehost(sdk, application)
    [row] = ask.nodes("OAA.Codehost.User")
    enrichment = EntityEnrichment("Scores")
    enrichment.property_definitions.define_property("OAA.Codehost.User", "score", OAAPropertyType.NUMBER)
    ada = enrichment.add_entity("OAA.Codehost.User", row["id"], row["properties"]["datasource_id"])
    ada.set_property("score", 3)
    assert push(sdk, enrichment) == []
    assert ask.names("OAA.Codehost.User", SCORED) == ["ada"]


def test_an_unknown_entity_is_a_warning(sdk: OAAClient, ask: Queries, enrichment: EntityEnrichment) -> None:
    user_id, _ = hana(ask)
    enrichment.add_entity("OktaUser", user_id, "elsewhere").set_property("score", 1)
    enrichment.add_entity("OktaUser", "00u", OKTA).set_property("score", 2)
    assert push(sdk, enrichment) == [
        f"Cannot find entity OktaUser with id {user_id} in data source elsewhere",
        f"Cannot find entity OktaUser with id 00u in data source {OKTA}",
    ]


def test_a_property_that_is_not_defined_is_refused(sdk: OAAClient, enrichment: EntityEnrichment) -> None:
    enrichment.add_entity("OktaUser", "00u", OKTA).custom_properties["colour"] = "red"
    with pytest.raises(OAAResponseError) as error:
        push(sdk, enrichment)
    assert error.value.details[0]["field_violations"][0]["field"] == "enriched_entities[0].properties.colour"
