"""Finds out, once per process and storage, whether it keeps conditions, and says so if not; no record may be touched."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

from airflow_provider_veza.ownership.records.conditional import settled_put
from airflow_provider_veza.ownership.records.file_storage import ConditionalStorage, sibling

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class StorageName:
    """Which storage a path leads to, as far as conditions are concerned."""

    protocol: str
    conn_id: str | None
    bucket: str

    def __str__(self) -> str:
        login = f"{self.conn_id}@" if self.conn_id else ""
        return f"{self.protocol}://{login}{self.bucket}"


@dataclass(frozen=True)
class Conditions:
    """Which conditions a storage keeps."""

    on_writes: bool
    on_removals: bool


NO_CONDITIONS = Conditions(on_writes=False, on_removals=False)

_found: dict[StorageName, Conditions] = {}


def conditions_of(storage: StorageName, ask: Callable[[], Conditions]) -> Conditions:
    """Return what the storage keeps, asked at its first use in this process.

    No lock guards this: a signal handler may come in between, and would wait for itself for ever. Two threads at once
    may both ask.
    """
    if storage not in _found:
        found = ask()
        if storage not in _found and not (found.on_writes and found.on_removals):
            _say_what_is_missing(storage, found)
        _found[storage] = found
    return _found[storage]


def probe(storage: ConditionalStorage, record: str) -> Conditions:
    """Try conditions that must hold and conditions that must fail on an object of its own beside the record.

    An error that is no answer to a condition, such as a missing right, passes as it is.
    """
    name = sibling(record, "probe")
    try:
        found = Conditions(
            on_writes=_keeps(storage, name, _keeps_conditions_on_writes),
            on_removals=_keeps(storage, name, _keeps_conditions_on_removals),
        )
    except Exception:
        with suppress(Exception):
            storage.delete(name)
        raise
    if not found.on_removals:
        storage.delete(name)
    return found


def _keeps(storage: ConditionalStorage, name: str, ask: Callable[[ConditionalStorage, str], bool]) -> bool:
    try:
        return ask(storage, name)
    except Exception as e:
        if not storage.is_refusal_of_conditions(e):
            raise
        # Raises as well where the reason is another one than the condition.
        storage.put(name, _nonce())
        return False


def _keeps_conditions_on_writes(storage: ConditionalStorage, name: str) -> bool:
    return (
        settled_put(storage, name, _nonce(), None) is not None
        and storage.put_if(name, _nonce(), None) is None
        and storage.put_if(name, _nonce(), storage.no_version) is None
    )


def _keeps_conditions_on_removals(storage: ConditionalStorage, name: str) -> bool:
    found = storage.read(name)
    return (
        found is not None and not storage.delete_if(name, storage.no_version) and storage.delete_if(name, found.version)
    )


def _nonce() -> bytes:
    return uuid4().hex.encode()


def _say_what_is_missing(storage: StorageName, found: Conditions) -> None:
    ignored = "conditional removals" if found.on_writes else "conditional writes"
    log.warning(
        "The storage knows no %s, so the file of a record is read again right before. Two processes that change the record of "
        "one task within the same few milliseconds could both believe to have won; nothing else is weaker: %s",
        ignored,
        storage,
    )
