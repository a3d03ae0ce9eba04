"""The way through the pages of one result; it only keeps order, it fetches nothing."""

from __future__ import annotations

import hashlib

from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.exceptions import RepeatedPageTokenError


class PageTrail:
    """Remembers where it has been, so that a token that leads back ends in an error and not in repeated rows.

    Only digests are kept: 16 bytes a page, whatever the length of the tokens.
    """

    def __init__(self) -> None:
        self._seen: set[bytes] = set()
        self._pages = 0

    def after(self, page: Page) -> str | None:
        """Return the token of the page after ``page``, or None if that was the last.

        :raises RepeatedPageTokenError: when the token was seen before.
        """
        self._pages += 1
        if page.next_page_token is None:
            return None
        digest = hashlib.blake2b(page.next_page_token.encode(), digest_size=16).digest()
        if digest in self._seen:
            raise RepeatedPageTokenError(
                f"Page {self._pages} points to a page that was read before: the service repeats a page token, and going "
                "on would repeat rows. The query itself succeeded; a retry reads its rows again from the first page."
            )
        self._seen.add(digest)
        return page.next_page_token
