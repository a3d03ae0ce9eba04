"""The pages of one result: in which order they come, and how large they may be.

They are fetched in :mod:`airflow_provider_veza.hooks.paging`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.retry import RetryPolicy
from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.exceptions import (
    AnswerTooLargeError,
    EndlessPagesError,
    NoAnswerError,
    RefusedError,
    RepeatedPageTokenError,
    RequestError,
)

_TOO_MUCH = frozenset({400, 408, 413, 422, 500, 502, 503, 504})
"""By these statuses a server refuses a page that is too large for it, or says that it cannot send it in time."""


MOST_EMPTY_PAGES = 100
"""One after the other. Veza may send an empty page in the middle, but nobody needs a hundred of them."""


def reading_end(deadline: Deadline, now: datetime, one_page: float) -> Deadline:
    """Return when the rows must have been read: by the query's deadline.

    Where that has passed before reading begins, the query was seen to succeed just in time: then within the time of one page.

    :param one_page: seconds that a page may take.
    """
    return Deadline(now + timedelta(seconds=one_page)) if deadline.passed(now) else deadline


class PageTrail:
    """Remembers where it has been, so that a token that leads back ends in an error and not in repeated rows.

    Only digests are kept: 16 bytes a page, whatever the length of the tokens.

    :param first_token: the token where reading begins; None for the first page.
    :param most_empty: pages without a row that may follow each other.
    """

    def __init__(self, first_token: str | None = None, most_empty: int = MOST_EMPTY_PAGES) -> None:
        self._seen: set[bytes] = set() if first_token is None else {_digest(first_token)}
        self._pages = 0
        self._empty = 0
        self._most_empty = most_empty

    def advance(self, page: Page) -> str | None:
        """Remember ``page``; return the token of the next one, or None if it was the last.

        :raises RepeatedPageTokenError: when the token was seen before.
        :raises EndlessPagesError: when too many pages one after the other had no row.
        """
        self._pages += 1
        self._empty = 0 if page.rows else self._empty + 1
        if page.next_page_token is None:
            return None
        if self._empty >= self._most_empty:
            raise EndlessPagesError(
                f"{self._empty} pages one after the other, up to page {self._pages}, brought no row, and each announced another "
                "one, so reading was ended. The query itself succeeded; a retry reads its rows again."
            )
        digest = _digest(page.next_page_token)
        if digest in self._seen:
            raise RepeatedPageTokenError(
                f"Page {self._pages} points to a page that was read before: the service repeats a page token, and going "
                "on would repeat rows. The query itself succeeded; a retry reads its rows again from the first page."
            )
        self._seen.add(digest)
        return page.next_page_token


@dataclass(frozen=True)
class PageSize:
    """How many rows to ask for: half as many once the service refuses a page or cannot send it in time, and never more again.

    :param rows: None where the service has no say in it.
    """

    rows: int | None

    @property
    def retry(self) -> RetryPolicy:
        """How often to ask for a page of this size; it is better to ask for a smaller one than to repeat it often."""
        return _USUAL if self.rows is None or self.rows == 1 else _BEFORE_SMALLER

    def smaller(self, error: RequestError) -> PageSize | None:
        """Return the size to try after this error, or None where a smaller page would not help.

        >>> PageSize(100).smaller(NoAnswerError("timed out"))
        PageSize(rows=50)
        """
        too_much = isinstance(error, (NoAnswerError, AnswerTooLargeError)) or (
            isinstance(error, RefusedError) and error.status in _TOO_MUCH
        )
        if self.rows is None or self.rows == 1 or not too_much:
            return None
        return PageSize(self.rows // 2)


_USUAL = RetryPolicy()
_BEFORE_SMALLER = replace(_USUAL, max_attempts_on_no_answer=2)


def _digest(token: str) -> bytes:
    return hashlib.blake2b(token.encode(), digest_size=16).digest()
