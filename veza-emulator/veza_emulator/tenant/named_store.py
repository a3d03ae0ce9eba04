"""Things that callers create, change and delete by id, of which no two share a name; knows not what they are."""

from __future__ import annotations

import threading
from typing import Any, Generic, Protocol, TypeVar

from veza_emulator.reading.errors import FieldViolation, invalid_argument, not_found


class Named(Protocol):
    """Something that is kept under an id and a name."""

    @property
    def id(self) -> str:
        """What it is addressed by."""
        ...

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    def render(self) -> dict[str, Any]:
        """Return it as the wire shows it."""
        ...


ItemT = TypeVar("ItemT", bound=Named)


class NamedStore(Generic[ItemT]):
    """Every such thing of a tenant; any thread may call.

    :param kind: what errors call the thing, such as "report".
    :param lock: what a caller holds to change several stores at once.
    """

    def __init__(self, kind: str, lock: threading.RLock) -> None:
        self._kind = kind
        self._by_id: dict[str, ItemT] = {}
        self._lock = lock

    def all(self) -> list[ItemT]:
        """Return everything, oldest first."""
        with self._lock:
            return list(self._by_id.values())

    def get(self, item_id: str) -> ItemT:
        """Return the thing with this id; refuse an id that is not there."""
        with self._lock:
            if item_id not in self._by_id:
                raise not_found(self._kind, item_id)
            return self._by_id[item_id]

    def put(self, item: ItemT) -> ItemT:
        """Keep a thing, in place of the one with its id if there is one; refuse a name that another one has."""
        with self._lock:
            if any(other.name == item.name and other.id != item.id for other in self._by_id.values()):
                # Inferred from the same refusal of a provider, which Veza's SDK tests show.
                raise invalid_argument(
                    FieldViolation("name", f"{self._kind.capitalize()} with the same name already exists")
                )
            self._by_id[item.id] = item
            return item

    def delete(self, item_id: str) -> None:
        """Forget the thing with this id."""
        with self._lock:
            del self._by_id[self.get(item_id).id]
