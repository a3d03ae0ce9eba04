"""Judges of a nodes query from submit to end: paths, states, staleness, cancel, sharing; pure functions of what was seen.

The docstring of a judge is the statement that it judges.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from airflow_provider_veza.async_query.vocabulary import Phase, Snapshot
from airflow_provider_veza.doctor.examination_steps import Asked
from airflow_provider_veza.doctor.verdicts import (
    REPORT,
    Advice,
    Case,
    Judgement,
    Verdict,
    answered_otherwise,
    confirmed,
    contradicted,
    not_seen,
    set_extra,
    shown,
    told,
)
from airflow_provider_veza.doctor.words import Quoted, joined
from airflow_provider_veza.services.veza_nodes import VezaNodesService

_NOT_SUBMITTED = "No query could be submitted."
_NOT_LOOKED_AT = "The query could not be looked at."
_NOT_DONE = "No query was seen to succeed."
_CANCELLED = (Phase.GONE, Phase.CANCELED)
_NAMED_STATES = frozenset(
    {"DONE", "UNKNOWN", "PENDING", "QUEUED", "IN_PROGRESS", "RUNNING", "FAILED", "ERROR", "CANCELED", "CANCELLED"}
)


def nodes_create(case: Case) -> Judgement:
    """POST query_spec:nodes_async_create takes a spec in immediate_run.request.body and names the query."""
    submitted = case.seen.first.submitted
    if submitted.error is None:
        return confirmed(submitted, f"immediate_run was answered HTTP {submitted.status} with a query_result_id.")
    return answered_otherwise(submitted, "immediate_run was answered ", advice=REPORT)


def nodes_look(case: Case) -> Judgement:
    """Queries are looked at and read at nodes_get_path by nodes_get_method."""
    forms = case.seen.forms
    if not forms:
        return not_seen(_NOT_SUBMITTED, basis=case.seen.first.submitted)
    configured, last = forms[0], forms[-1]
    if configured.shows_the_query:
        return confirmed(configured.looks, *_form(configured.service), " shows the query.")
    answered = (*_form(configured.service), " answered ", *shown(configured.looks[-1]), ".")
    looks = [look for form in forms for look in form.looks]
    if not last.shows_the_query and all(look.response is None for look in looks):
        return not_seen(*answered, basis=looks)
    if not last.shows_the_query:
        advice = Advice(
            "Ask Veza where GetQuerySpecNodesAsync is served, and set the connection's extras nodes_get_path and "
            "nodes_get_method; until then use result_kind='result'."
        )
        found_none = f" None of {len(forms)} inferred forms shows the query."
        return contradicted(looks, *answered, found_none, advice=advice)
    return contradicted(looks, *answered, advice=_use_form(configured.service, last.service))


def fresh_query_visible(case: Case) -> Judgement:
    """A query can be seen at once, or within five seconds of its submit."""
    if not case.seen.forms or not case.seen.forms[-1].shows_the_query:
        return not_seen(_NOT_LOOKED_AT, basis=_first_looks(case))
    looks = _first_looks(case)
    after = case.seen.first.seconds(looks[-1])
    grace = case.veza.nodes.traits.absent_grace_seconds
    words = f"Look {len(looks)} showed it, {after:.1f} s after the submit."
    if len(case.seen.forms) > 1 and after > grace:
        return not_seen(f"{words} Before, other paths and methods were tried.", basis=looks)
    return confirmed(looks, words)


def status_names(case: Case) -> Judgement:
    """The states that a query shows until it is DONE have names that this provider knows."""
    looks = _looks_with_a_status(case)
    states = _states(looks)
    if not states:
        return not_seen(_NOT_LOOKED_AT, basis=_first_looks(case))
    if any(state.isdecimal() for state in states):
        advice = Advice("Waits would not end before their deadline: use result_kind='result', and please report this.")
        return contradicted(looks, "States are numbers: ", *joined(states), ".", advice=advice)
    unnamed = tuple(state for state in states if state.upper() not in _NAMED_STATES)
    if unnamed:
        advice = Advice("Nothing to set while it stands for running. Please report the name and what it stands for.")
        return contradicted(looks, "Not among the known names: ", *joined(unnamed), ".", advice=advice)
    if not any(_phase(look) is Phase.RUNNING for look in looks):
        return not_seen("No query was seen while it ran; seen: ", *joined(states), ".", basis=looks)
    return confirmed(looks, "Seen: ", *joined(states), ".")


def failed_states(case: Case) -> Judgement:
    """A query that has failed is FAILED or ERROR."""
    looks = _looks_with_a_status(case)
    failed = [look for look in looks if _phase(look) is Phase.FAILED]
    if failed:
        return confirmed(failed, "Seen: ", *joined(_states(failed)), ".")
    return not_seen("No query failed, and the doctor asks for none that does.", basis=looks)


def done(case: Case) -> Judgement:
    """A query that has succeeded is DONE."""
    life = case.seen.first
    if not life.snapshots:
        return not_seen(_NOT_LOOKED_AT, basis=_first_looks(case))
    state = Quoted(life.snapshots[-1].state)
    if life.phase is Phase.SUCCEEDED:
        return confirmed(life.looks, f"A query was DONE {life.seconds(life.looks[-1]):.1f} s after its submit.")
    if life.phase is Phase.RUNNING:
        words = "The query had not ended when the doctor stopped waiting; its last state was "
        return not_seen(words, state, ".", basis=life.looks)
    return not_seen("The query ended as ", state, ".", basis=life.looks)


def final_answer(case: Case) -> Judgement:
    """A second run of a spec shows an older result as DONE for less than stale_grace, if at all."""
    cancel = case.seen.cancel
    looks = (*cancel.before, *cancel.other.looks) if cancel else ()
    if cancel is None or not any(_phase(look) is Phase.SUCCEEDED for look in looks):
        return not_seen("No second run of one spec was seen to succeed.", basis=looks)
    stale = [
        cancel.other.seconds(look)
        for look, later in pairwise(looks)
        if _phase(look) is Phase.SUCCEEDED and _differ(look, later)
    ]
    grace = case.veza.stale_grace.total_seconds()
    words = f"An older result was shown as DONE, last {stale[-1]:.1f} s after the submit." if stale else ""
    if stale and stale[-1] >= grace:
        advice = set_extra("stale_grace", max(4, math.ceil(2 * stale[-1])))
        return contradicted(looks, words, advice=advice)
    last = cancel.other.seconds(looks[-1])
    if _phase(looks[-1]) is not Phase.SUCCEEDED or last < grace:
        words += f" The last look, {last:.1f} s after the submit, showed "
        return not_seen(words.lstrip(), *shown(looks[-1]), ".", basis=looks)
    if stale:
        return confirmed(looks, f"{words} stale_grace ({grace:g} s) covers that.")
    return confirmed(looks, f"A second run was DONE, and was still the same {last:.1f} s after its submit.")


def lost_query(case: Case) -> Judgement:
    """A query id that is not known is UNKNOWN, or HTTP 404."""
    look = case.seen.lost.query
    if not case.seen.forms or not case.seen.forms[-1].shows_the_query:
        return not_seen(_NOT_LOOKED_AT, basis=(*_first_looks(case), look))
    if look.response is None:
        return not_seen("An id that was never issued: ", *told(look), basis=look)
    if _phase(look) is Phase.GONE:
        return confirmed(look, "An id that was never issued: ", *shown(look), ".")
    advice = Advice("A lost query is not noticed as such: keep the task's timeout short. Please report this.")
    return contradicted(look, "An id that was never issued: ", *shown(look), ".", advice=advice)


def cancel_ends_the_query(case: Case) -> Judgement:
    """POST query_spec:nodes_async_cancel ends a running query, which then is UNKNOWN."""
    seen = case.seen.cancel
    if seen is None or seen.cancel is None:
        submits = (seen.cancelled.submitted, seen.other.submitted) if seen else ()
        return not_seen(_NOT_DONE if seen is None else _NOT_SUBMITTED, basis=submits)
    basis = (seen.just_before, seen.cancel, *seen.cancelled.looks)
    if seen.cancel.error is not None:
        advice = Advice("Killed tasks leave their queries running: set a short timeout. Please report this.")
        return answered_otherwise(seen.cancel, "The cancel was answered ", advice=advice)
    after = [_phase(look) for look in seen.cancelled.looks]
    body = "no body" if not (seen.cancel.response and seen.cancel.response.body.strip()) else "a body"
    words = (f"The cancel was answered HTTP {seen.cancel.status} with {body}; then ", *shown(seen.cancelled.looks[-1]))
    if after[-1] in _CANCELLED and _ran(seen.just_before):
        return confirmed(basis, *words, ".")
    if after[-1] in _CANCELLED:
        return not_seen(*words, ". Whether it ran before was not seen.", basis=basis)
    if after[-1] is Phase.SUCCEEDED and Phase.RUNNING not in after:
        return not_seen("The query had ended before the cancel came.", basis=basis)
    if after[-1] is None:
        return not_seen(*words, ".", basis=basis)
    advice = Advice("A cancel does not end a query: do not rely on cancel_on_kill.")
    return contradicted(basis, *words, ".", advice=advice)


def own_execution(case: Case) -> Judgement:
    """Two submits of one spec are two queries: to cancel one does not end the other."""
    seen = case.seen.cancel
    if seen is None or seen.cancelled.ids is None or seen.other.ids is None:
        submits = (seen.cancelled.submitted, seen.other.submitted) if seen else ()
        return not_seen(_NOT_DONE if seen is None else _NOT_SUBMITTED, basis=submits)
    advice = Advice("Set cancel_on_kill=False on tasks whose spec others run too; no extra helps.")
    if seen.cancelled.ids.id == seen.other.ids.id:
        submits = (seen.cancelled.submitted, seen.other.submitted)
        return contradicted(submits, "Two submits of one spec were given one query_result_id.", advice=advice)
    basis = (*seen.before, seen.just_before, seen.cancel, *seen.cancelled.looks, *seen.other.looks)
    before, after = _last_phase(seen.before), seen.other.phase
    if after in _CANCELLED and before is not Phase.GONE:
        return contradicted(basis, "A query ended when another one of its spec was cancelled.", advice=advice)
    if cancel_ends_the_query(case).verdict is not Verdict.CONFIRMED or before is not Phase.RUNNING:
        return not_seen("No two queries of one spec ran when one of them was cancelled.", basis=basis)
    if after is Phase.SUCCEEDED:
        return confirmed(basis, "Two submits ran side by side; one was cancelled, and the other succeeded.")
    return not_seen("The other query was not seen to succeed.", basis=basis)


def _form(service: VezaNodesService) -> tuple[str | Quoted, ...]:
    namespace, _, verb = service.get_path.removeprefix("/api/").partition("/assessments/")
    is_inferred = verb == "query_spec:nodes_async_get" and namespace in ("v1", "preview", "private")
    return (f"{service.get_method} ", service.get_path if is_inferred else Quoted(service.get_path))


def _use_form(configured: VezaNodesService, working: VezaNodesService) -> Advice:
    if configured.get_path == working.get_path:
        return set_extra("nodes_get_method", working.get_method)
    method = f' and nodes_get_method to "{working.get_method}"'
    text = f'Set the connection\'s extra nodes_get_path to "{working.get_path}"{method}.'
    return Advice(text, "nodes_get_path", working.get_path)


def _phase(look: Asked) -> Phase | None:
    return look.value.phase if isinstance(look.value, Snapshot) else None


def _last_phase(looks: tuple[Asked, ...]) -> Phase | None:
    return _phase(looks[-1]) if looks else None


def _differ(look: Asked, later: Asked) -> bool:
    if not isinstance(look.value, Snapshot) or not isinstance(later.value, Snapshot):
        return False
    return (look.value.phase, look.value.rows) != (later.value.phase, later.value.rows)


def _ran(look: Asked | None) -> bool:
    return look is not None and _phase(look) is Phase.RUNNING


def _first_looks(case: Case) -> tuple[Asked, ...]:
    return case.seen.forms[-1].looks if case.seen.forms else ()


def _looks_with_a_status(case: Case) -> tuple[Asked, ...]:
    seen = case.seen
    lives = [seen.first, *((seen.cancel.cancelled, seen.cancel.other) if seen.cancel else ())]
    looks = [look for life in lives for look in life.looks if isinstance(look.value, Snapshot)]
    return tuple(look for look in looks if "status" in look.body)


def _states(looks: Sequence[Asked]) -> tuple[str, ...]:
    """Return each state as it was sent, in the order of its first appearance."""
    return tuple(dict.fromkeys(str(look.body["status"]) for look in looks))
