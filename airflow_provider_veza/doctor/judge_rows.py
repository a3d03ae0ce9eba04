"""Judges of rows: shape, page sizes, tokens, counts, the cache, and whether the synchronous twins agree; pure functions."""

from __future__ import annotations

from airflow_provider_veza.async_query.vocabulary import Phase
from airflow_provider_veza.doctor.examination_steps import Asked
from airflow_provider_veza.doctor.seen import Life, PagesSeen, rows_of
from airflow_provider_veza.doctor.verdicts import (
    REPORT,
    Advice,
    Case,
    Judgement,
    confirmed,
    contradicted,
    not_seen,
    set_extra,
    told,
)
from airflow_provider_veza.doctor.words import joined
from airflow_provider_veza.services.veza_nodes import MAX_PAGE_SIZE

_NO_RESULT = "No query was seen to succeed, so no rows were read."


def rows_shape(case: Case) -> Judgement:
    """Judge where rows are."""
    pages = case.seen.pages
    if pages is None:
        return not_seen(_NO_RESULT)
    first = pages.one
    if first.error is not None:
        return contradicted("The first page was answered ", *told(first), advice=_where_rows_are(case, first))
    rows = rows_of(first)
    if not rows:
        return not_seen("The result is empty; choose another --node-type.")
    keys = [key for key in case.veza.nodes.rows_fields if first.body.get(key)]
    lacking = [key for key in ("id", "type") if key not in rows[0]]
    if lacking:
        return contradicted(f"Rows lack {', '.join(lacking)}.", advice=REPORT)
    return confirmed(f"Rows came in {', '.join(keys)}, each with an id and a type.")


def _where_rows_are(case: Case, first: Asked) -> Advice:
    """Advise the field that holds a list of objects, where only one does and rows were looked for in another."""
    lists = [name for name, value in first.body.items() if _is_list_of_objects(value)]
    if len(lists) != 1 or lists[0] in case.veza.nodes.rows_fields or not lists[0].isidentifier():
        return REPORT
    return set_extra("rows_field", lists[0])


def _is_list_of_objects(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def page_size(case: Case) -> Judgement:
    """Judge whether looks, which ask for one row, are cheap."""
    pages = case.seen.pages
    if pages is None:
        return not_seen(_NO_RESULT)
    if pages.smaller:
        return _judge_refused_size(case, pages)
    too_many = [n for n, page in ((1, pages.one), (2, pages.two)) if len(rows_of(page)) > n]
    if too_many:
        words = f"Asked for {too_many[0]} rows, {len(rows_of(pages.one if too_many[0] == 1 else pages.two))} came."
        return contradicted(words, advice=Advice("Looks are dearer than they need be; nothing else depends on it."))
    if len(rows_of(pages.one)) < 1 or (pages.whole.complete and pages.whole.rows < 2):
        return not_seen("The result has fewer than two rows.")
    return confirmed(f"Asked for 1 and 2 rows, {len(rows_of(pages.one))} and {len(rows_of(pages.two))} came.")


def page_size_maximum(case: Case) -> Judgement:
    """Judge how large pages may be."""
    pages = case.seen.pages
    if pages is None:
        return not_seen(_NO_RESULT)
    over = pages.over
    if over.status is not None and 400 <= over.status < 500:
        return confirmed(f"Asked for {MAX_PAGE_SIZE + 1} rows: HTTP {over.status}.")
    came = len(rows_of(over))
    if came > MAX_PAGE_SIZE:
        advice = Advice("Larger pages work, with fewer requests: raise the connection's extra page_size.", "page_size")
        return contradicted(f"Asked for {MAX_PAGE_SIZE + 1} rows, {came} came.", advice=advice)
    if pages.whole.complete and pages.whole.rows <= came:
        return not_seen(f"The result has {came} rows, no more than a page may have.")
    if came < MAX_PAGE_SIZE and case.veza.nodes.page_size > came > 0:
        return contradicted(f"Asked for {MAX_PAGE_SIZE + 1} rows, {came} came.", advice=set_extra("page_size", came))
    return confirmed(f"Asked for {MAX_PAGE_SIZE + 1} rows, {came} came.")


def page_token(case: Case) -> Judgement:
    """Judge where page tokens are read."""
    pages = case.seen.pages
    if pages is None:
        return not_seen(_NO_RESULT)
    if pages.second is None:
        return not_seen("The result has one row, or none: there is no second page.")
    if pages.second.error is not None:
        return contradicted("The second page was answered ", *told(pages.second), advice=REPORT)
    if not rows_of(pages.second):
        return not_seen("No page after the first had rows.")
    if rows_of(pages.second) != rows_of(pages.one):
        return confirmed("The second page of one row had another row than the first.")
    by_other = rows_of(pages.second_otherwise)
    words = "The second page had the row of the first again: the token was not read."
    if by_other and by_other != rows_of(pages.one):
        other = "GET" if case.veza.nodes.get_method == "POST" else "POST"
        return contradicted(words, advice=set_extra("nodes_get_method", other))
    return contradicted(words, advice=Advice("Results of more than one page cannot be read. Please report this."))


def row_count(case: Case) -> Judgement:
    """Judge the number that landed rows are checked against."""
    first, pages = case.seen.first, case.seen.pages
    if pages is None:
        return not_seen(_NO_RESULT)
    if not pages.whole.complete:
        return not_seen(f"Not all rows were read: {pages.whole.rows} on {len(pages.whole.pages)} pages.")
    counted = first.snapshots[-1].rows
    if counted is None:
        return not_seen("Looks show no progress_status.row_count.")
    words = f"Looks show {counted} rows, {pages.whole.rows} were read."
    if counted == pages.whole.rows:
        return confirmed(words)
    return contradicted(words, advice=Advice('Set row_count_check="warn" on tasks that land rows; no extra helps.'))


def cache_ids(case: Case) -> Judgement:
    """Judge the ids that a submit names."""
    cache, submitted = case.seen.cache, case.seen.first.ids
    if cache is None or submitted is None or cache.again.ids is None:
        return not_seen("No query was submitted after another one of its spec had succeeded.")
    lacking = tuple(
        name
        for name, value in (
            ("cache_id", submitted.cache_id),
            ("last_completed_cache_id", cache.again.ids.last_completed_cache_id),
        )
        if not value
    )
    if lacking:
        words = ("Not sent: ", ", ".join(lacking), ".")
        return contradicted(
            *words, advice=Advice("Nothing to set; cached_result_context needs an id from another source.")
        )
    return confirmed("cache_id came with the first submit, last_completed_cache_id with the second of the spec.")


def cached_result(case: Case) -> Judgement:
    """Judge the default cache mode."""
    cache = case.seen.cache
    if cache is None or cache.again.ids is None:
        return not_seen("No query was submitted after another one of its spec had succeeded.")
    if cache.again.phase is Phase.SUCCEEDED:
        return confirmed("The same spec again was DONE at the first look.")
    advice = Advice("Nothing to set: such a query runs again, which takes longer.")
    return contradicted("The same spec again was not DONE at once.", advice=advice)


def cached_context(case: Case) -> Judgement:
    """Judge the attachment to a cached result."""
    cache = case.seen.cache
    if cache is None or cache.attached is None:
        return not_seen("There was no cache id to attach to.")
    if cache.attached.ids is None:
        return contradicted("The attachment was answered ", *told(cache.attached.submitted), advice=REPORT)
    if rows_of(cache.attached_page) and rows_of(cache.attached_page) == _first_rows(case.seen.pages):
        return confirmed("It showed the rows of the query before.")
    if cache.attached.phase is Phase.SUCCEEDED and not _first_rows(case.seen.pages):
        return not_seen("The cached result is empty.")
    return contradicted("It did not show the rows of the query before.", advice=REPORT)


def lost_cache(case: Case) -> Judgement:
    """Judge the attachment to nothing."""
    if case.seen.cache is None:
        return not_seen("No query was seen to succeed, so the cache was not tried.")
    lost = case.seen.cache.lost
    if lost.status is not None and 400 <= lost.status < 500:
        return confirmed(f"A cache id that was never issued: HTTP {lost.status}.")
    if Life(lost).ids is None:
        return not_seen("A cache id that was never issued: ", *told(lost))
    advice = Advice("An expired cache id is not refused; look at the number of rows. Please report this.")
    return contradicted("A cache id that was never issued was accepted.", advice=advice)


def sync_nodes(case: Case) -> Judgement:
    """Judge the synchronous twin that answers rows."""
    answered = [choice.asked for choice in case.seen.choices if choice.asked.error is None]
    if not answered:
        return contradicted("It was answered ", *told(case.seen.choices[-1].asked), advice=REPORT)
    came = max(len(rows_of(asked)) for asked in answered)
    if came > 1:
        advice = Advice("Pages are larger than asked for; nothing depends on it.")
        return contradicted(f"Asked for 1 row in the query string, {came} came.", advice=advice)
    if came == 0:
        return not_seen("No node type that was tried has rows: ", *joined(_tried(case)), ".")
    return confirmed("Asked for 1 row in the query string, 1 came.")


def sync_result(case: Case) -> Judgement:
    """Judge the synchronous twin that counts, against the rows of the asynchronous one."""
    asked, pages = case.seen.sync_result, case.seen.pages
    if asked.error is not None:
        return contradicted("It was answered ", *told(asked), advice=REPORT)
    number = asked.value.number
    if number is None:
        return contradicted("It answered no number.", advice=REPORT)
    if pages is None or not pages.whole.complete:
        return confirmed(f"It counted {number}; the rows were not all read.")
    words = f"It counted {number}; the asynchronous twin had {pages.whole.rows} rows."
    if number == pages.whole.rows:
        return confirmed(words)
    return contradicted(words, advice=Advice("The tenant may have changed in between: run the doctor again."))


def _judge_refused_size(case: Case, pages: PagesSeen) -> Judgement:
    words = (f"Pages of {case.veza.nodes.page_size} rows: ", *told(pages.whole.pages[0]))
    size, asked = pages.smaller[-1]
    if rows_of(asked):
        return contradicted(*words, advice=set_extra("page_size", size))
    return contradicted(*words, advice=REPORT)


def _first_rows(pages: PagesSeen | None) -> list[object]:
    first: Asked | None = pages.whole.pages[0] if pages else None
    return rows_of(first)


def _tried(case: Case) -> tuple[str, ...]:
    return tuple(choice.node_type for choice in case.seen.choices)
