"""One task instance's record in the hands of one attempt: read, moved, forgotten, and never against a later attempt.

Where it is kept is in :mod:`.records`, what the moves are in :mod:`airflow_provider_veza.async_query.record_states`.
"""

from __future__ import annotations

from airflow_provider_veza.async_query.record import QueryRecord
from airflow_provider_veza.async_query.record_states import (
    Actor,
    Move,
    Prevails,
    is_of_later_attempt,
    moved,
    prevailing,
)
from airflow_provider_veza.exceptions import FileChangedError, RecordError, SupersededError
from airflow_provider_veza.ownership.attempt import Attempt
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
        self._is_taken_over = False

    @property
    def remembers(self) -> bool:
        """Whether a later attempt will find what is written."""
        return self._store.remembers

    def read(self) -> QueryRecord | None:
        """Read the record; later moves begin from it."""
        found = self._store.read()
        self.record, self._version = found.record, found.version
        return self.record

    def read_for(self, attempt: Attempt) -> QueryRecord | None:
        """Read what the attempts before this one have left.

        :raises SupersededError: when an attempt after this one has written it.
        """
        record = self.read()
        if record is not None and is_of_later_attempt(record, life=attempt.life, try_number=attempt.try_number):
            self._is_taken_over = True
        self._require_not_taken_over()
        return record

    def intend(self, intent: QueryRecord) -> None:
        """Write the intent to submit, in the place of whatever was there when it was read.

        :raises FileChangedError: when an earlier attempt has recorded its query since then; read again, and decide again.
        """
        self._write(intent)

    def withdraw(self) -> None:
        """Take the intent back: nothing was submitted."""
        self.forget()

    def note_submitted(self, **changes: object) -> None:
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

    def note_cancelled(self, by: str) -> None:
        """Note that the service has confirmed a cancel."""
        self._move(Move.CONFIRM_CANCEL, Actor.ATTEMPT, cancelled_by=by)

    def note_delivered(self) -> None:
        """Note that the rows are delivered."""
        self._move(Move.DELIVER, Actor.ATTEMPT, deferred=False)

    def note_cleared(self, by: str, *, cancelled: bool) -> None:
        """Note that the task was cleared while this attempt ran, where an attempt that Airflow has given up may still write."""
        if self.record is None or self._is_taken_over:
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
        self._require_not_taken_over()
        for _ in range(_TRIES):
            try:
                self._store.remove(self._version)
            except FileChangedError:
                mine, theirs = self.record, self.read()
                self._is_taken_over = mine is not None and prevailing(mine, theirs) is Prevails.LATER_ATTEMPT
                self._require_not_taken_over()
                continue
            self.record, self._version = None, None
            return
        raise RecordError(_RESTLESS)

    def _require_not_taken_over(self) -> None:
        """Write and remove nothing any more once a later attempt's record was seen, whose version is known by then."""
        if self._is_taken_over:
            raise SupersededError(_TAKEN_OVER)

    def _move(self, move: Move, actor: Actor, **changes: object) -> None:
        if self.record is not None:
            self._write(moved(self.record, move, actor, **changes))

    def _write(self, record: QueryRecord) -> None:
        self._require_not_taken_over()
        for _ in range(_TRIES):
            try:
                self._version = self._store.write(record, self._version)
            except FileChangedError:
                prevails = prevailing(record, self.read())
                self._is_taken_over = prevails is Prevails.LATER_ATTEMPT
                self._require_not_taken_over()
                if prevails is Prevails.UNKNOWN_QUERY:
                    raise
                if prevails is Prevails.THEIRS:
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
