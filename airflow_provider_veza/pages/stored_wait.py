"""Reads what Airflow keeps of a wait for its triggerers; as plain JSON, so that no class is looked up in a web server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_veza.exceptions import AsyncQueryError
from airflow_provider_veza.pages.facts import StoredWait, mapping_of, plain
from airflow_provider_veza.triggers.async_query import AsyncQueryTrigger

TRIGGER = f"{AsyncQueryTrigger.__module__}.{AsyncQueryTrigger.__qualname__}"


def stored_wait(classpath: str, arguments: str, *, is_taken_up: bool) -> StoredWait | None:
    """Return the wait of a trigger of this provider; None for any other, and for one that cannot be read.

    :param arguments: JSON text, decrypted.
    """
    given: Mapping[str, Any] = mapping_of(plain(arguments))
    if classpath != TRIGGER or "handle" not in given or not isinstance(given.get("conn_id", ""), str):
        return None
    try:
        trigger = AsyncQueryTrigger(**given)
    except AsyncQueryError:
        return None
    return StoredWait(trigger.handle, trigger.conn_id, trigger.deadline, trigger.schedule, is_taken_up)
