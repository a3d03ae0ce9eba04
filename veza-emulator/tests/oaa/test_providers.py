"""Custom providers and data sources by every call that Veza's SDK makes."""

from __future__ import annotations

import base64
import uuid

import pytest
from oaaclient.client import OAAClient, OAAResponseError

from veza_emulator.http.server import RunningTenant

ANY_ID = str(uuid.UUID(int=7))


def refusal(error: pytest.ExceptionInfo[OAAResponseError]) -> tuple[int, str, list[dict[str, str]]]:
    shown = error.value
    assert shown.request_id
    assert shown.timestamp
    return shown.status_code, shown.error, shown.details[0].get("field_violations", shown.details[:1])


def test_a_provider_is_created_listed_found_and_deleted(sdk: OAAClient) -> None:
    assert sdk.get_provider_list() == []
    assert sdk.get_provider("Code") is None
    provider = sdk.create_provider("Code", "application")
    assert provider["name"] == "Code"
    assert provider["custom_template"] == "application"
    assert provider["state"] == "ENABLED"
    assert sdk.get_provider("Code") == provider
    assert sdk.get_provider_by_id(provider["id"]) == provider
    assert sdk.get_provider_list() == [provider]
    assert sdk.delete_provider(provider["id"]) == {}
    assert sdk.get_provider("Code") is None
    assert sdk.get_provider_by_id(provider["id"]) is None


def test_a_data_source_is_created_listed_found_and_deleted(sdk: OAAClient) -> None:
    provider_id = sdk.create_provider("Code", "application")["id"]
    assert sdk.get_data_sources(provider_id) == []
    assert sdk.get_data_source("one", provider_id) is None
    one, two = (sdk.create_data_source(name, provider_id) for name in ("one", "two"))
    assert sdk.get_data_source("one", provider_id) == one
    assert one["status"] == "PENDING"
    assert sdk.get_data_sources(provider_id) == [one, two]
    assert sdk.api_get(f"/api/v1/providers/custom/{provider_id}/datasources/{two['id']}") == two
    assert sdk.delete_data_source(one["id"], provider_id) == {}
    assert sdk.get_data_sources(provider_id) == [two]


def test_a_list_longer_than_a_page_is_read_to_its_end(sdk: OAAClient) -> None:
    names = {f"provider {number}" for number in range(230)}
    for name in names:
        sdk.create_provider(name, "hris")
    assert {provider["name"] for provider in sdk.get_provider_list()} == names


def test_a_second_provider_of_a_name_is_refused_in_vezas_words(sdk: OAAClient) -> None:
    sdk.create_provider("Code", "application")
    with pytest.raises(OAAResponseError) as error:
        sdk.create_provider("Code", "application")
    violation = {"field": "name", "description": "Provider with the same name already exists"}
    assert refusal(error) == (400, "InvalidArgument", [violation])


def test_a_second_data_source_of_a_name_is_refused_within_one_provider_alone(sdk: OAAClient) -> None:
    first, second = (sdk.create_provider(name, "application")["id"] for name in ("first", "second"))
    sdk.create_data_source("main", first)
    sdk.create_data_source("main", second)
    with pytest.raises(OAAResponseError) as error:
        sdk.create_data_source("main", first)
    assert refusal(error)[0] == 400


@pytest.mark.parametrize("template", ["secret_store", "spreadsheet", ""])
def test_a_template_that_is_not_modelled_is_refused_when_the_provider_is_created(sdk: OAAClient, template: str) -> None:
    with pytest.raises(OAAResponseError) as error:
        sdk.create_provider("Code", template)
    [violation] = refusal(error)[2]
    assert violation["field"] == "custom_template"


def test_a_name_with_characters_that_the_platform_does_not_allow_is_refused(sdk: OAAClient) -> None:
    with pytest.raises(OAAResponseError) as error:
        sdk.api_post("/api/v1/providers/custom", {"name": "a/b", "custom_template": "application"})
    assert refusal(error)[2][0]["field"] == "name"


def test_icon_and_provisioning_are_kept(sdk: OAAClient, running: RunningTenant) -> None:
    provider = sdk.create_provider("Code", "application", base64_icon=base64.b64encode(b"\x89PNG").decode())
    assert sdk.update_provisioning_status(provider["id"], True)["value"]["provisioning"] is True
    kept = running.tenant.custom_providers.providers.get(provider["id"])
    assert base64.b64decode(kept.icon_base64) == b"\x89PNG"


@pytest.mark.parametrize("icon", ["not base64!", "QUJD" * 16_001, ""])
def test_an_icon_that_is_none_or_too_large_is_refused(sdk: OAAClient, icon: str) -> None:
    provider_id = sdk.create_provider("Code", "application")["id"]
    with pytest.raises(OAAResponseError) as error:
        sdk.api_post(f"/api/v1/providers/custom/{provider_id}:icon", {"icon_base64": icon})
    assert refusal(error)[2][0]["field"] == "icon_base64"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (f"/api/v1/providers/custom/{ANY_ID}/datasources", "provider"),
        (f"/api/v1/providers/custom/{ANY_ID}", "provider"),
    ],
)
def test_an_unknown_provider_is_not_found(sdk: OAAClient, path: str, kind: str) -> None:
    with pytest.raises(OAAResponseError) as error:
        sdk.api_get(path)
    status, code, [info] = refusal(error)
    assert (status, code, info["resource_type"], info["resource"]) == (404, "NotFound", kind, ANY_ID)


def test_an_unknown_data_source_is_not_found(sdk: OAAClient) -> None:
    provider_id = sdk.create_provider("Code", "application")["id"]
    with pytest.raises(OAAResponseError) as error:
        sdk.delete_data_source(ANY_ID, provider_id)
    status, _, [info] = refusal(error)
    assert (status, info["resource_type"], info["resource"]) == (404, "datasource", ANY_ID)


def test_a_wrong_key_is_refused_when_the_client_connects(running: RunningTenant) -> None:
    with pytest.raises(OAAResponseError) as error:
        OAAClient(running.url, api_key="wrong")
    assert error.value.status_code == 401
