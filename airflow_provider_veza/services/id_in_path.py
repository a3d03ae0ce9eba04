"""An id that somebody else chose, as one step of a path: no way up, no second step."""

from __future__ import annotations

from urllib.parse import quote

from airflow_provider_veza.exceptions import AsyncQueryError, HandleError


def id_in_path(identifier: str, refused: type[AsyncQueryError] = HandleError) -> str:
    """Return the id as one step of a path.

    :param refused: raised where the id cannot be one: HTTP clients take dots alone for a way up the path.

    >>> id_in_path("a/b")
    'a%2Fb'
    """
    if not fits_a_path(identifier):
        raise refused("This can be no id: it would lead to another path. Nothing was sent.", about=ascii(identifier))
    return quote(identifier, safe="")


def fits_a_path(identifier: str) -> bool:
    """Whether the id can be one step of a path."""
    return bool(identifier.strip(".")) and not any("\ud800" <= c <= "\udfff" for c in identifier)
