"""One task instance's record in the hands of one attempt: read, moved, forgotten, and never against a later attempt.

Where it is kept is in :mod:`.records`, what the moves are in :mod:`airflow_provider_veza.async_query.record_states`.
"""

from __future__ import annotations

from airflow_provider_veza.async_query.record import QueryRecord
from airflow_provider_veza.async_query.record_states import Actor, Move, Prevails, moved, prevailing
from airflow_provider_veza.exceptions import FileChangedError, RecordError, SupersededError
from airflow_provider_veza.ownership.records.store import RecordStore

_TRIES = 5


class Ledger:
    """The record as this attempt last saw it, and its moves.

    Every method raises :class:`~airflow_provider_veza.exceptions.RecordError` where the place cannot be reached, and
    :class:`~airflow_provider_veza.exceptions.SupersededError` where a later attempt has written.
    """

    def __init__(self, store: RecordStore) -> None:
        self._store = store
        self.record: QueryRecord | None = None
        self._version: str | None = None

    @property
    def remembers(self) -> bool:
        """Whether a later attempt will find what is written."""
        return self._store.remembers

    def read(self) -> QueryRecord | None:
        """Read the record; later moves begin from it."""
        found = self._store.read()
        self.record, self._version = found.record, found.version
        return self.record

    def intend(self, intent: QueryRecord) -> None:
        """Write the intent to submit, in the place of whatever was there."""
        self._write(intent)

    def withdraw(self) -> None:
        """Take the intent back: nothing was submitted."""
        self.forget()

    def submitted(self, **changes: object) -> None:
        """Note the handle of the query that was submitted."""
        self._move(Move.SUBMIT, Actor.ATTEMPT, **changes)

    def adopt(self, try_number: int, **changes: object) -> None:
        """Take the record over from an earlier attempt, whose writes are refused from now on."""
        self._move(Move.ADOPT, Actor.NEXT_ATTEMPT, try_number=try_number, **changes)

    def note(self, **changes: object) -> None:
        """Note something that leaves the state as it is, unless it is noted already."""
        record = self.record
        if record is not None and any(getattr(record, name) != value for name, value in changes.items()):
            self._move(Move.NOTE, Actor.ATTEMPT, **changes)

    def confirm_cancel(self, by: str) -> None:
        """Note that the service has confirmed a cancel."""
        self._move(Move.CONFIRM_CANCEL, Actor.ATTEMPT, cancelled_by=by)

    def deliver(self) -> None:
        """Note that the rows are delivered."""
        self._move(Move.DELIVER, Actor.ATTEMPT, deferred=False)

    def note_cleared(self, by: str, *, cancelled: bool) -> None:
        """Note that the task was cleared while this attempt ran, where an attempt that Airflow has given up may still write."""
        if self.record is None:
            return
        record = moved(self.record, Move.NOTE, Actor.ATTEMPT, cleared=True)
        if cancelled:
            record = moved(record, Move.CONFIRM_CANCEL, Actor.ATTEMPT, cancelled_by=by)
        try:
            self._version = self._store.note(record, self._version)
        except FileChangedError:
            return  # The next attempt, or whoever else has written, knows more.
        self.record = record

    def forget(self) -> None:
        """Remove the record: its query needs nothing more."""
        for _ in range(_TRIES):
            try:
                self._store.remove(self._version)
            except FileChangedError:
                if self._theirs_stands():
                    raise SupersededError(_TAKEN_OVER) from None
                continue
            self.record, self._version = None, None
            return
        raise RecordError(_RESTLESS)

    def _theirs_stands(self) -> bool:
        mine, theirs = self.record, self.read()
        return mine is not None and prevailing(mine, theirs) is Prevails.LATER_ATTEMPT

    def _move(self, move: Move, actor: Actor, **changes: object) -> None:
        if self.record is not None:
            self._write(moved(self.record, move, actor, **changes))

    def _write(self, record: QueryRecord) -> None:
        for _ in range(_TRIES):
            try:
                self._version = self._store.write(record, self._version)
            except FileChangedError:
                theirs = self.read()
                match prevailing(record, theirs):
                    case Prevails.LATER_ATTEMPT:
                        raise SupersededError(_TAKEN_OVER) from None
                    case Prevails.THEIRS:
                        return
                continue
            self.record = record
            return
        raise RecordError(_RESTLESS)


_TAKEN_OVER = (
    "A later attempt of this task has written the record of the live query: this one has been given up. It wrote, removed and "
    "cancelled nothing; the query is the later attempt's."
)
_RESTLESS = (
    "The record of the live query was changed by others at each of five tries to write it. What it says stands; a retry "
    "reads it."
)
