"""Judges of a nodes query from submit to end: paths, states, staleness, cancel, sharing; pure functions of what was seen."""

from __future__ import annotations

import math
from itertools import pairwise

from airflow_provider_veza.async_query.vocabulary import Phase, Snapshot
from airflow_provider_veza.doctor.examination_steps import Asked
from airflow_provider_veza.doctor.verdicts import (
    REPORT,
    Advice,
    Case,
    Judgement,
    Verdict,
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
_NAMED_STATES = frozenset(
    {"DONE", "UNKNOWN", "PENDING", "QUEUED", "IN_PROGRESS", "RUNNING", "FAILED", "ERROR", "CANCELED", "CANCELLED"}
)


def nodes_create(case: Case) -> Judgement:
    """Judge the submit of the nodes family."""
    submitted = case.seen.first.submitted
    if submitted.error is None:
        return confirmed(f"immediate_run was answered HTTP {submitted.status} with a query_result_id.")
    return contradicted("immediate_run was answered ", *told(submitted), advice=REPORT)


def nodes_look(case: Case) -> Judgement:
    """Judge where looks and pages are asked for."""
    forms = case.seen.forms
    if not forms:
        return not_seen(_NOT_SUBMITTED)
    configured, last = forms[0], forms[-1]
    if configured.shows_the_query:
        return confirmed(*_form(configured.service), " shows the query.")
    answered = (*_form(configured.service), " answered ", *shown(configured.looks[-1]), ".")
    if not last.shows_the_query:
        advice = Advice(
            "Ask Veza where GetQuerySpecNodesAsync is served, and set the connection's extras nodes_get_path and "
            "nodes_get_method; until then use result_kind='result'."
        )
        return contradicted(*answered, f" None of {len(forms)} inferred forms shows the query.", advice=advice)
    return contradicted(*answered, advice=_use_form(configured.service, last.service))


def fresh_query_visible(case: Case) -> Judgement:
    """Judge how soon a query that is unknown may be taken for gone."""
    if not case.seen.forms or not case.seen.forms[-1].shows_the_query:
        return not_seen(_NOT_LOOKED_AT)
    looks = case.seen.forms[-1].looks
    if len(looks) == 1:
        return confirmed("The first look showed it.")
    return confirmed(f"Look {len(looks)} showed it, {case.seen.first.seconds(looks[-1]):.1f} s after the submit.")


def status_names(case: Case) -> Judgement:
    """Judge the names of states: one that is not known is taken as running."""
    states = _states(case)
    if not states:
        return not_seen(_NOT_LOOKED_AT)
    if any(state.isdecimal() for state in states):
        advice = Advice("Waits would not end before their deadline: use result_kind='result', and please report this.")
        return contradicted("States are numbers: ", *joined(states), ".", advice=advice)
    unnamed = tuple(state for state in states if state.upper() not in _NAMED_STATES)
    if unnamed:
        advice = Advice("Nothing to set while it stands for running. Please report the name and what it stands for.")
        return contradicted("Not among the known names: ", *joined(unnamed), ".", advice=advice)
    return confirmed("Seen: ", *joined(states), ".")


def done(case: Case) -> Judgement:
    """Judge the name of success."""
    life = case.seen.first
    if not life.snapshots:
        return not_seen(_NOT_LOOKED_AT)
    if life.phase is Phase.SUCCEEDED:
        return confirmed(f"A query was DONE {life.seconds(life.looks[-1]):.1f} s after its submit.")
    state = Quoted(life.snapshots[-1].state)
    if life.phase is Phase.RUNNING:
        return not_seen("The query had not ended when the doctor stopped waiting; its last state was ", state, ".")
    return not_seen("The query ended as ", state, ".")


def final_answer(case: Case) -> Judgement:
    """Judge from when on a success of an immediate run is its own."""
    cancel = case.seen.cancel
    looks = (*cancel.before, *cancel.other.looks) if cancel else ()
    if cancel is None or not any(_phase(look) is Phase.SUCCEEDED for look in looks):
        return not_seen("No second run of one spec was seen to succeed.")
    stale = [
        cancel.other.seconds(look)
        for look, later in pairwise(looks)
        if _phase(look) is Phase.SUCCEEDED and _differ(look, later)
    ]
    grace = case.veza.stale_grace.total_seconds()
    if not stale:
        return confirmed("A second run was DONE and stayed so, with the same number of rows.")
    words = f"An older result was shown as DONE, last {stale[-1]:.1f} s after the submit."
    if stale[-1] < grace:
        return confirmed(f"{words} stale_grace ({grace:g} s) covers that.")
    return contradicted(words, advice=set_extra("stale_grace", max(4, math.ceil(2 * stale[-1]))))


def lost_query(case: Case) -> Judgement:
    """Judge how a query shows that is not there."""
    look = case.seen.lost.query
    if not case.seen.forms or not case.seen.forms[-1].shows_the_query:
        return not_seen(_NOT_LOOKED_AT)
    if _phase(look) is Phase.GONE:
        return confirmed("An id that was never issued: ", *shown(look), ".")
    advice = Advice("A lost query is not noticed as such: keep the task's timeout short. Please report this.")
    return contradicted("An id that was never issued: ", *shown(look), ".", advice=advice)


def cancel_ends_the_query(case: Case) -> Judgement:
    """Judge what a cancel does."""
    seen = case.seen.cancel
    if seen is None or seen.cancel is None:
        return not_seen(_NOT_DONE if seen is None else _NOT_SUBMITTED)
    if seen.cancel.error is not None:
        advice = Advice("Killed tasks leave their queries running: set a short timeout. Please report this.")
        return contradicted("The cancel was answered ", *told(seen.cancel), advice=advice)
    after = [_phase(look) for look in seen.cancelled.looks]
    body = "no body" if not (seen.cancel.response and seen.cancel.response.body.strip()) else "a body"
    words = (f"The cancel was answered HTTP {seen.cancel.status} with {body}; then ", *shown(seen.cancelled.looks[-1]))
    if after[-1] in (Phase.GONE, Phase.CANCELED):
        return confirmed(*words, ".")
    if after[-1] is Phase.SUCCEEDED and Phase.RUNNING not in after:
        return not_seen("The query had ended before the cancel came.")
    return contradicted(*words, ".", advice=Advice("A cancel does not end a query: do not rely on cancel_on_kill."))


def own_execution(case: Case) -> Judgement:
    """Judge whether a cancel can hit the query of somebody else."""
    seen = case.seen.cancel
    if seen is None or seen.cancelled.ids is None or seen.other.ids is None:
        return not_seen(_NOT_DONE if seen is None else _NOT_SUBMITTED)
    advice = Advice("Set cancel_on_kill=False on tasks whose spec others run too; no extra helps.")
    if seen.cancelled.ids.id == seen.other.ids.id:
        return contradicted("Two submits of one spec were given one query_result_id.", advice=advice)
    before, after = _last_phase(seen.before), seen.other.phase
    if after in (Phase.GONE, Phase.CANCELED) and before is not Phase.GONE:
        return contradicted("A query ended when another one of its spec was cancelled.", advice=advice)
    if cancel_ends_the_query(case).verdict is not Verdict.CONFIRMED or before is not Phase.RUNNING:
        return not_seen("No two queries of one spec ran when one of them was cancelled.")
    if after is Phase.SUCCEEDED:
        return confirmed("Two submits ran side by side; one was cancelled, and the other succeeded.")
    return not_seen("The other query was not seen to succeed.")


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


def _states(case: Case) -> tuple[str, ...]:
    """Return each state as it was sent, in the order of its first appearance."""
    seen = case.seen
    lives = [seen.first, *((seen.cancel.cancelled, seen.cancel.other) if seen.cancel else ())]
    looks = [look for life in lives for look in life.looks if isinstance(look.value, Snapshot)]
    return tuple(dict.fromkeys(str(look.body["status"]) for look in looks if "status" in look.body))
