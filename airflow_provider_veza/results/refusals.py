"""What a result is refused for whichever way its rows go, to XCom or to files: it is partial, or it is nothing; pure.

How much may go there is in :mod:`.inline` and :mod:`.landing_limits`.
"""

from __future__ import annotations

from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.exceptions import EmptyResultError, PartialResultError

_ADVICE = (
    "A misspelt name may look like this too: Veza answers some with no rows instead of an error, so check the names in the "
    "query first. The query has ended; a retry submits it anew."
)


def require_whole(page: Page) -> None:
    """Refuse a page of a result that the service calls partial.

    :raises PartialResultError: with what the service says is missing.
    """
    if page.partial:
        said = " ".join(page.warnings) or "It does not say what is missing."
        raise PartialResultError(
            f"The query succeeded, but its service says that the result is partial: {said} None of it was delivered. A retry "
            "runs the query anew; allow_partial_results=True takes the rows that there are."
        )


def require_rows(rows: int) -> None:
    """Refuse a result that has none.

    :raises EmptyResultError: saying what to look at.
    """
    if rows == 0:
        raise EmptyResultError(f"The query succeeded with no rows. {_ADVICE}")


def require_no_count_of_zero(page: Page) -> None:
    """Refuse a result that is the number zero.

    :raises EmptyResultError: saying what to look at.
    """
    if page.count == 0:
        raise EmptyResultError(f"The query succeeded with a count of 0. {_ADVICE}")
