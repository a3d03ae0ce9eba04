"""Why the page cannot show how far a query is, and what to do about it; a table over the tree of errors, in our own words."""

from __future__ import annotations

from collections.abc import Mapping

from airflow_provider_veza import exceptions as errors

UNDER_WAY = "The query is looked at now; load the page again in some seconds."
LATE = "No answer came yet; if one comes, the next load of this page shows it."
BUSY = "Too many other queries are looked at now; load the page again in some seconds."
_NOT_THE_TASK = "The task itself is not affected."
_CONNECTION = (
    "The API server cannot use connection {conn_id!r}: there it is not defined, or malformed. Keep it where the API server "
    "finds it too, in Airflow's database or a secrets backend: what only the environment of workers and triggerers holds is not "
    f"found here. {_NOT_THE_TASK}"
)
_CREDENTIALS = "The service refuses the credentials of connection {conn_id!r}; check them in that connection."
_WHY: Mapping[type[Exception], str] = {
    errors.ForeignTenantError: (
        "Connection {conn_id!r} leads to another tenant by now than to the one that runs the query; nothing was asked there. Let "
        "it lead back, or wait for the task's end."
    ),
    errors.HandleError: "This release of the provider cannot look at such a query; see the task's log.",
    errors.ConnectionSettingsError: _CONNECTION,
    errors.ConfigurationError: (
        "The API server lacks what a look at this service needs: install there the same extras of the provider as for the "
        f"workers. {_NOT_THE_TASK}"
    ),
    errors.UnauthorizedError: _CREDENTIALS,
    errors.ForbiddenError: _CREDENTIALS,
    errors.TooManyRequestsError: "The service asks for a pause; load the page again later.",
    errors.NotSentError: (
        "The API server cannot reach the service. Let it through (network, proxy, certificates), or switch these looks off with "
        f"[veza] page_looks. {_NOT_THE_TASK}"
    ),
    errors.NoAnswerError: "The service did not answer in time; load the page again to look again.",
    errors.AnswerTooLargeError: (
        "The answer is longer than the page reads, as it is once Elasticsearch has the result: the query has most likely ended, "
        "and the task is about to see that."
    ),
}
_ANY = "The look failed ({kind}); the API server's log says why. Load the page again to look again."


def why_unseen(error: Exception, conn_id: str) -> str:
    """Return the sentences for an error; the most specific row counts."""
    rows = (_WHY[cls] for cls in type(error).__mro__ if cls in _WHY)
    kind = type(error).__name__ if isinstance(error, errors.AsyncQueryError) else "an unforeseen error"
    return next(rows, _ANY).format(conn_id=conn_id, kind=kind)
