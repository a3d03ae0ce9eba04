"""Every error this provider raises, one tree by phase; no Airflow, no HTTP library and no logic may enter.

::

    AsyncQueryError
    ├── ConfigurationError            nothing was sent; only an edit of the DAG or the connection helps
    │   ├── ConnectionSettingsError   the Airflow connection lacks something or is malformed
    │   ├── QuerySpecError            the query spec has a wrong shape; names the path of the field
    │   ├── ArgumentError             arguments contradict each other or are out of range
    │   └── HandleError               what was given as a handle is none
    │       └── ForeignTenantError    the handle belongs to another tenant than the connection
    ├── RecordError                   the record of a live query cannot be read or written
    │   └── FileChangedError          somebody else has replaced or removed the file since it was read
    ├── AttemptError                  this attempt of the task may not go on
    │   ├── EndedFromOutsideError     Airflow, or whoever runs its processes, ends this one
    │   └── SupersededError           another attempt has taken over, or Airflow has given this one up
    ├── RequestError                  one HTTP request failed; this says nothing about the query
    │   ├── NotSentError              no connection: the service cannot have seen the request
    │   ├── NoAnswerError             sent, but no whole answer came: the service may have acted on it
    │   ├── RedirectRefusedError      the answer pointed to another host; credentials stay here
    │   ├── MalformedResponseError    an answer that is not what the service documents
    │   └── RefusedError              an answer with an error status
    │       ├── BadRequestError       4xx: the request is wrong
    │       ├── UnauthorizedError     401: the credentials are wrong
    │       ├── ForbiddenError        403: the credentials lack a right
    │       ├── NotFoundError         404
    │       ├── TooManyRequestsError  429
    │       └── ServerError           5xx, after all repetitions
    ├── QueryError                    how the query, or the wait for it, ended
    │   ├── QueryFailedError
    │   ├── QueryCanceledError
    │   ├── QueryGoneError            unknown to the service now: cancelled, expired, or never there
    │   ├── QueryDeadlineError        nobody wants the answer any more
    │   ├── QueryUnreachableError     no look succeeded for too long; the query may be healthy
    │   └── AmbiguousSubmitError      one query may run that nobody can name
    └── ResultsError                  the query succeeded, its rows were not delivered
        ├── RepeatedPageTokenError
        ├── IncompleteResultError     the service says that there are more rows than it shows
        ├── EmptyResultError
        ├── PartialResultError        the service says that rows are missing, and only whole results were asked for
        ├── TooManyRowsError
        ├── XComLimitError
        ├── RowCountError             fewer or more rows came than the service counted
        ├── ColumnError               a column cannot hold what came, or two columns have one name
        ├── LandingError              parts, checkpoint or manifest cannot be read or written
        │   ├── LandingTakenOverError another task lands into the same folder
        │   ├── ManifestError         what should be a manifest is none, or its parts are not what it says
        │   ├── ForeignFileError      somebody else's file has the name of one of ours
        │   └── ScratchError          the worker's local disk has no room, or cannot be written
        └── DriftError                two landed results differ more than was allowed
            └── BaselineError         there is nothing that the result could be compared with
"""

from __future__ import annotations

from typing import Any


class AsyncQueryError(Exception):
    """Root of the tree.

    ``heals`` tells whether the same attempt, made later, may succeed. Where it is false, operators fail the task
    without Airflow retries.
    """

    heals = True

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.args), self.__dict__


def _restored(cls: type[AsyncQueryError], args: tuple[Any, ...]) -> AsyncQueryError:
    """Return the error that was pickled, without the signature of its class, which takes parts and makes the message."""
    return cls.__new__(cls, *args)


class ConfigurationError(AsyncQueryError):
    """Nothing was sent; only an edit of the DAG or the connection helps."""

    heals = False


class ConnectionSettingsError(ConfigurationError):
    """The Airflow connection lacks something or is malformed."""


class QuerySpecError(ConfigurationError):
    """The query spec has a wrong shape.

    :param path: where in the spec, such as ``source_node_types.nodes[0].node_type``.
    :param problem: what is wrong there and what is expected.
    """

    def __init__(self, path: str, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"Query spec, at {path}: {problem}. Nothing was submitted.")


class ArgumentError(ConfigurationError):
    """Arguments contradict each other or are out of range."""


class HandleError(ConfigurationError):
    """What was given as a handle is none."""


class ForeignTenantError(HandleError):
    """The handle belongs to another tenant than the connection; it was neither polled nor cancelled."""

    def __init__(self, *, handle_tenant: str, connection_tenant: str, query_id: str) -> None:
        super().__init__(
            f"Query {query_id} was submitted to {handle_tenant}, but the connection points to {connection_tenant}. "
            "The query was not touched. Use a connection to the tenant that runs it."
        )


class RecordError(AsyncQueryError):
    """The record of a live query cannot be read or written; "cannot read" is never taken for "no record"."""


class FileChangedError(RecordError):
    """Somebody else has replaced or removed the file since it was read; nothing was written or removed."""


class AttemptError(AsyncQueryError):
    """The attempt of the task may not go on; the message says what became of its query."""


class EndedFromOutsideError(AttemptError):
    """Airflow, or whoever runs its processes, ends this one: a mark, a clear, an eviction, a shutdown."""


class SupersededError(AttemptError):
    """Another attempt has taken over, or Airflow has given this one up; it writes, removes and cancels nothing more."""


class RequestError(AsyncQueryError):
    """One HTTP request failed; this says nothing about the query."""


class NotSentError(RequestError):
    """No connection could be made: the service cannot have seen the request."""


class NoAnswerError(RequestError):
    """The request was sent, but no whole answer came: the service may have acted on it."""


class RedirectRefusedError(RequestError):
    """The answer pointed to another host, or would repeat a request that must not be repeated."""

    heals = False


class MalformedResponseError(RequestError):
    """An answer that is not what the service documents, such as a gateway's HTML page."""


class RefusedError(RequestError):
    """An answer with an error status.

    :param status: the HTTP status.
    :param message: for people: the service's own words, the most useful first.
    :param request_id: the service's id of this request, for its support team; empty where it sent none.

    ``nothing_done`` tells whether the service itself says that it did not do what was asked for. A status of 5xx alone may
    come from a gateway before a service that did.
    """

    def __init__(self, status: int, message: str, request_id: str = "") -> None:
        self.status = status
        self.nothing_done = status < 500
        self.request_id = request_id
        super().__init__(message)


class BadRequestError(RefusedError):
    """4xx: the request is wrong and stays wrong."""

    heals = False


class UnauthorizedError(RefusedError):
    """401: the credentials are wrong, revoked or inactive."""

    heals = False


class ForbiddenError(RefusedError):
    """403: the credentials lack a right."""

    heals = False


class NotFoundError(RefusedError):
    """404: the service does not know what was asked for."""

    heals = False


class TooManyRequestsError(RefusedError):
    """429, after all repetitions."""


class ServerError(RefusedError):
    """5xx, after all repetitions."""


class QueryError(AsyncQueryError):
    """How the query, or the wait for it, ended."""


class QueryFailedError(QueryError):
    """The service ran the query and it failed."""


class QueryCanceledError(QueryError):
    """The query was cancelled while somebody waited for it."""


class QueryGoneError(QueryError):
    """The service does not know the query any more: cancelled, expired, or never there."""


class QueryDeadlineError(QueryError):
    """The deadline passed before the query ended."""

    heals = False


class QueryUnreachableError(QueryError):
    """No look at the query succeeded for too long; its health is unknown and it was not cancelled for that."""


class AmbiguousSubmitError(QueryError):
    """A submit was begun and its answer is not known: one query may run that nobody can name."""


class ResultsError(AsyncQueryError):
    """The query succeeded, but its rows could not be delivered."""


class RepeatedPageTokenError(ResultsError):
    """A page pointed to itself or to an earlier page; going on would repeat rows for ever."""


class IncompleteResultError(ResultsError):
    """The service says that there are more rows than it shows, and documents no way to them."""

    heals = False


class EmptyResultError(ResultsError):
    """The query found nothing, and ``fail_on_empty`` asked for that to be an error."""


class PartialResultError(ResultsError):
    """The service says that rows of the result are missing, and ``allow_partial_results`` does not allow that."""


class TooManyRowsError(ResultsError):
    """The result has more rows than ``max_rows`` allows."""

    heals = False


class XComLimitError(ResultsError):
    """The rows are too many or too large for XCom."""

    heals = False


class RowCountError(ResultsError):
    """The pages held fewer or more rows than the service counted.

    :param counted: by the service.
    :param landed: that came.
    """

    def __init__(self, *, counted: int, landed: int, query_id: str) -> None:
        self.counted, self.landed = counted, landed
        super().__init__(
            f"The service counted {counted} rows of query {query_id}, but its pages held {landed}. Nothing was delivered, and an "
            "earlier landed result stays as it was. A retry reads all pages again; row_count_check='warn' delivers what comes."
        )


class ColumnError(ResultsError):
    """A column cannot hold what came, or two fields would become one column.

    :param column: its name.
    """

    heals = False

    def __init__(self, column: str, problem: str) -> None:
        self.column = column
        super().__init__(
            f"Column {column!r}: {problem}. Land as 'jsonl', which takes rows as they are, or leave it out with columns=. "
            "The query itself succeeded."
        )


class LandingError(ResultsError):
    """Parts, checkpoint or manifest cannot be read or written."""


class LandingTakenOverError(LandingError):
    """Another attempt, or another task, lands into the same folder; two would spoil each other's result.

    :param by_same_query: whether it lands the same query: then the query is that attempt's, and nobody else's to settle.
    """

    heals = False

    def __init__(self, folder: str, *, by_same_query: bool) -> None:
        self.heals = by_same_query
        taker = "Another attempt of this task" if by_same_query else "Another task"
        advice = (
            "The query and its record are left to it."
            if by_same_query
            else "Give every run and every map index an output_path of its own, such as one with {{ ds }} or "
            "{{ ti.map_index }} in it. No retry follows; clear the task to take the folder back."
        )
        super().__init__(f"{taker} has begun to land into {folder}, so this one stopped; nothing was mixed. {advice}")


class ManifestError(LandingError):
    """What should be a manifest is none, or the parts are not what it says."""

    heals = False


class ForeignFileError(LandingError):
    """A file in the folder has a name of this provider's own files, but is somebody else's; it was left as it is.

    :param place: where it is.
    """

    heals = False

    def __init__(self, place: str) -> None:
        super().__init__(
            f"{place} was not written by this provider: it lies where a landing keeps a file of that name. It was left as it is, "
            "and nothing was landed. Move it away, or give the task another output_path."
        )


class ScratchError(LandingError):
    """The local disk of the worker has no room for a part in the making, or cannot be written; what is durable stays."""


class DriftError(ResultsError):
    """Two landed results differ more than the task allows; the differences are landed."""

    heals = False


class BaselineError(DriftError):
    """There is nothing that the result could be compared with."""
