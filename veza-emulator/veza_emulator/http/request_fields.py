"""A request as fields to read, and what becomes of what reading them found; knows no endpoint and no field by name."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from starlette.requests import Request

from veza_emulator.http.json_http import read_json_object
from veza_emulator.reading.fields import Fields, Findings
from veza_emulator.tenant.journal import note_of

# The spellings that grpc-gateway, which Veza's API looks like, takes for a yes or no (inferred; oaaclient sends "True").
_BOOLEANS = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}


async def body_fields(request: Request) -> Fields:
    """Return the request's JSON object as fields."""
    return Fields(await read_json_object(request), Findings())


def parameter_fields(request: Request, *, booleans: Collection[str] = (), lists: Collection[str] = ()) -> Fields:
    """Return the query string as fields, a repeated parameter by its last value.

    :param booleans: the parameters that say yes or no.
    :param lists: the parameters whose every value counts.
    """
    parameters = request.query_params

    def value_of(name: str) -> Any:
        if name in lists:
            return parameters.getlist(name)
        text = parameters[name]
        return _BOOLEANS.get(text.lower(), text) if name in booleans else text

    return Fields({name: value_of(name) for name in parameters}, Findings())


def note_findings(request: Request, *findings: Findings) -> None:
    """Journal what reading the request found; refuse it if any field was wrong."""
    note = note_of(request.scope)
    note.ignored_fields = [name for found in findings for name in found.ignored]
    note.deprecated_fields = [name for found in findings for name in found.deprecated]
    for found in findings:
        found.raise_violations()
