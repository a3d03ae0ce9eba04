"""Judges of the rows of a nodes query: shape, page sizes, marks, tokens and counts; pure functions of what was seen.

The docstring of a judge is the statement that it judges.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from airflow_provider_veza.async_query.json_value import words_of
from airflow_provider_veza.async_query.vocabulary import Page
from airflow_provider_veza.doctor.evidence import fields_words
from airflow_provider_veza.doctor.examination_steps import Asked
from airflow_provider_veza.doctor.seen import PagesSeen, is_refused, number_of_rows, page_size_of, rows_of
from airflow_provider_veza.doctor.verdicts import (
    REPORT,
    Advice,
    Case,
    Judgement,
    answered_otherwise,
    confirmed,
    contradicted,
    not_seen,
    set_extra,
    told,
)
from airflow_provider_veza.doctor.words import Words
from airflow_provider_veza.services.veza_counts import count_of
from airflow_provider_veza.services.veza_nodes import MAX_PAGE_SIZE

NO_RESULT = "No query was seen to succeed, so no rows were read."
_MANY_EMPTY_PAGES = 10
_DEEPEST = 5


def rows_shape(case: Case) -> Judgement:
    """Rows are objects in values or in path_values, each with an id and a type."""
    pages = case.seen.pages
    if pages is None:
        return not_seen(NO_RESULT)
    first, with_rows = pages.one, [page for page in pages.all_asked if _rows_sent(case, page)]
    if with_rows:
        return _judge_rows(case, with_rows)
    if number_of_rows(first):
        return contradicted(first, "A row cannot be read as an object.", advice=REPORT)
    if first.error is not None:
        return answered_otherwise(first, "The first page was answered ", advice=where_rows_are(case, first.body))
    return _judge_no_rows(case, first, counted_rows(case))


def page_marks(case: Case) -> Judgement:
    """A page says by has_more whether another follows, and names it by next_page_token."""
    read = [page for page in _pages(case) if page.status == 200]
    if not read:
        return not_seen(NO_RESULT, basis=_pages(case))
    bare = [page for page in read if page.body.keys().isdisjoint(("has_more", "next_page_token"))]
    if bare:
        advice = Advice(
            "Nothing to set: a result of more than one page is refused, so that no row is lost. Please report it."
        )
        words: Words = (f"{len(bare)} of {len(read)} pages had neither, but ", *fields_words(bare[0].body), ".")
        return contradicted(bare, *words, advice=advice)
    unclear = [page for page in read if not _are_clear(page.body)]
    if unclear:
        said = "A page announced another one without naming it, or not in plain words: "
        return contradicted(unclear, said, *told(unclear[0]), advice=REPORT)
    return confirmed(read, f"All {len(read)} pages that were read had them.")


def pages_end(case: Case) -> Judgement:
    """The pages of a result come to an end, and have as many rows as the query counts."""
    pages = case.seen.pages
    if pages is None:
        return not_seen(NO_RESULT)
    whole, counted = pages.whole, counted_rows(case)
    words = f"{whole.rows} rows came on {len(whole.pages)} pages"
    if whole.complete:
        return confirmed(whole.pages, f"{words}, the last of which said that it is the last.")
    if whole.pages[-1].error is not None:
        return not_seen(f"{words}; the next was answered ", *told(whole.pages[-1]), basis=whole.pages)
    advice = Advice(
        "Results of more than one page cannot be read: tasks end by max_rows or by an error. Please report this."
    )
    if whole.repeated:
        return contradicted(whole.pages, f"{words}, and the last led back to one before.", advice=advice)
    if counted is not None and whole.rows > counted:
        said = f"{words}, though looks count {counted}, and more were announced."
        return contradicted(whole.pages, said, advice=advice)
    if not any(map(number_of_rows, whole.pages[-_MANY_EMPTY_PAGES:])):
        said = f"{words}; the last {_MANY_EMPTY_PAGES} had none, and more were announced."
        return contradicted(whole.pages, said, advice=advice)
    return not_seen(f"{words}; the doctor reads no more.", basis=whole.pages)


def page_size(case: Case) -> Judgement:
    """A page has no more rows than page_size."""
    pages = case.seen.pages
    if pages is None:
        return not_seen(NO_RESULT)
    if pages.refused:
        return _judge_refused_size(pages)
    large = [page for page in (pages.one, pages.two) if number_of_rows(page) > page_size_of(page)]
    if large:
        words = f"Asked for {page_size_of(large[0])} rows, {number_of_rows(large[0])} came."
        advice = Advice("Looks are dearer than they need be; nothing else depends on it.")
        return contradicted(large, words, advice=advice)
    basis = (pages.one, pages.two, *pages.whole.pages)
    if unread := [page for page in basis if page.error is not None]:
        return not_seen("A page was answered ", *told(unread[0]), basis=unread)
    if pages.whole.rows < 2:
        return not_seen(f"{_rows_in_words(pages)} came, which fit into any page.", basis=basis)
    came = f"{number_of_rows(pages.one)} and {number_of_rows(pages.two)} came."
    return confirmed((pages.one, pages.two), f"Asked for 1 and 2 rows, {came}")


def page_size_maximum(case: Case) -> Judgement:
    """A page may have as many rows as page_size says, and never more than 100."""
    pages = case.seen.pages
    if pages is None:
        return not_seen(NO_RESULT)
    over, came = pages.over, number_of_rows(pages.over)
    words = f"Asked for {MAX_PAGE_SIZE + 1} rows: HTTP {over.status}, {came} came."
    if came > MAX_PAGE_SIZE:
        advice = Advice("Larger pages work, with fewer requests: raise the connection's extra page_size.", "page_size")
        return contradicted(over, words, advice=advice)
    if over.error is not None and not is_refused(over):
        return not_seen("A page of too many rows was answered ", *told(over), basis=over)
    wanted = min(case.veza.nodes.page_size, MAX_PAGE_SIZE)
    largest = max(map(number_of_rows, (over, *pages.whole.pages)))
    basis = (over, *pages.whole.pages)
    if largest >= wanted:
        return confirmed(basis, words, f" A page of {largest} rows was read.")
    if pages.whole.complete and pages.whole.rows <= largest:
        return not_seen(f"The result has {_rows_in_words(pages)}, no more than a page may have.", basis=basis)
    if 0 < came < wanted:
        return contradicted(basis, words, advice=set_extra("page_size", came))
    return not_seen(words, f" No page of {wanted} rows was read.", basis=basis)


def page_token(case: Case) -> Judgement:
    """page_token brings the next page when it is sent like page_size."""
    pages = case.seen.pages
    if pages is None:
        return not_seen(NO_RESULT)
    if pages.second is None:
        return _judge_no_second_page(case, pages)
    basis = (pages.one, pages.second, pages.second_otherwise)
    if pages.second.error is not None:
        return answered_otherwise(pages.second, "The second page was answered ", advice=REPORT)
    if rows_of(pages.second) != rows_of(pages.one):
        return confirmed(basis, "The second page of one row had another row than the first.")
    by_other = rows_of(pages.second_otherwise)
    words = "The second page had the row of the first again: the token was not read."
    if by_other and by_other != rows_of(pages.one):
        other = "GET" if case.veza.nodes.get_method == "POST" else "POST"
        return contradicted(basis, words, advice=set_extra("nodes_get_method", other))
    advice = Advice("Results of more than one page cannot be read. Please report this.")
    return contradicted(basis, words, advice=advice)


def row_count(case: Case) -> Judgement:
    """progress_status.row_count of a DONE query is the number of its rows."""
    first, pages = case.seen.first, case.seen.pages
    if pages is None:
        return not_seen(NO_RESULT)
    look, counted = first.looks[-1], counted_rows(case)
    if counted is None:
        return _judge_no_count(look)
    basis = (look, *pages.whole.pages)
    if not pages.whole.complete:
        words = f"Looks count {counted}; not all rows were read: {pages.whole.rows} on {len(pages.whole.pages)} pages."
        return not_seen(words, basis=basis)
    words = f"Looks count {counted} rows, {pages.whole.rows} were read."
    if counted == pages.whole.rows:
        return confirmed(basis, words)
    return contradicted(basis, words, advice=_against_another_count(case, pages))


def counted_rows(case: Case) -> int | None:
    """Return how many rows the last look at the first query counts."""
    snapshots = case.seen.first.snapshots
    return snapshots[-1].rows if snapshots else None


def where_rows_are(case: Case, body: Mapping[str, Any]) -> Advice:
    """Advise the field that holds a list of objects, where only one does and rows were looked for in another."""
    lists = set(_lists_of_objects(body))
    if len(lists) != 1 or not lists.isdisjoint(case.veza.nodes.rows_fields):
        return REPORT
    [name] = lists
    return set_extra("rows_field", name) if name.isascii() and name.isidentifier() else REPORT


def _judge_rows(case: Case, pages: Sequence[Asked]) -> Judgement:
    rows = [row for page in pages for row in _rows_sent(case, page)]
    lacking = [key for key in ("id", "type") if not all(key in row for row in rows)]
    if lacking:
        return contradicted(pages, f"Of {len(rows)} rows some lack {', '.join(lacking)}.", advice=REPORT)
    keys = [key for key in case.veza.nodes.rows_fields if any(page.body.get(key) for page in pages)]
    return confirmed(pages, f"{len(rows)} rows came in {', '.join(keys)}, each with an id and a type.")


def _judge_no_rows(case: Case, first: Asked, counted: int | None) -> Judgement:
    """An empty page is an empty result only where nothing speaks against it."""
    came: Words = ("the fields ", *fields_words(first.body))
    if set(_lists_of_objects(first.body)) - set(case.veza.nodes.rows_fields):
        advice = where_rows_are(case, first.body)
        return contradicted(first, "Rows seem to have come in another place: ", *came, ".", advice=advice)
    if counted and not any(map(number_of_rows, _pages(case))):
        words: Words = (f"Looks count {counted} rows, and none came in ", *came, ".")
        return contradicted((*case.seen.first.looks[-1:], first), *words, advice=REPORT)
    return not_seen("The result is empty, in ", *came, "; choose another --node-type.", basis=first)


def _judge_refused_size(pages: PagesSeen) -> Judgement:
    refused = pages.refused[0]
    words: Words = (f"Pages of {page_size_of(refused)} rows: ", *told(refused))
    if pages.whole.pages[0].error is None:
        return contradicted(pages.refused, *words, advice=set_extra("page_size", pages.size))
    return contradicted((*pages.refused, pages.whole.pages[0]), *words, advice=REPORT)


def _judge_no_second_page(case: Case, pages: PagesSeen) -> Judgement:
    """Why there was no second page of one row: told as it was, since an unread token loses rows."""
    one, came = pages.one, number_of_rows(pages.one)
    if one.error is not None:
        return not_seen("The first page was answered ", *told(one), basis=one)
    all_rows = max(pages.whole.rows, counted_rows(case) or 0)
    if isinstance(one.value, Page) and one.value.next_page_token is not None:
        return not_seen("Of the pages after the first, those that were read had no rows.", basis=one)
    if all_rows > came:
        words = f"A page of one row had {came} and named no next page, though the result has {all_rows}."
        return contradicted((one, *pages.whole.pages), words, advice=REPORT)
    return not_seen(f"The result has {_rows_in_words(pages)}, all on its first page.", basis=one)


def _judge_no_count(look: Asked) -> Judgement:
    progress = look.body.get("progress_status")
    sent = progress.get("row_count") if isinstance(progress, Mapping) else None
    if sent is None:
        return not_seen("Looks show no progress_status.row_count.", basis=look)
    advice = Advice("Nothing to set: rows are not checked against it, since it says nothing. Please report this.")
    return contradicted(look, f"progress_status.row_count is {_kind_of(sent)}, which is no count.", advice=advice)


def _kind_of(value: object) -> str:
    """Say what kind of value came, not which.

    >>> [_kind_of(value) for value in (-5, "1_000", 1.9, True)]
    ['a number below zero or a fraction', 'a text of 5 characters', 'a number below zero or a fraction', 'true or false']
    """
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return f"a text of {len(value)} characters"
    return "a number below zero or a fraction" if count_of(words_of(value)) is None else "too large a number"


def _against_another_count(case: Case, pages: PagesSeen) -> Advice:
    """Switching the check off is advised only where a second witness says that no row is missing."""
    sync = case.seen.sync_result
    if sync.error is None and sync.value.number == pages.whole.rows > 0:
        return Advice('All rows came, the count is wrong: set row_count_check="warn" on tasks; no extra helps.')
    return Advice(
        "Leave row_count_check as it is: rows may be missing, and tasks fail rather than lose them. Please report this."
    )


def _rows_sent(case: Case, page: Asked) -> list[Any]:
    """Return the rows of a page, also where something else of it could not be read."""
    sent = [page.body.get(name) for name in case.veza.nodes.rows_fields]
    objects = [rows for rows in sent if isinstance(rows, list) and all(isinstance(row, Mapping) for row in rows)]
    return rows_of(page) or [row for rows in objects for row in rows]


def _pages(case: Case) -> tuple[Asked, ...]:
    return case.seen.pages.all_asked if case.seen.pages else ()


def _are_clear(body: Mapping[str, Any]) -> bool:
    """Whether marks say yes or no, as a bool or as text, and name the page that they announce."""
    said = body.get("has_more")
    has_more = said.lower() == "true" if isinstance(said, str) and said.lower() in ("true", "false") else said
    return not has_more or (has_more is True and bool(body.get("next_page_token")))


def _rows_in_words(pages: PagesSeen) -> str:
    return f"{pages.whole.rows} {'row' if pages.whole.rows == 1 else 'rows'}"


def _lists_of_objects(value: Any, depth: int = 0) -> Iterator[str]:
    """Yield the name of each field that holds a list of objects, in whatever field it stands."""
    fields: Iterable[tuple[str, Any]] = value.items() if isinstance(value, Mapping) else ()
    for name, held in fields:
        if isinstance(held, list) and held and all(isinstance(item, Mapping) for item in held):
            yield name
        elif depth < _DEEPEST:
            yield from _lists_of_objects(held, depth + 1)
