"""Finds out, once per process and storage, whether it keeps conditions, and says so if not; no record may be touched."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

from airflow_provider_veza.ownership.records.conditional import confirmed_put
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
    trial = _Trial(storage, sibling(record, "probe"))
    try:
        found = Conditions(trial.passes(trial.of_writes), trial.passes(trial.of_removals))
    except Exception:
        with suppress(Exception):
            storage.delete(trial.name)
        raise
    if not found.on_removals:
        storage.delete(trial.name)
    return found


class _Trial:
    """The object that conditions are tried on, and the version that it has."""

    def __init__(self, storage: ConditionalStorage, name: str) -> None:
        self.name = name
        self._storage = storage
        self._version: str | None = None

    def of_writes(self) -> bool:
        self._version = confirmed_put(self._storage, self.name, _nonce(), None)
        return (
            self._version is not None
            and self._storage.put_if(self.name, _nonce(), None) is None
            and self._storage.put_if(self.name, _nonce(), self._storage.no_version) is None
        )

    def of_removals(self) -> bool:
        return (
            self._version is not None
            and not self._storage.delete_if(self.name, self._storage.no_version)
            and self._storage.delete_if(self.name, self._version)
        )

    def passes(self, trial: Callable[[], bool]) -> bool:
        try:
            if trial():
                return True
        except Exception as e:
            if not self._storage.is_refusal_of_conditions(e):
                raise
        # Raises where a refusal has another reason than the condition.
        self._version = self._storage.put(self.name, _nonce())
        return False


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
