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
    query = f"Query {handle.id} of {handle.tenant}"
    detail = f": {ended.detail}" if ended.detail else ""
    match ended.outcome:
        case Outcome.SUCCEEDED:
            return None
        case Outcome.FAILED:
            return QueryFailedError(f"{query} failed{detail}. It has ended. {next_retry}")
        case Outcome.CANCELED:
            return QueryCanceledError(f"{query} was cancelled by somebody else{detail}. It has ended. {next_retry}")
        case Outcome.GONE:
            return QueryGoneError(
                f"{query} is unknown to the service now{detail}. {why_gone}; nothing is left to wait for. {next_retry}"
            )
        case Outcome.DEADLINE_PASSED:
            return QueryDeadlineError(f"{query} did not end in time{detail}.")
        case Outcome.UNREACHABLE:
            return QueryUnreachableError(
                f"{query} could not be looked at{detail}. Its state is unknown and it was left as it is. The next retry finds it "
                "and goes on waiting."
            )
        case Outcome.REFUSED:
            error = QueryUnreachableError(
                f"{query} may not be looked at{detail}. Its state is unknown. There is no retry, since none can help: mend the "
                "connection, then clear the task."
            )
            error.heals = False
            return error
