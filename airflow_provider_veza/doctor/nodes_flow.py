"""How the nodes family is examined: find where looks are answered, wait, read pages, use the cache, cancel; pure flows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from airflow_provider_veza.async_query.message import Call
from airflow_provider_veza.async_query.pages import PageTrail
from airflow_provider_veza.async_query.polling import PollSchedule
from airflow_provider_veza.async_query.service import QueryService
from airflow_provider_veza.async_query.vocabulary import Page, Phase, Snapshot, Submitted
from airflow_provider_veza.doctor.examination_steps import Asked, Examination, ask, pause, submit
from airflow_provider_veza.doctor.seen import (
    CacheSeen,
    CancelSeen,
    Life,
    LookForm,
    PagesSeen,
    Walk,
    is_refused,
    rows_of,
)
from airflow_provider_veza.exceptions import RepeatedPageTokenError
from airflow_provider_veza.services.veza_cache import (
    CachedResultContext,
    CachedResultIfAvailable,
    CacheMode,
    ImmediateRun,
)
from airflow_provider_veza.services.veza_nodes import (
    INFERRED_GET_PATH,
    MAX_PAGE_SIZE,
    NodesQuery,
    VezaNodesService,
)

NAMESPACES = ("v1", "preview", "private")
"""Where Veza serves its API; the web UI uses the last one."""
MAX_PAGES = 20
SMALLER_PAGES = (50, 20, 10)
_EMPTY_PAGES = 3
_AFTER_CANCEL_SECONDS = 10.0


def find_looks(service: VezaNodesService, submitted: Submitted) -> Examination[tuple[LookForm, ...]]:
    """Look where the connection says, and then by the other inferred paths and methods until the query is seen."""
    forms = [LookForm(service, (yield from first_looks(service, submitted.id)))]
    for other in _other_forms(service):
        if forms[-1].shows_the_query:
            break
        forms.append(LookForm(other, ((yield from ask(other.look(submitted.id))),)))
    return tuple(forms)


def first_looks(service: QueryService, query_id: str) -> Examination[tuple[Asked, ...]]:
    """Look until the query is visible, but no longer than a young query may be unknown."""
    looks = [(yield from ask(service.look(query_id)))]
    while _is_gone(looks[-1]) and looks[-1].at - looks[0].at < service.traits.absent_grace_seconds:
        yield from pause(1.0)
        looks.append((yield from ask(service.look(query_id))))
    return tuple(looks)


def watch(service: QueryService, query_id: str, patience: float) -> Examination[tuple[Asked, ...]]:
    """Look until the query has ended, or for ``patience`` seconds; a look that failed may be repeated where that can help."""
    looks = [(yield from ask(service.look(query_id)))]
    while _may_go_on(looks[-1]) and (elapsed := looks[-1].at - looks[0].at) < patience:
        yield from pause(PollSchedule().delay(elapsed=elapsed, jitter=0.5))
        looks.append((yield from ask(service.look(query_id))))
    return tuple(looks)


def submit_nodes(service: VezaNodesService, spec: dict[str, Any], cache: CacheMode) -> Examination[Asked]:
    """Submit the spec in one cache mode."""
    return (yield from submit(service.submit(NodesQuery(spec, cache))))


def read_pages(service: VezaNodesService, query_id: str) -> Examination[PagesSeen]:
    """Read pages of one, two and too many rows, and the whole result as far as it is small."""
    single = replace(service, page_size=1)
    one = yield from ask(single.page(query_id, None))
    second = yield from _next_page_with_rows(single, query_id, one)
    otherwise = None
    if second is not None and rows_of(second) == rows_of(one):
        otherwise = yield from _next_page_with_rows(_by_other_method(single), query_id, one)
    two = yield from ask(replace(service, page_size=2).page(query_id, None))
    over = yield from ask(replace(service, page_size=MAX_PAGE_SIZE + 1).page(query_id, None))
    whole = yield from _walk(service, query_id)
    refused: list[Asked] = []
    for size in SMALLER_PAGES:
        if not is_refused(whole.pages[0]) or size >= service.page_size:
            continue
        refused.append(whole.pages[0])
        whole = yield from _walk(replace(service, page_size=size), query_id)
    return PagesSeen(one, second, otherwise, two, over, whole, tuple(refused))


def use_cache(
    service: VezaNodesService, spec: dict[str, Any], cache_id: str | None, lost_id: str
) -> Examination[CacheSeen]:
    """Run the same spec again where a cached result will do, attach to the result, and to one that was never there."""
    again = yield from _life(service, service.submit(NodesQuery(spec, CachedResultIfAvailable())))
    cache_id = (again.ids.last_completed_cache_id if again.ids else None) or cache_id
    attached = page = None
    if cache_id:
        attached = yield from _life(service, service.submit(NodesQuery({}, CachedResultContext(cache_id))))
    if attached is not None and attached.ids is not None:
        page = yield from ask(service.page(attached.ids.id, None))
    lost = yield from submit_nodes(service, {}, CachedResultContext(lost_id))
    return CacheSeen(again, attached, page, lost)


def cancel_one_of_two(
    service: VezaNodesService, spec: dict[str, Any], *, patience: float, stable_after: float
) -> Examination[CancelSeen]:
    """Run the spec twice at once, cancel the first, and follow both.

    :param stable_after: seconds after its submit from when a success must not change any more.
    """
    cancelled = Life((yield from submit_nodes(service, spec, ImmediateRun())))
    other = Life((yield from submit_nodes(service, spec, ImmediateRun())))
    if cancelled.ids is None or other.ids is None:
        return CancelSeen(cancelled, None, other)
    before = yield from _own_looks(service, other.ids.id)
    just_before = (yield from _own_looks(service, cancelled.ids.id))[-1]
    cancel = yield from ask(service.cancel(cancelled.ids.id))
    looks = yield from watch(service, cancelled.ids.id, _AFTER_CANCEL_SECONDS)
    other = replace(other, looks=(yield from _to_a_stable_end(service, other, patience, stable_after)))
    return CancelSeen(replace(cancelled, looks=looks), cancel, other, before, just_before)


def _own_looks(service: VezaNodesService, query_id: str) -> Examination[tuple[Asked, ...]]:
    """Look until the query is visible, and once more where what is seen may be an older result."""
    looks = yield from first_looks(service, query_id)
    return (*looks, (yield from ask(service.look(query_id)))) if _is_done(looks[-1]) else looks


def end_what_runs(
    service: VezaNodesService, own: Sequence[str], of_others: Sequence[str]
) -> Examination[tuple[str, ...]]:
    """End what may still run; return what could not be ended.

    Own queries are cancelled unseen, since a look may show an older result as theirs, and nobody else runs their spec. A
    query that others may run too is looked at first. One that is unknown may only be too young to be seen.
    """
    may_run = list(own)
    for query_id in of_others:
        looked = yield from ask(service.look(query_id))
        if _may_go_on(looked) or looked.error is not None or _is_gone(looked):
            may_run.append(query_id)
    left: tuple[str, ...] = ()
    for query_id in may_run:
        ended = yield from _ended_by_cancel(service, query_id)
        left += () if ended else (query_id,)
    return left


def _ended_by_cancel(service: VezaNodesService, query_id: str) -> Examination[bool]:
    cancelled = yield from ask(service.cancel(query_id))
    looks = yield from watch(service, query_id, _AFTER_CANCEL_SECONDS)
    if isinstance(looks[-1].value, Snapshot):
        return looks[-1].value.phase.is_terminal
    return cancelled.error is None


def _life(service: VezaNodesService, call: Call[Submitted]) -> Examination[Life]:
    life = Life((yield from submit(call)))
    if life.ids is None:
        return life
    return replace(life, looks=(yield from first_looks(service, life.ids.id)))


def _to_a_stable_end(
    service: VezaNodesService, life: Life, patience: float, stable_after: float
) -> Examination[tuple[Asked, ...]]:
    """Look until the end, and then until a success must not change any more; where the query runs again, look on."""
    query_id = life.ids.id if life.ids else ""
    looks = yield from watch(service, query_id, patience)
    while _is_done(looks[-1]) and life.seconds(looks[-1]) < stable_after:
        yield from pause(1.0)
        looks += yield from watch(service, query_id, patience)
    return looks


def _other_forms(service: VezaNodesService) -> Iterator[VezaNodesService]:
    paths = [service.get_path, *(INFERRED_GET_PATH.replace("/v1/", f"/{space}/") for space in NAMESPACES)]
    for path in dict.fromkeys(paths):
        for method in ("POST", "GET"):
            other = replace(service, get_path=path, get_method=method)
            if other != service:
                yield other


def _by_other_method(service: VezaNodesService) -> VezaNodesService:
    return replace(service, get_method="GET" if service.get_method == "POST" else "POST")


def _next_page_with_rows(service: VezaNodesService, query_id: str, page: Asked) -> Examination[Asked | None]:
    """Return the next page that has rows: one in the middle may have none."""
    asked: Asked | None = page
    for _ in range(_EMPTY_PAGES):
        token = asked.value.next_page_token if asked is not None and isinstance(asked.value, Page) else None
        if token is None:
            return None
        asked = yield from ask(service.page(query_id, token))
        if rows_of(asked) or asked.error is not None:
            return asked
    return None


def _walk(service: VezaNodesService, query_id: str) -> Examination[Walk]:
    trail, token, pages = PageTrail(), None, list[Asked]()
    while len(pages) < MAX_PAGES:
        pages.append((yield from ask(service.page(query_id, token))))
        if not isinstance(pages[-1].value, Page):
            return Walk(tuple(pages))
        try:
            token = trail.advance(pages[-1].value)
        except RepeatedPageTokenError:
            return Walk(tuple(pages), repeated=True)
        if token is None:
            return Walk(tuple(pages), complete=True)
    return Walk(tuple(pages))


def _may_go_on(look: Asked) -> bool:
    if isinstance(look.value, Snapshot):
        return not look.value.phase.is_terminal
    return look.error is not None and look.error.heals


def _is_gone(look: Asked) -> bool:
    return isinstance(look.value, Snapshot) and look.value.phase is Phase.GONE


def _is_done(look: Asked) -> bool:
    return isinstance(look.value, Snapshot) and look.value.phase is Phase.SUCCEEDED
