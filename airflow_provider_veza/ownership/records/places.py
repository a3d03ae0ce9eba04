"""What it means to a task that the place of its record cannot be used, in words; no store may enter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from airflow_provider_veza.exceptions import AttemptError, FileChangedError, RecordError


class Access(StrEnum):
    """What a task wants of its record."""

    READ = "read"
    WRITE = "write"
    DELETE = "delete"


_CONSEQUENCES = {
    Access.READ: "A query of an earlier attempt may be running; nothing was submitted on this guess. A retry asks again.",
    Access.WRITE: "A later attempt could not find a query submitted now, so none is left running. A retry submits anew.",
    Access.DELETE: "A later attempt looks at the query that the record names before it relies on it.",
}


@contextmanager
def naming_the_place(access: Access, place: str) -> Iterator[None]:
    """Let every failure inside name the place and what follows from it; that somebody else was there first is none.

    :raises RecordError: instead of whatever was raised.
    """
    try:
        yield
    except (FileChangedError, AttemptError):
        raise
    except Exception as e:
        raise RecordError(
            f"Cannot {access} the record of the live query ({type(e).__name__}: {e}). {_CONSEQUENCES[access]}",
            about=place,
        ) from e
