"""A look at a query that somebody waits for, from a web server: bounded, rare and never an error; it ends and cancels nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable

from airflow_provider_veza.hooks.of_service import query_of
from airflow_provider_veza.hooks.wall_clock import utc_now
from airflow_provider_veza.pages.bounded_look import BoundedLooks, NoLook
from airflow_provider_veza.pages.its_query import QueryLook, Subject
from airflow_provider_veza.pages.look_book import LookBook
from airflow_provider_veza.pages.why_unseen import BUSY, LATE, UNDER_WAY, why_unseen

log = logging.getLogger(__name__)

LOOK_SECONDS = 3.0
"""For the answer."""
PATIENCE_SECONDS = 4.0
"""For the look-up of the connection, too."""
MOST_BYTES = 1024 * 1024


class QueryLooks:
    """The looks of all pages of this process.

    :param bounded: how many are under way at once.
    :param patience: seconds that a page waits for its look; what comes later is for the next one.
    """

    def __init__(
        self,
        book: LookBook[QueryLook] | None = None,
        bounded: BoundedLooks | None = None,
        patience: float = PATIENCE_SECONDS,
        look: Callable[[Subject], QueryLook] | None = None,
    ) -> None:
        self._book = book or LookBook()
        self._bounded = bounded or BoundedLooks(4)
        self._patience = patience
        self._look = look or look_at

    def at(self, subject: Subject) -> QueryLook:
        """Look, unless somebody has just done so, or does so now: then return what was seen last."""
        if not self._book.claim(subject):
            return self._book.last(subject) or QueryLook(why_not=UNDER_WAY)
        look = self._bounded.within(self._patience, lambda: self._book.keep(subject, self._look(subject)))
        if isinstance(look, QueryLook):
            return look
        last = self._book.last(subject)
        if look is NoLook.BUSY:
            self._book.give_up(subject)
        return last or QueryLook(why_not=BUSY if look is NoLook.BUSY else LATE)


def look_at(subject: Subject) -> QueryLook:
    """Look once; it never raises."""
    try:
        query = query_of(subject.handle, subject.conn_id)
        snapshot = query.glance(LOOK_SECONDS, MOST_BYTES)
        return QueryLook(utc_now(), snapshot, query.traits)
    except Exception as e:
        # What services and proxies say of themselves is for whoever reads this log, not for whoever may read the task.
        log.warning("The page of a task could not show how far its query is: %s: %s", type(e).__name__, e)
        return QueryLook(utc_now(), why_not=why_unseen(e, subject.conn_id))


LOOKS = QueryLooks()
"""Of this process."""
