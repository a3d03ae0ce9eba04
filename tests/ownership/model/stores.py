"""The places of the record: Airflow's state store with its fence, and one file that is compared and swapped."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from airflow_provider_veza.async_query.record import QueryRecord
from airflow_provider_veza.async_query.record_states import latest
from airflow_provider_veza.ownership.records.airflow_store import STATE_STORE_KEY
from airflow_provider_veza.ownership.records.file_storage import StoredFile
from airflow_provider_veza.ownership.records.reread import changed
from ownership.model import promises
from ownership.model.airflow_row import Attempt
from ownership.model.turnstile import current
from ownership.model.world import AnswerError, World

_NOT_FOUND = 404


class StateStore:
    """What an attempt sees of Airflow 3.3's state store: a superseded one reads nothing and writes nothing."""

    def __init__(self, world: World, attempt: Attempt) -> None:
        self._world = world
        self._attempt = attempt

    def get(self, key: str, default: Any = None) -> Any:
        def read() -> Any:
            return self._world.state_store.get(key, default) if self._lives() else default

        return self._world.perform("reads the state store", read, in_channel=True)

    def set(self, key: str, value: Any) -> None:
        def write() -> None:
            self._require_id()
            self._world.state_store[key] = value
            promises.after_write(self._world, "state store", QueryRecord.from_json(value))

        self._world.perform(f"writes the state store: {_named(value)}", write, in_channel=True)

    def delete(self, key: str) -> None:
        def remove() -> None:
            self._require_id()
            if key == STATE_STORE_KEY:
                promises.after_write(self._world, "state store", None)
            self._world.state_store.pop(key, None)

        what = "removes the state store's record" if key == STATE_STORE_KEY else "asks whether its own id lives"
        self._world.perform(what, remove, in_channel=True)
        self._attempt.asked_at = self._world.turn

    def _lives(self) -> bool:
        return self._world.row.lives(self._attempt)

    def _require_id(self) -> None:
        if not self._lives():
            raise AnswerError(_NOT_FOUND)


class RecordFile:
    """The file of the task's record, as a versioned file."""

    place = "the record's file"
    is_conditional = True

    def __init__(self, world: World) -> None:
        self._world = world

    def read(self) -> StoredFile | None:
        return self._world.perform("reads the file", self._stored)

    def write(self, data: bytes, expected: str | None) -> str:
        def swap() -> str:
            self._compare(expected)
            self._put(data)
            promises.after_write(self._world, promises.RECORD_FILE, QueryRecord.from_json(json.loads(data)))
            return str(self._world.file.version)

        return self._world.perform(f"writes the file: {_named(json.loads(data))}", swap)

    def remove(self, expected: str) -> None:
        def swap() -> None:
            if self._world.file.data is None:
                return
            self._compare(expected)
            self._put(None)
            promises.after_write(self._world, promises.RECORD_FILE, None)

        self._world.perform("removes the file", swap)

    def _stored(self) -> StoredFile | None:
        file = self._world.file
        return None if file.data is None else StoredFile(file.data, str(file.version))

    def _compare(self, expected: str | None) -> None:
        file = self._world.file
        if (None if file.data is None else str(file.version)) != expected:
            self._world.tell(f"     {current().name}: the file is not what it was")
            raise changed(self.place)

    def _put(self, data: bytes | None) -> None:
        self._world.file.data = data
        self._world.file.version += 1


class ListedFile:
    """The same file in a listing."""

    suffix = ".json"

    def __init__(self, world: World) -> None:
        self._world = world

    def read_text(self) -> str:
        stored = RecordFile(self._world).read()
        if stored is None:
            raise FileNotFoundError
        return stored.data.decode()

    def __str__(self) -> str:
        return "the record's file"


def listed(world: World) -> Callable[[], list[ListedFile]]:
    return lambda: [ListedFile(world)] if world.file.data is not None else []


def recorded(world: World) -> QueryRecord | None:
    """Return what the next attempt would read, without a turn."""
    value = world.state_store.get(STATE_STORE_KEY) if world.rules.has_state_store else None
    primary = QueryRecord.from_json(value) if value else None
    data = world.file.data if world.rules.has_file else None
    filed = QueryRecord.from_json(json.loads(data)) if data else None
    return latest(primary, filed)


def _named(value: dict[str, Any]) -> str:
    handle = value["handle"]
    deferred = ", deferred" if value["deferred"] else ""
    cleared = ", cleared" if value["cleared"] else ""
    return f"{value['state']} {handle['id'] if handle else ''} by try {value['try_number']}{deferred}{cleared}"
