"""Named switches for behaviour of the real service that is not known, each default the likeliest reading; and for harm."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from veza_emulator.hostility import Counts, Drip, EchoedCredential, EndlessBody, EndlessPages, PageMarks

NODES_GET_PATH = "/api/v1/assessments/query_spec:nodes_async_get"
"""Where a nodes query is looked at, as inferred from the paths of create and cancel."""
ID_IN_PATH = "{id}"
SAVED_QUERY_CREATE_PATH = f"/api/v1/assessments/queries/{ID_IN_PATH}:nodes_async_create"
"""Where a saved query is run, as inferred from the paths that answer it at once."""


REDIRECTS = (301, 302, 303, 307, 308)


class CancelBody(StrEnum):
    """What a successful cancel answers; the documents say "an empty body"."""

    NOTHING = "nothing"
    EMPTY_OBJECT = "empty_object"


class CancelOfFinished(StrEnum):
    """What a cancel does to a nodes query that has finished."""

    DISCARDS_RESULT = "discards_result"
    KEEPS_RESULT = "keeps_result"


class LostCancel(StrEnum):
    """What a cancel of an id answers that is not known, or whose result has expired."""

    ACCEPTED = "accepted"
    NOT_FOUND = "not_found"


class LostQuery(StrEnum):
    """What a look at a nodes query answers whose id is not known, or whose result has expired."""

    STATUS_UNKNOWN = "status_unknown"
    NOT_FOUND = "not_found"


class LostTask(StrEnum):
    """What a look at a task answers whose id is not known, or whose result has expired."""

    NOT_FOUND = "not_found"
    UNKNOWN_STATE = "unknown_state"


class LostCache(StrEnum):
    """What attaching to a cached result answers that is not known, or has expired."""

    NOT_FOUND = "not_found"
    INVALID_ARGUMENT = "invalid_argument"


class TaskEnvelope(StrEnum):
    """What an AsyncTask comes in; Veza's usual wrapper is `value`."""

    TASK = "task"
    VALUE = "value"
    BARE = "bare"


class TaskResult(StrEnum):
    """The shape of an AsyncTask's `result`."""

    NODES_VALUE = "nodes_value"
    """A number, and a page of nodes in `nodes_value`, if the spec includes them."""
    NODES_LIST = "nodes_list"
    """The same, but `nodes_value` is the bare list of rows."""
    ROWS = "rows"
    """The page itself."""
    ANY = "any"
    """As NODES_VALUE, packed into a protobuf Any, which says its type."""
    NUMBER = "number"
    """A number and no rows, whatever the spec includes."""


class EnumEncoding(StrEnum):
    """How the state and status of a look are spelt; numbers are documented for AsyncTask alone."""

    NAMES = "names"
    NUMBERS = "numbers"
    LOWER_CASE = "lower_case"


class PageSizeOverMaximum(StrEnum):
    """What asking for more rows a page than the maximum does."""

    CLAMPED = "clamped"
    REFUSED = "refused"


class PageTokenPlace(StrEnum):
    """Where the page token of a POSTed look is read; elsewhere it is ignored, and the first page comes again."""

    BODY = "body"
    QUERY_STRING = "query_string"


class MiddlePages(StrEnum):
    """Whether pages in the middle have rows; the documents say that they may be empty."""

    FULL = "full"
    EMPTY_BETWEEN = "empty_between"


class LastPageToken(StrEnum):
    """Whether the last page carries a token to nowhere; the documents say that it may."""

    PRESENT = "present"
    ABSENT = "absent"


class RowCount(StrEnum):
    """What `progress_status.row_count` is."""

    RIGHT = "right"
    TEXT = "text"
    WRONG = "wrong"
    ABSENT = "absent"


class FirstLook(StrEnum):
    """What the first look at a nodes query shows that was run although a result of its spec is cached."""

    OWN_STATE = "own_state"
    CACHED_RESULT = "cached_result"


class FreshQuery(StrEnum):
    """What the first look at any new query shows."""

    VISIBLE = "visible"
    LOST = "lost"


class EqualSpecs(StrEnum):
    """What a nodes query gets while another one of the same spec runs."""

    OWN_RUN = "own_run"
    SHARED_RUN = "shared_run"
    """Its own id of the run of the other; cancelling one ends both."""
    SAME_ID = "same_id"
    """The id of the other."""


class UnknownNodeType(StrEnum):
    """What a query for a node type that the tenant does not have answers."""

    NO_ROWS = "no_rows"
    ERROR = "error"


class UnknownProperty(StrEnum):
    """What a condition on a property means that no node of the type has."""

    NOT_POPULATED = "not_populated"
    ERROR = "error"


class ApiKeys(StrEnum):
    """Whether an API key may run queries, or OAuth2 is required."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


class LookMethods(StrEnum):
    """With which HTTP method a nodes query is looked at."""

    POST = "POST"
    GET = "GET"
    BOTH = "both"

    def accept(self, method: str) -> bool:
        """Tell whether a look may come with this method."""
        return self is LookMethods.BOTH or method == self.value


class RateLimitHeaders(StrEnum):
    """Whether answers tell how many requests are left of the limit, and a refusal when to come again."""

    ABSENT = "absent"
    PRESENT = "present"


@dataclass(frozen=True)
class Variants:
    """One choice for each unknown, and for each way to do harm.

    :param queued_status: status of a nodes query that waits for its run; empty for that of one that runs.
    :param running_status: status of a nodes query that runs.
    :param failed_status: status of a nodes query that failed.
    :param nodes_get_path: where a nodes query is looked at; the path of the default is gone then.
    :param saved_query_create_path: where a saved query is run, with {id} in its place; the path of the default is gone then.
    :param maximum_page_size: rows a page; 100 is documented, and clients ask for far more.
    :param warnings: what every look at a query answers as `warnings`, in a 200; nothing if there are none.
    :param rate_limit: requests a second that the API takes from all callers together; 0 is no limit.
    :param rows_key: under which key rows come, in place of `values` and `path_values`; empty for these.
    :param page_marks: how a page says that more follow.
    :param endless_pages: pages that never end.
    :param counts: what counts of rows are.
    :param hostile_path: only requests whose path holds this text are met by the switches below; empty for all of API and token.
    :param drip: answers that come byte by byte and never end.
    :param drip_seconds: between two bytes.
    :param echo: a refusal that quotes the caller's credential.
    :param echo_status: of that refusal.
    :param redirect_to: another origin to which requests are sent on, not executed; empty for none.
    :param redirect_status: of that redirect.
    :param endless_body: bodies that never end.
    """

    queued_status: str = ""
    running_status: str = "IN_PROGRESS"
    failed_status: str = "FAILED"
    cancel_body: CancelBody = CancelBody.NOTHING
    cancel_of_finished: CancelOfFinished = CancelOfFinished.DISCARDS_RESULT
    lost_cancel: LostCancel = LostCancel.ACCEPTED
    lost_query: LostQuery = LostQuery.STATUS_UNKNOWN
    lost_task: LostTask = LostTask.NOT_FOUND
    lost_cache: LostCache = LostCache.NOT_FOUND
    task_envelope: TaskEnvelope = TaskEnvelope.TASK
    task_result: TaskResult = TaskResult.NODES_VALUE
    enum_encoding: EnumEncoding = EnumEncoding.NAMES
    nodes_get_path: str = NODES_GET_PATH
    saved_query_create_path: str = SAVED_QUERY_CREATE_PATH
    nodes_get_methods: LookMethods = LookMethods.BOTH
    page_token_place: PageTokenPlace = PageTokenPlace.BODY
    maximum_page_size: int = 100
    page_size_over_maximum: PageSizeOverMaximum = PageSizeOverMaximum.CLAMPED
    middle_pages: MiddlePages = MiddlePages.FULL
    last_page_token: LastPageToken = LastPageToken.PRESENT
    row_count: RowCount = RowCount.RIGHT
    warnings: tuple[str, ...] = ()
    first_look: FirstLook = FirstLook.OWN_STATE
    fresh_query: FreshQuery = FreshQuery.VISIBLE
    equal_specs: EqualSpecs = EqualSpecs.OWN_RUN
    unknown_node_type: UnknownNodeType = UnknownNodeType.NO_ROWS
    unknown_property: UnknownProperty = UnknownProperty.NOT_POPULATED
    api_keys: ApiKeys = ApiKeys.ACCEPTED
    rate_limit: int = 0
    rate_limit_headers: RateLimitHeaders = RateLimitHeaders.ABSENT
    rows_key: str = ""
    page_marks: PageMarks = PageMarks.PRESENT
    endless_pages: EndlessPages = EndlessPages.NONE
    counts: Counts = Counts.USUAL
    hostile_path: str = ""
    drip: Drip = Drip.NONE
    drip_seconds: float = 0.3
    echo: EchoedCredential = EchoedCredential.NONE
    echo_status: int = 400
    redirect_to: str = ""
    redirect_status: int = 307
    endless_body: EndlessBody = EndlessBody.NONE

    def __post_init__(self) -> None:
        for name, (holds, rule) in RULES.items():
            if not holds(getattr(self, name)):
                raise ValueError(f"{name} {rule}; got {getattr(self, name)!r}")


def _is_origin(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.netloc) and f"{parts.scheme}://{parts.netloc}" == text


RULES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "nodes_get_path": (lambda path: path.startswith("/api/"), f"must be a path of the API, such as {NODES_GET_PATH}"),
    "saved_query_create_path": (
        lambda path: path.startswith("/api/") and path.count(ID_IN_PATH) == 1,
        f"must be a path of the API that holds {ID_IN_PATH} once, such as {SAVED_QUERY_CREATE_PATH}",
    ),
    "running_status": (bool, "Cannot be empty"),
    "failed_status": (bool, "Cannot be empty"),
    "maximum_page_size": (lambda size: size >= 1, "must be at least 1"),
    "rate_limit": (lambda limit: limit >= 0, "must not be negative"),
    "drip_seconds": (lambda seconds: seconds > 0, "must be positive"),
    "echo_status": (lambda status: 400 <= status <= 499, "must be from 400 to 499"),
    "redirect_to": (lambda to: not to or _is_origin(to), "must be an origin such as http://127.0.0.1:8080, or empty"),
    "redirect_status": (lambda status: status in REDIRECTS, f"must be one of {', '.join(map(str, REDIRECTS))}"),
}
"""What must hold of a switch that is no choice between names, and how it is said."""
