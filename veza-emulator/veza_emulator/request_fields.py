"""A request as fields to read, and what becomes of what reading them found; knows no endpoint and no field by name."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from starlette.requests import Request

from veza_emulator.fields import Fields, Findings
from veza_emulator.journal import note_of
from veza_emulator.json_http import read_json_object

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


def parted(fields: Fields, names: Collection[str]) -> tuple[Fields, Fields]:
    """Return the fields with these names, and all others; both find into the same findings."""
    named = {name: value for name, value in fields.as_sent.items() if name in names}
    others = {name: value for name, value in fields.as_sent.items() if name not in names}
    return Fields(named, fields.findings, fields.path), Fields(others, fields.findings, fields.path)


def settle(request: Request, *findings: Findings) -> None:
    """Journal what reading the request found; refuse it if any field was wrong."""
    note = note_of(request.scope)
    note.ignored_fields = [name for found in findings for name in found.ignored]
    note.deprecated_fields = [name for found in findings for name in found.deprecated]
    for found in findings:
        found.raise_violations()
