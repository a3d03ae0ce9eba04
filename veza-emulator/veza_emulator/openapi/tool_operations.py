"""The operations of the routes that `app` itself serves: the token endpoint and the OpenAPI document."""

from __future__ import annotations

from veza_emulator.openapi.operations import NOTHING, Answer, Body, Operation
from veza_emulator.reading.json_schema import STRING, object_of

_TOKEN_ERROR = object_of({"error": STRING, "error_description": STRING}, required=["error"])

TOOL_OPERATIONS = (
    Operation(
        "getOpenApi",
        "GET",
        "/_emulator/openapi.json",
        "Get this document",
        Answer("The OpenAPI document", NOTHING),
        needs_key=False,
    ),
)
OAUTH_OPERATIONS = (
    Operation(
        "issueToken",
        "POST",
        "/oauth/token",
        "Get an access token by client credentials",
        Answer("A token", object_of({"access_token": STRING, "token_type": STRING}, required=["access_token"])),
        description="RFC 6749, section 4.4. Veza's own path is not known.",
        body=Body(
            object_of(
                {
                    "grant_type": {"enum": ["client_credentials"]},
                    "client_id": STRING,
                    "client_secret": STRING,
                    "scope": STRING,
                },
                required=["grant_type"],
            ),
            media_type="application/x-www-form-urlencoded",
        ),
        errors=Answer("The refusal, as in RFC 6749, section 5.2", _TOKEN_ERROR),
        needs_key=False,
    ),
)
