"""Every error this provider raises, one tree by phase; no Airflow, no HTTP library and no logic may enter.

::

    AsyncQueryError
    ├── ConfigurationError            nothing was sent; only an edit of the DAG or the connection helps
    │   ├── ConnectionSettingsError   the Airflow connection lacks something or is malformed
    │   ├── QuerySpecError            the query spec has a wrong shape; names the path of the field
    │   ├── ArgumentError             arguments contradict each other or are out of range
    │   └── HandleError               what was given as a handle is none
    │       ├── MissingHandleError    nothing was given; the task that submits may be running again
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
    │   ├── AnswerTooLargeError       more came than the connection lets in; reading was ended
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
        ├── EndlessPagesError         page after page announced another one and brought no row
        ├── ResultsDeadlineError      the deadline came while the rows were read
        ├── IncompleteResultError     the service says that there are more rows than it shows
        ├── EmptyResultError
        ├── PartialResultError        the service says that rows are missing, and only whole results were asked for
        ├── TooManyRowsError
        ├── XComLimitError
        ├── RowCountError             fewer or more rows came than the service counted
        ├── ColumnError               a column cannot hold what came, or two columns have one name
        │   └── BadTextError          a text holds half of a character, which only JSON can write
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

from airflow_provider_veza.shown import one_line, shortened

LONGEST_MESSAGE = 2048
"""Bytes of UTF-8; what a service says may be of any length."""
LONGEST_ABOUT = 512


class AsyncQueryError(Exception):
    """Root of the tree; its text is one line of at most :data:`LONGEST_MESSAGE` bytes, whatever others put into it.

    :param message: begins with the cause, for Airflow's page shows about 95 characters; then the query's state, and what the
        next retry does. It names no query, request or file.
    :param about: what does, and comes last: ids, addresses, folders.

    ``heals`` tells whether the same attempt, made later, may succeed. Where it is false, operators fail the task
    without Airflow retries.
    """

    heals = True

    def __init__(self, message: str = "", *, about: object = "") -> None:
        self.about = shortened(one_line(str(about)), LONGEST_ABOUT)
        self.message = shortened(one_line(message), LONGEST_MESSAGE - len(self.about.encode()) - len(" ()"))
        super().__init__(f"{self.message} ({self.about})" if self.about else self.message)

    def also_about(self, more: str) -> None:
        """Name one more thing at the end of the text, which only a caller of what raised this knows."""
        about = f"{self.about}; {more}" if self.about else more
        AsyncQueryError.__init__(self, self.message, about=about)

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


class MissingHandleError(HandleError):
    """Nothing was given as a handle: Airflow removes what a task has returned once that task is cleared and runs again."""

    heals = True

    def __init__(self) -> None:
        super().__init__(
            "There is no query handle: the task that submits has returned none, or was cleared and has not returned its new one "
            "yet. No query was touched. A retry reads it again."
        )


class ForeignTenantError(HandleError):
    """The handle belongs to another tenant than the connection; it was neither polled nor cancelled."""

    def __init__(self, *, handle_tenant: str, connection_tenant: str, query_id: str) -> None:
        super().__init__(
            "The handle is of another tenant than the connection. The query was not touched. Use a connection to the tenant that "
            "runs it.",
            about=f"query {query_id} of {handle_tenant}; the connection points to {connection_tenant}",
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


class AnswerTooLargeError(RequestError):
    """More came than the connection's ``max_answer_bytes`` lets in, so reading was ended; the request was sent."""


class MalformedResponseError(RequestError):
    """An answer that is not what the service documents, such as a gateway's HTML page."""


class RefusedError(RequestError):
    """An answer with an error status.

    :param status: the HTTP status.
    :param message: for people: the service's own words, the most useful first.
    :param request_id: the service's id of this request, for its support team; empty where it sent none.

    ``nothing_done`` tells whether the service itself says that it did not do what was asked for. A status of 5xx alone may
    come from a gateway before a service that did. ``of_service`` tells whether the answer has the form of the service's own
    errors; where it has not, another server or a proxy may have given it.
    """

    of_service = True

    def __init__(self, status: int, message: str, request_id: str = "", *, about: object = "") -> None:
        self.status = status
        self.nothing_done = status < 500
        self.request_id = one_line(request_id)
        super().__init__(message, about=about or (f"request_id: {request_id}" if request_id else ""))


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


class EndlessPagesError(ResultsError):
    """Page after page announced another one and brought no row; going on would never end."""


class ResultsDeadlineError(ResultsError):
    """The deadline came while the rows of the succeeded query were read: nobody wants them any more."""

    heals = False


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
            f"The service counted {counted} rows, but its pages held {landed}. Nothing was delivered, and an earlier landed "
            "result stays as it was. A retry reads all pages again; row_count_check='warn' delivers what comes.",
            about=f"query {query_id}",
        )


class ColumnError(ResultsError):
    """A column cannot hold what came, or two fields would become one column.

    :param column: its name.
    """

    heals = False

    def __init__(self, column: str, problem: str) -> None:
        self.column = column
        super().__init__(
            f"Column {column!a}: {problem}. Land as 'jsonl', which takes rows as they are, or leave it out with columns=. "
            "The query itself succeeded."
        )


class BadTextError(ColumnError):
    """A text holds a lone surrogate, half of a character that was cut in two: JSON can write it, UTF-8 cannot.

    :param column: its name.
    :param row: counted from 1 over the whole result.
    """

    def __init__(self, column: str, row: int) -> None:
        super().__init__(
            column,
            f"row {row} has half of a character (a lone surrogate) in a text; on_bad_text='replace' puts U+FFFD there",
        )
        self.row = row


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
            else "Give every run and every map index an output_path of its own, such as one with {{ run_id }} or "
            "{{ ti.map_index }} in it. No retry follows; clear the task to take the folder back."
        )
        super().__init__(
            f"{taker} has begun to land into the same folder, so this one stopped; nothing was mixed. {advice}",
            about=folder,
        )


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
            "A file that this provider did not write lies where a landing keeps one of that name. It was left as it is, and "
            "nothing was landed. Move it away, or give the task another output_path.",
            about=place,
        )


class ScratchError(LandingError):
    """The local disk of the worker has no room for a part in the making, or cannot be written; what is durable stays."""


class DriftError(ResultsError):
    """Two landed results differ more than the task allows; the differences are landed."""

    heals = False


class BaselineError(DriftError):
    """There is nothing that the result could be compared with."""
