"""The OpenAPI document of everything that the emulator serves, put together from the rooms' own declarations."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from veza_emulator import __version__
from veza_emulator.openapi.admin_operations import ADMIN_OPERATIONS
from veza_emulator.openapi.library_operations import REPORT_OPERATIONS, SAVED_QUERY_OPERATIONS
from veza_emulator.openapi.operations import Operation
from veza_emulator.openapi.provider_operations import PROVIDER_OPERATIONS
from veza_emulator.openapi.query_operations import ASSESSMENT_OPERATIONS
from veza_emulator.openapi.requests import REQUESTS
from veza_emulator.openapi.schemas import COMPONENTS
from veza_emulator.openapi.tool_operations import OAUTH_OPERATIONS, TOOL_OPERATIONS

_DESCRIPTION = (
    "A Veza tenant on loopback, as veza-emulator plays it. This is not Veza's own document: what "
    "is inferred is said at each operation, and the switches of the emulator change some of the answers."
)

OPERATIONS: Mapping[str, tuple[Operation, ...]] = {
    "query specs": ASSESSMENT_OPERATIONS,
    "saved queries": SAVED_QUERY_OPERATIONS,
    "reports": REPORT_OPERATIONS,
    "custom providers": PROVIDER_OPERATIONS,
    "OAuth2": OAUTH_OPERATIONS,
    "emulator": (*ADMIN_OPERATIONS, *TOOL_OPERATIONS),
}
"""Every operation, by the tag that the document groups it under. A room that serves routes adds its own here."""


@cache
def openapi_document() -> Mapping[str, Any]:
    """Return the OpenAPI 3.1 document."""
    paths: dict[str, dict[str, Any]] = {}
    for tag, operations in OPERATIONS.items():
        for operation in operations:
            paths.setdefault(operation.path, {})[operation.method.lower()] = operation.render(tag)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Veza tenant emulator", "version": __version__, "description": _DESCRIPTION},
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in OPERATIONS],
        "paths": paths,
        "components": {
            "schemas": {**COMPONENTS, **REQUESTS.named},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }
