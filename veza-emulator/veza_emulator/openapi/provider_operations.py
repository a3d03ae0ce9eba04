"""The operations of custom providers as the OpenAPI document shows them; `http.endpoints.providers` and `pushes` serve them."""

from __future__ import annotations

from functools import partial

from veza_emulator.oaa.providers import read_data_source, read_icon, read_provider, read_provisioning
from veza_emulator.oaa.pushed_data import read_pushed_data
from veza_emulator.oaa.upload_steps import UploadOperation, read_upload_operation, read_upload_step
from veza_emulator.openapi.operations import NOTHING, Answer, Body, Operation, page_of
from veza_emulator.openapi.requests import body_of, body_of_one, parameters_of
from veza_emulator.reading.fields import Fields
from veza_emulator.reading.json_schema import STRING, Schema, list_of, object_of
from veza_emulator.tenant.listing import read_list_request

_PROVIDERS = "/api/v1/providers/custom"
_PROVIDER = f"{_PROVIDERS}/{{provider_id}}"
_DATA_SOURCES = f"{_PROVIDER}/datasources"
_DATA_SOURCE = f"{_DATA_SOURCES}/{{data_source_id}}"

_SHOWN_PROVIDER = object_of({"id": STRING, "name": STRING, "custom_template": STRING}, required=["id", "name"])
_SHOWN_DATA_SOURCE = object_of({"id": STRING, "name": STRING, "status": STRING}, required=["id", "name"])
_PUSHED = object_of({"warnings": list_of(object_of({"message": STRING}, required=["message"]))}, required=["warnings"])


def _read_upload(fields: Fields, operation: UploadOperation) -> None:
    read_upload_operation(fields)
    read_upload_step(fields, operation)


def _answer(description: str, value: Schema) -> Answer:
    return Answer(description, object_of({"value": value}, required=["value"]))


def _operation(name: str, method: str, path: str, summary: str, answer: Answer, body: Body | None = None) -> Operation:
    called = "As Veza's SDK oaaclient 1.2.0 calls it."
    return Operation(name, method, path, summary, answer, called, body=body)


def _list(name: str, path: str, summary: str, shown: Schema) -> Operation:
    return Operation(
        name,
        "GET",
        path,
        summary,
        Answer(f"A page of {summary}", page_of(shown)),
        query=parameters_of(read_list_request),
    )


_UPLOAD_STEPS = [partial(_read_upload, operation=operation) for operation in UploadOperation]

PROVIDER_OPERATIONS = (
    _list("ListCustomProviders", _PROVIDERS, "custom providers", _SHOWN_PROVIDER),
    _operation(
        "CreateCustomProvider",
        "POST",
        _PROVIDERS,
        "Register a custom provider",
        _answer("The provider", _SHOWN_PROVIDER),
        body_of(read_provider),
    ),
    _operation(
        "ListCustomTemplates",
        "GET",
        f"{_PROVIDERS}/templates",
        "List the templates of payloads",
        Answer("The templates", page_of(object_of({"name": STRING}, required=["name"]))),
    ),
    _operation("GetCustomProvider", "GET", _PROVIDER, "Get a provider", _answer("The provider", _SHOWN_PROVIDER)),
    _operation(
        "ChangeCustomProvider",
        "PATCH",
        _PROVIDER,
        "Make a provider a system of record, or make it none",
        _answer("The provider", _SHOWN_PROVIDER),
        body_of(read_provisioning),
    ),
    _operation(
        "DeleteCustomProvider",
        "DELETE",
        _PROVIDER,
        "Delete a provider and its data",
        Answer("It is forgotten", NOTHING),
    ),
    _operation(
        "SetCustomProviderIcon",
        "POST",
        f"{_PROVIDER}:icon",
        "Set the icon of a provider",
        Answer("It is kept", NOTHING),
        body_of(read_icon),
    ),
    _list("ListDataSources", _DATA_SOURCES, "data sources", _SHOWN_DATA_SOURCE),
    _operation(
        "CreateDataSource",
        "POST",
        _DATA_SOURCES,
        "Register a data source",
        _answer("The data source", _SHOWN_DATA_SOURCE),
        body_of(read_data_source),
    ),
    _operation(
        "GetDataSource", "GET", _DATA_SOURCE, "Get a data source", _answer("The data source", _SHOWN_DATA_SOURCE)
    ),
    _operation(
        "DeleteDataSource",
        "DELETE",
        _DATA_SOURCE,
        "Delete a data source and its data",
        Answer("It is forgotten", NOTHING),
    ),
    _operation(
        "PushDataSource",
        "POST",
        f"{_DATA_SOURCE}:push",
        "Replace what a data source holds",
        Answer("The data is in", _PUSHED),
        body_of(read_pushed_data),
    ),
    _operation(
        "PushDataSourceParts",
        "POST",
        f"{_DATA_SOURCE}:parts",
        "Take one step of a push in parts",
        Answer("What the step gave: an upload_id after start, warnings after complete", NOTHING),
        body_of_one(_UPLOAD_STEPS),
    ),
)
