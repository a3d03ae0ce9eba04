"""Judges of what the tenant keeps of results and how a query attaches to it; pure functions of what was seen.

The docstring of a judge is the statement that it judges.
"""

from __future__ import annotations

from airflow_provider_veza.async_query.vocabulary import Phase, Snapshot
from airflow_provider_veza.doctor.seen import CacheSeen, Life, number_of_rows, rows_of
from airflow_provider_veza.doctor.verdicts import (
    REPORT,
    Advice,
    Case,
    Judgement,
    answered_otherwise,
    confirmed,
    contradicted,
    not_seen,
    shown,
    told,
)

_NOT_AGAIN = "No query was submitted after another one of its spec had succeeded."


def cache_ids(case: Case) -> Judgement:
    """A submit names cache_id, and last_completed_cache_id if there is one."""
    cache, first = case.seen.cache, case.seen.first
    if cache is None or first.ids is None or cache.again.ids is None:
        return not_seen(_NOT_AGAIN, basis=first.submitted)
    basis = (first.submitted, cache.again.submitted)
    named = {"cache_id": first.ids.cache_id, "last_completed_cache_id": cache.again.ids.last_completed_cache_id}
    lacking = [name for name, value in named.items() if not value]
    if lacking:
        advice = Advice("Nothing to set; cached_result_context needs an id from another source.")
        return contradicted(basis, f"Not sent: {', '.join(lacking)}.", advice=advice)
    return confirmed(basis, "cache_id came with the first submit, last_completed_cache_id with the second of the spec.")


def cached_result(case: Case) -> Judgement:
    """cached_result_if_available shows the result of an earlier query at once."""
    cache = case.seen.cache
    if cache is None or cache.again.ids is None:
        return not_seen(_NOT_AGAIN, basis=cache.again.submitted if cache else None)
    looks = cache.again.looks
    basis = (cache.again.submitted, *looks)
    if not isinstance(looks[-1].value, Snapshot):
        return not_seen("The same spec again could not be looked at: ", *shown(looks[-1]), basis=basis)
    if cache.again.phase is Phase.SUCCEEDED:
        return confirmed(basis, f"The same spec again was DONE at look {len(looks)}.")
    advice = Advice("Nothing to set: such a query runs again, which takes longer.")
    return contradicted(basis, "The same spec again was not DONE at once, but ", *shown(looks[-1]), ".", advice=advice)


def cached_context(case: Case) -> Judgement:
    """cached_result_context shows the rows of one cached result."""
    cache, pages = case.seen.cache, case.seen.pages
    if cache is None or pages is None or cache.attached is None:
        return not_seen("There was no cache id to attach to.", basis=cache.again.submitted if cache else None)
    page, first = cache.attached_page, pages.whole.pages[0]
    basis = (cache.attached.submitted, *cache.attached.looks, page, first)
    if cache.attached.ids is None or page is None:
        return answered_otherwise(cache.attached.submitted, "The attachment was answered ", advice=REPORT)
    if first.error is not None:
        return not_seen("The rows of the query before could not be read: ", *told(first), basis=basis)
    if page.error is not None:
        return answered_otherwise(page, "Its page was answered ", advice=REPORT)
    if not number_of_rows(first):
        return not_seen("The first page of the query before had no rows to compare.", basis=basis)
    if rows_of(page) == rows_of(first):
        words = f"It showed the {number_of_rows(page)} rows that the first page of the query before had."
        return confirmed(basis, words)
    return contradicted(basis, "It did not show the rows of the query before.", advice=REPORT)


def lost_cache(case: Case) -> Judgement:
    """cached_result_context is refused where nothing is cached."""
    cache: CacheSeen | None = case.seen.cache
    if cache is None:
        return not_seen("No query was seen to succeed, so the cache was not tried.")
    lost = cache.lost
    if lost.status is not None and 400 <= lost.status < 500:
        return confirmed(lost, f"A cache id that was never issued: HTTP {lost.status}.")
    if Life(lost).ids is None:
        return not_seen("A cache id that was never issued: ", *told(lost), basis=lost)
    advice = Advice("An expired cache id is not refused; look at the number of rows. Please report this.")
    return contradicted(lost, "A cache id that was never issued was accepted.", advice=advice)
