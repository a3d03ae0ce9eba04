"""What this provider takes for granted of a tenant, as one table: what, on whose word, and which judge decides.

What a judge can say is in :mod:`.verdicts`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from airflow_provider_veza.doctor import judge_connection, judge_lifecycle, judge_others, judge_rows
from airflow_provider_veza.doctor.verdicts import Advice, Case, Judgement, Verdict
from airflow_provider_veza.doctor.words import Words


class Source(StrEnum):
    """On whose word an assumption is made."""

    DOCUMENTED = "documented"
    SEEN = "seen by other clients"
    INFERRED = "inferred"


@dataclass(frozen=True)
class Assumption:
    """One thing that this provider relies on.

    :param name: for bug reports; it stays the same.
    """

    name: str
    statement: str
    source: Source
    judge: Callable[[Case], Judgement]


@dataclass(frozen=True)
class Finding:
    """What became of one assumption."""

    assumption: Assumption
    verdict: Verdict
    words: Words
    advice: Advice | None = None


def judge_all(case: Case) -> tuple[Finding, ...]:
    """Judge every assumption."""
    return tuple(_finding(assumption, assumption.judge(case)) for assumption in ASSUMPTIONS)


def _finding(assumption: Assumption, judgement: Judgement) -> Finding:
    return Finding(assumption, judgement.verdict, judgement.words, judgement.advice)


def _of(source: Source, judge: Callable[[Case], Judgement], statement: str) -> Assumption:
    return Assumption(judge.__name__, statement, source, judge)


ASSUMPTIONS: tuple[Assumption, ...] = (
    _of(
        Source.INFERRED,
        judge_connection.list_needs_query_rights,
        "A key that may run queries may list saved queries, which is what the connection test does.",
    ),
    _of(
        Source.SEEN,
        judge_connection.error_body,
        "Errors are JSON with code, message, request_id, timestamp and details.",
    ),
    _of(Source.INFERRED, judge_connection.wrong_request_is_refused, "A wrong request is refused with HTTP 400."),
    _of(Source.INFERRED, judge_connection.latency, "Every answer comes well within read_timeout."),
    _of(
        Source.INFERRED,
        judge_connection.rate_limit,
        "No rate limit is announced, and rate_limit requests a second are taken.",
    ),
    _of(
        Source.DOCUMENTED,
        judge_lifecycle.nodes_create,
        "POST query_spec:nodes_async_create takes a spec in immediate_run.request.body and names the query.",
    ),
    _of(
        Source.INFERRED,
        judge_lifecycle.nodes_look,
        "Queries are looked at and read at nodes_get_path by nodes_get_method.",
    ),
    _of(
        Source.INFERRED,
        judge_lifecycle.fresh_query_visible,
        "A query can be seen at once, or within five seconds of its submit.",
    ),
    _of(
        Source.INFERRED, judge_lifecycle.status_names, "The states of a query have the names that this provider knows."
    ),
    _of(Source.DOCUMENTED, judge_lifecycle.done, "A query that has succeeded is DONE."),
    _of(
        Source.SEEN,
        judge_lifecycle.final_answer,
        "A second run of a spec shows an older result as DONE for less than stale_grace, if at all.",
    ),
    _of(Source.INFERRED, judge_lifecycle.lost_query, "A query id that is not known is UNKNOWN, or HTTP 404."),
    _of(
        Source.DOCUMENTED,
        judge_lifecycle.cancel_ends_the_query,
        "POST query_spec:nodes_async_cancel ends a running query, which then is UNKNOWN.",
    ),
    _of(
        Source.INFERRED,
        judge_lifecycle.own_execution,
        "Two submits of one spec are two queries: to cancel one does not end the other.",
    ),
    _of(Source.DOCUMENTED, judge_rows.rows_shape, "Rows are objects in values or in path_values."),
    _of(Source.DOCUMENTED, judge_rows.page_size, "A page has no more rows than page_size."),
    _of(Source.DOCUMENTED, judge_rows.page_size_maximum, "A page has at most 100 rows, and may have that many."),
    _of(Source.INFERRED, judge_rows.page_token, "page_token brings the next page when it is sent like page_size."),
    _of(Source.SEEN, judge_rows.row_count, "progress_status.row_count of a DONE query is the number of its rows."),
    _of(
        Source.DOCUMENTED, judge_rows.cache_ids, "A submit names cache_id, and last_completed_cache_id if there is one."
    ),
    _of(
        Source.DOCUMENTED,
        judge_rows.cached_result,
        "cached_result_if_available shows the result of an earlier query at once.",
    ),
    _of(Source.DOCUMENTED, judge_rows.cached_context, "cached_result_context shows the rows of one cached result."),
    _of(Source.DOCUMENTED, judge_rows.lost_cache, "cached_result_context is refused where nothing is cached."),
    _of(
        Source.DOCUMENTED,
        judge_rows.sync_nodes,
        "POST query_spec:nodes answers rows; page_size is in the query string.",
    ),
    _of(Source.DOCUMENTED, judge_rows.sync_result, "POST query_spec:result answers the number of rows."),
    _of(
        Source.DOCUMENTED,
        judge_others.task_create,
        "POST query_spec:result_async_create takes a spec and answers an AsyncTask with an id.",
    ),
    _of(Source.DOCUMENTED, judge_others.task_look, "GET async_tasks/{id} shows the task."),
    _of(
        Source.DOCUMENTED,
        judge_others.task_states,
        "A task's state and status have the documented names, or their numbers.",
    ),
    _of(
        Source.INFERRED,
        judge_others.task_result,
        "A task's result has a number, and with include_nodes rows in one of the shapes that this provider reads.",
    ),
    _of(Source.INFERRED, judge_others.lost_task, "A task id that is not known is HTTP 404."),
    _of(Source.DOCUMENTED, judge_others.saved_list, "GET queries lists saved queries."),
    _of(Source.INFERRED, judge_others.saved_run, "A saved query is run by a POST to saved_query_create_path."),
    _of(
        Source.INFERRED,
        judge_others.saved_look,
        "A run of a saved query is looked at like one of query_spec:nodes_async_create.",
    ),
)
