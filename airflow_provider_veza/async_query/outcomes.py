"""What the end of a wait means to the task that waited: success, or an error that says what happened and what comes next.

When a wait ends is decided in :mod:`.watch`.
"""

from __future__ import annotations

from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.async_query.watch import Ended, Outcome
from airflow_provider_veza.exceptions import (
    QueryCanceledError,
    QueryDeadlineError,
    QueryError,
    QueryFailedError,
    QueryGoneError,
    QueryUnreachableError,
)

GONE_WITHOUT_TRACE = "It was cancelled outside Airflow, or its result has expired"


def error_of(
    ended: Ended, handle: QueryHandle, *, next_retry: str, why_gone: str = GONE_WITHOUT_TRACE
) -> QueryError | None:
    """Return the error for an end of a wait, or None on success.

    :param next_retry: what the next retry does with a query that has ended without success.
    :param why_gone: what is known of how the query came to be gone.
    """
    said = f": {ended.detail}" if ended.detail else ""
    heard = f" The service says: {ended.detail}" if ended.detail else ""
    match ended.outcome:
        case Outcome.SUCCEEDED:
            return None
        case Outcome.FAILED:
            return QueryFailedError(f"The query failed{said}. It has ended. {next_retry}", about=handle)
        case Outcome.CANCELED:
            return QueryCanceledError(
                f"The query was cancelled by somebody else{said}. It has ended. {next_retry}", about=handle
            )
        case Outcome.GONE:
            return QueryGoneError(
                f"The query is unknown to the service now. {why_gone}; nothing is left to wait for. {next_retry}{heard}",
                about=handle,
            )
        case Outcome.DEADLINE_PASSED:
            return QueryDeadlineError(f"The query did not end in time{said}.", about=handle)
        case Outcome.UNREACHABLE:
            return QueryUnreachableError(
                f"The query could not be looked at{said}. Its state is unknown and it was left as it is. The next retry finds it "
                "and goes on waiting.",
                about=handle,
            )
        case Outcome.REFUSED:
            error = QueryUnreachableError(
                f"The query may not be looked at{said}. Its state is unknown. There is no retry, since none can help: mend the "
                "connection, then clear the task.",
                about=handle,
            )
            error.heals = False
            return error
