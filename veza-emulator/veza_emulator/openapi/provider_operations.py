"""The operations of custom providers as the OpenAPI document shows them; `http.endpoints.providers` and `pushes` serve them."""

from __future__ import annotations

from veza_emulator.oaa.templates import Template
from veza_emulator.openapi.operations import (
    BOOLEAN,
    NAME_FILTER,
    NOTHING,
    STRING,
    Answer,
    Body,
    Operation,
    Schema,
    list_of,
    object_of,
    page_of,
)
from veza_emulator.openapi.query_operations import PAGE_PARAMETERS

_PROVIDERS = "/api/v1/providers/custom"
_PROVIDER = f"{_PROVIDERS}/{{provider_id}}"
_DATA_SOURCES = f"{_PROVIDER}/datasources"
_DATA_SOURCE = f"{_DATA_SOURCES}/{{data_source_id}}"

_NAME: Schema = {"type": "string", "minLength": 1, "pattern": r"^[ @#$%&*:()!,a-zA-Z0-9_'\"=.-]*$"}
_SHOWN_PROVIDER = object_of({"id": STRING, "name": STRING, "custom_template": STRING}, required=["id", "name"])
_SHOWN_DATA_SOURCE = object_of({"id": STRING, "name": STRING, "status": STRING}, required=["id", "name"])
_PUSHED = object_of({"warnings": list_of(object_of({"message": STRING}, required=["message"]))}, required=["warnings"])
_LIST_PARAMETERS = (*PAGE_PARAMETERS, NAME_FILTER)


def _answer(description: str, value: Schema) -> Answer:
    return Answer(description, object_of({"value": value}, required=["value"]))


def _operation(
    name: str, method: str, path: str, summary: str, answer: Answer, body: Schema | None = None
) -> Operation:
    called = "As Veza's SDK oaaclient 1.2.0 calls it."
    return Operation(name, method, path, summary, answer, called, body=None if body is None else Body(body))


def _list(name: str, path: str, summary: str, shown: Schema) -> Operation:
    return Operation(name, "GET", path, summary, Answer(f"A page of {summary}", page_of(shown)), query=_LIST_PARAMETERS)


PROVIDER_OPERATIONS = (
    _list("ListCustomProviders", _PROVIDERS, "custom providers", _SHOWN_PROVIDER),
    _operation(
        "CreateCustomProvider",
        "POST",
        _PROVIDERS,
        "Register a custom provider",
        _answer("The provider", _SHOWN_PROVIDER),
        object_of(
            {"name": _NAME, "custom_template": {"enum": list(Template)}},
            required=["name", "custom_template"],
        ),
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
        object_of({"provisioning": BOOLEAN}),
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
        object_of({"icon_base64": {"type": "string", "minLength": 1, "maxLength": 64_000}}, required=["icon_base64"]),
    ),
    _list("ListDataSources", _DATA_SOURCES, "data sources", _SHOWN_DATA_SOURCE),
    _operation(
        "CreateDataSource",
        "POST",
        _DATA_SOURCES,
        "Register a data source",
        _answer("The data source", _SHOWN_DATA_SOURCE),
        object_of({"name": _NAME}, required=["name"]),
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
        object_of(
            {"json_data": STRING, "compression_type": {"enum": ["NONE", "GZIP"]}},
            required=["json_data"],
        ),
    ),
    _operation(
        "PushDataSourceParts",
        "POST",
        f"{_DATA_SOURCE}:parts",
        "Take one step of a push in parts",
        Answer("What the step gave: an upload_id after start, warnings after complete", NOTHING),
        object_of(
            {
                "operation": {"enum": ["start", "upload", "complete"]},
                "upload_id": STRING,
                "sequence_number": {"type": "integer", "minimum": 1},
                "sequence_count": {"type": "integer", "minimum": 1},
                "data": STRING,
            },
            required=["operation"],
        ),
    ),
)
