"""Pushing by Veza's SDK: plain, gzipped, in parts; again; and everything malformed."""

from __future__ import annotations

import base64
import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oaaclient.client import OAAClient, OAAResponseError
from oaaclient.templates import CustomApplication, OAAPermission

from tests.oaa.queries import Queries
from veza_emulator.http.server import RunningTenant
from veza_emulator.oaa.part import Origin
from veza_emulator.oaa.templates import Template, part_of
from veza_emulator.reading.errors import ApiError

USERS = "OAA.Codehost.User"


def application(*users: str) -> CustomApplication:
    app = CustomApplication("Code", application_type="Codehost")
    app.add_custom_permission("Read", [OAAPermission.DataRead])
    for user in users:
        app.add_local_user(user).add_permission("Read", apply_to_application=True)
    return app


@pytest.fixture
def data_source(sdk: OAAClient) -> tuple[str, str]:
    provider = sdk.create_provider("Code", "application")
    return provider["id"], sdk.create_data_source("main", provider["id"])["id"]


def path_of(data_source: tuple[str, str], verb: str) -> str:
    return f"/api/v1/providers/custom/{data_source[0]}/datasources/{data_source[1]}:{verb}"


def field_refused(error: pytest.ExceptionInfo[OAAResponseError]) -> tuple[str, str]:
    assert error.value.status_code == 400
    [violation] = error.value.details[0]["field_violations"]
    return violation["field"], violation["description"]


@pytest.mark.parametrize("compressed", [True, False])
def test_a_payload_is_pushed_plain_or_gzipped(sdk: OAAClient, ask: Queries, compressed: bool) -> None:
    sdk.enable_compression = compressed
    answer = sdk.push_application("Code", "main", application("ada", "bob"), create_provider=True)
    assert answer == {"warnings": []}
    assert ask.names(USERS) == ["ada", "bob"]
    assert sdk.get_data_source("main", sdk.get_provider("Code")["id"])["status"] == "SUCCESS"


def test_a_payload_is_pushed_in_parts(sdk: OAAClient, ask: Queries, data_source: tuple[str, str]) -> None:
    payload = json.dumps(application(*(f"Zoë {number:03}" for number in range(50))).get_payload(), ensure_ascii=False)
    assert sdk.datasource_push_parts(*data_source, payload, part_size=512) == {"warnings": []}
    assert ask.names(USERS) == [f"Zoë {number:03}" for number in range(50)]


def test_a_push_replaces_what_the_same_data_source_held_and_nothing_else(sdk: OAAClient, ask: Queries) -> None:
    sdk.push_application("Code", "one", application("ada", "bob"), create_provider=True)
    sdk.push_application("Code", "two", application("cyd"))
    sdk.push_application("Code", "one", application("bob", "dan"))
    assert ask.names(USERS) == ["bob", "cyd", "dan"]
    assert len(ask.names("OktaUser")) > 12


def test_a_refused_push_leaves_everything_as_it_was(sdk: OAAClient, ask: Queries) -> None:
    sdk.push_application("Code", "main", application("ada"), create_provider=True)
    wrong = application("bob")
    wrong.add_local_user("cyd", groups=["ghosts"])
    with pytest.raises(OAAResponseError):
        sdk.push_application("Code", "main", wrong)
    assert ask.names(USERS) == ["ada"]


def test_what_was_pushed_goes_with_its_data_source_and_with_its_provider(sdk: OAAClient, ask: Queries) -> None:
    sdk.push_application("Code", "one", application("ada"), create_provider=True)
    sdk.push_application("Code", "two", application("bob"))
    provider_id = sdk.get_provider("Code")["id"]
    sdk.delete_data_source(sdk.get_data_source("one", provider_id)["id"], provider_id)
    assert ask.names(USERS) == ["bob"]
    sdk.delete_provider(provider_id)
    assert ask.names(USERS) == []


def test_many_clients_push_at_once_and_nothing_is_lost(sdk: OAAClient, ask: Queries, running: RunningTenant) -> None:
    sdk.create_provider("Code", "application")

    def push(number: int) -> None:
        OAAClient(running.url, running.api_key).push_application("Code", f"source {number}", application(f"u{number}"))

    with ThreadPoolExecutor(8) as clients:
        list(clients.map(push, range(16)))
    assert sorted(ask.names(USERS)) == sorted(f"u{number}" for number in range(16))


GZIPPED = gzip.compress(b'{"applications": []}')


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({}, "json_data", "Cannot be empty"),
        ({"json_data": "{"}, "json_data", "is not valid JSON"),
        ({"json_data": '{"a": NaN}'}, "json_data", "is not valid JSON"),
        ({"json_data": "[]"}, "json_data", "must be a JSON object"),
        ({"json_data": '{"a":' * 200 + "1" + "}" * 200}, "json_data", "nested more than"),
        ({"json_data": '{"a":' * 50_000}, "json_data", "is not valid JSON"),
        ({"json_data": "{}", "compression_type": "zip"}, "compression_type", "not a valid Compression"),
        ({"json_data": "?", "compression_type": "GZIP"}, "json_data", "is not base64"),
        ({"json_data": "é", "compression_type": "GZIP"}, "json_data", "is not base64"),
        ({"json_data": "QUJD", "compression_type": "GZIP"}, "json_data", "is not gzip"),
        (
            {"json_data": base64.b64encode(GZIPPED[:-9]).decode(), "compression_type": "GZIP"},
            "json_data",
            "cut short",
        ),
        ({"json_data": 7}, "json_data", "must be a string"),
        ({"json_data": "{}"}, "applications", "Cannot be empty"),
        ({"json_data": "\ud800"}, "json_data", "is not valid JSON"),
    ],
)
def test_malformed_data_is_refused_with_its_field(
    sdk: OAAClient, data_source: tuple[str, str], body: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(OAAResponseError) as error:
        sdk.api_post(path_of(data_source, "push"), body)
    named, description = field_refused(error)
    assert named == field
    assert words in description


def test_gzip_that_unpacks_beyond_the_bound_is_refused(
    sdk: OAAClient, data_source: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("veza_emulator.oaa.pushed_data.MAXIMUM_DATA_BYTES", 1_000_000)
    bomb = base64.b64encode(gzip.compress(b" " * 50_000_000)).decode()
    with pytest.raises(OAAResponseError) as error:
        sdk.api_post(path_of(data_source, "push"), {"json_data": bomb, "compression_type": "GZIP"})
    assert field_refused(error) == ("json_data", "is larger than 1000000 bytes")


def test_a_request_beyond_the_bound_is_refused(
    sdk: OAAClient, data_source: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("veza_emulator.http.endpoints.pushes.MAXIMUM_REQUEST_BYTES", 2_000_000)
    with pytest.raises(OAAResponseError) as error:
        sdk.api_post(path_of(data_source, "push"), {"json_data": " " * 2_000_001})
    assert error.value.status_code == 413


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "operation"),
        ({"operation": "pause"}, "operation"),
        ({"operation": "upload", "sequence_number": 1, "data": "QUJD"}, "upload_id"),
        ({"operation": "upload", "upload_id": "x", "sequence_number": 0, "data": "QUJD"}, "sequence_number"),
        ({"operation": "upload", "upload_id": "x", "sequence_number": 1, "data": "?"}, "data"),
        ({"operation": "complete", "upload_id": "x"}, "sequence_count"),
    ],
)
def test_a_malformed_step_of_an_upload_is_refused_with_its_field(
    sdk: OAAClient, data_source: tuple[str, str], body: dict[str, Any], field: str
) -> None:
    with pytest.raises(OAAResponseError) as error:
        sdk.api_post(path_of(data_source, "parts"), body)
    assert field_refused(error)[0] == field


def upload(sdk: OAAClient, data_source: tuple[str, str], *numbers: int) -> str:
    upload_id: str = sdk.api_post(path_of(data_source, "parts"), {"operation": "start"})["upload_id"]
    for number in numbers:
        part = {"operation": "upload", "upload_id": upload_id, "sequence_number": number, "data": "QUJD"}
        sdk.api_post(path_of(data_source, "parts"), part)
    return upload_id


@pytest.mark.parametrize(
    ("numbers", "count", "words"),
    [
        ((1, 3), 3, "parts that were not uploaded, such as 2"),
        ((1,), 10**18 - 1, "such as 2, 3, 4, 5, 6"),
        ((1, 2), 1, "less than the 2 parts"),
    ],
)
def test_an_upload_with_missing_parts_is_not_complete(
    sdk: OAAClient, data_source: tuple[str, str], numbers: tuple[int, ...], count: int, words: str
) -> None:
    upload_id = upload(sdk, data_source, *numbers)
    with pytest.raises(OAAResponseError) as error:
        complete = {"operation": "complete", "upload_id": upload_id, "sequence_count": count}
        sdk.api_post(path_of(data_source, "parts"), complete)
    assert words in field_refused(error)[1]


def test_an_upload_belongs_to_its_data_source_and_ends_when_it_is_complete(
    sdk: OAAClient, data_source: tuple[str, str]
) -> None:
    other = data_source[0], sdk.create_data_source("other", data_source[0])["id"]
    upload_id = upload(sdk, data_source, 1)
    complete = {"operation": "complete", "upload_id": upload_id, "sequence_count": 1}
    answers = []
    for place in (other, data_source, data_source):
        with pytest.raises(OAAResponseError) as error:
            sdk.api_post(path_of(place, "parts"), complete)
        answers.append(error.value.error)
    # The one part is no JSON.
    assert answers == ["NotFound", "InvalidArgument", "NotFound"]


def test_parts_beyond_the_bound_are_refused(
    sdk: OAAClient, data_source: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("veza_emulator.tenant.uploads.MAXIMUM_DATA_BYTES", 8)
    upload_id = upload(sdk, data_source, 1, 2)
    with pytest.raises(OAAResponseError) as error:
        part = {"operation": "upload", "upload_id": upload_id, "sequence_number": 3, "data": "QUJD"}
        sdk.api_post(path_of(data_source, "parts"), part)
    assert field_refused(error)[0] == "data"


def test_one_part_too_many_is_refused_and_a_part_that_comes_again_counts_once(
    sdk: OAAClient, data_source: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("veza_emulator.tenant.uploads.MAXIMUM_PARTS", 2)
    with pytest.raises(OAAResponseError) as error:
        upload(sdk, data_source, 1, 2, 1, 2, 3)
    assert field_refused(error) == ("sequence_number", "is of more than 2 parts")


def test_the_oldest_open_upload_is_dropped_when_many_are_left_open(
    sdk: OAAClient, data_source: tuple[str, str]
) -> None:
    oldest = upload(sdk, data_source, 1)
    for _ in range(10):
        upload(sdk, data_source)
    with pytest.raises(OAAResponseError) as error:
        complete = {"operation": "complete", "upload_id": oldest, "sequence_count": 1}
        sdk.api_post(path_of(data_source, "parts"), complete)
    assert error.value.status_code == 404


NAMES = st.sampled_from(["a", "B", "b", "a.b", ""]) | st.text(max_size=3)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


def some_of(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={name: values | JUNK for name, values in fields.items()})


ENTITIES = st.lists(
    some_of(
        name=NAMES,
        id=NAMES,
        groups=st.lists(NAMES, max_size=3),
        roles=st.lists(NAMES, max_size=3),
        permissions=st.lists(NAMES, max_size=3),
        identities=st.lists(NAMES, max_size=2),
        custom_properties=st.dictionaries(NAMES, JUNK, max_size=2),
    ),
    max_size=4,
)
RESOURCES = st.recursive(
    st.lists(some_of(name=NAMES, resource_type=NAMES), max_size=3),
    lambda inner: st.lists(some_of(name=NAMES, resource_type=NAMES, sub_resources=inner), max_size=3),
    max_leaves=5,
)
GIVEN = st.lists(
    some_of(
        application=NAMES,
        permission=NAMES,
        role=NAMES,
        resources=st.lists(NAMES, max_size=2),
        apply_to_application=st.booleans(),
    ),
    max_size=3,
)
PAYLOADS = some_of(
    name=NAMES,
    idp_type=NAMES,
    hris_type=NAMES,
    users=ENTITIES,
    groups=ENTITIES,
    employees=ENTITIES,
    permissions=st.lists(some_of(name=NAMES, permission_type=st.lists(NAMES, max_size=2)), max_size=3),
    applications=st.lists(
        some_of(
            name=NAMES,
            application_type=NAMES,
            local_users=ENTITIES,
            local_groups=ENTITIES,
            local_roles=ENTITIES,
            resources=RESOURCES,
        ),
        max_size=2,
    ),
    identity_to_permissions=st.lists(
        some_of(identity=NAMES, identity_type=NAMES, application_permissions=GIVEN, role_assignments=GIVEN),
        max_size=3,
    ),
)


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(PAYLOADS, st.sampled_from(Template))
def test_any_payload_is_taken_or_refused_and_nothing_else(payload: dict[str, Any], template: Template) -> None:
    with suppress(ApiError):
        part = part_of(template, payload, Origin("provider", "source"))
        assert len({node.id for node in part.nodes}) == len(part.nodes)
